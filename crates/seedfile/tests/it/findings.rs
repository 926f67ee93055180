//! Many rows, few sentences.

use std::fmt::Write;

use seedfile::{Finding, Problem, ProblemKind, ReadOptions, Severity, findings, survey};

fn of(rows: &str) -> Vec<Finding> {
    let text = format!("upn,serial number,secret key,timeinterval,manufacturer,model\n{rows}");
    let survey = survey(text.as_bytes(), &ReadOptions::default()).unwrap();
    findings(&survey.problems, &survey.warnings)
}

#[test]
fn rows_with_the_same_problem_are_one_finding() {
    let found = of("ann,2.45E+11,short,30,Token2,C202\n\
        bob@example.com,60234567,short,30,Token2,C202\n\
        cid@example.com,60234568,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,,C202\n\
        ,2.45E+11,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202\n");
    let short: Vec<_> = found
        .iter()
        .map(|f| (f.severity, f.code, f.field, f.count, f.rows.clone()))
        .collect();
    let user = (Severity::Error, "user-syntax", Some("upn"), 1, vec![2..=2]);
    assert!(short.contains(&user), "{short:?}");
    let serial = (
        Severity::Error,
        "serial-scientific",
        Some("serial number"),
        2,
        vec![2..=2, 5..=5],
    );
    assert!(short.contains(&serial), "{short:?}");
    let last = (
        Severity::Warning,
        "manufacturer-missing",
        None,
        1,
        vec![4..=4],
    );
    assert_eq!(short.last(), Some(&last));
    assert!(found.iter().all(|finding| !finding.help.is_empty()));
    assert!(found.is_sorted_by_key(|finding| finding.severity));
}

#[test]
fn one_row_is_spoken_of_as_itself_and_many_in_general() {
    let one = of("a@example.com,1\n,60234568,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202\n");
    assert_eq!(one[0].message, "the row has 2 cells, not 6");
    assert_eq!(one[0].field, None);
    let many = of("a@example.com,1\n,2,3\n");
    assert_eq!(many[0].message, "the row has too many or too few cells");
    assert_eq!((many.len(), many[0].count), (1, 2));
    let twice = of(
        ",7,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202\n,8,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202\n",
    );
    let general = "another row has the same secret key but another serial number";
    assert_eq!((twice[0].message.as_str(), twice[0].count), (general, 2));
    let odd = ",7,DU3B7WMCBELKKFNDUCCEMWIW5A,30,Token2,C202\n";
    let one = of(odd);
    assert!(one[0].message.ends_with("26 characters are unusual"));
    let many = of(&format!(
        "{odd},8,GEZDGNBVGY3TQOJQGEZDGNBVGA,30,Token2,C202\n"
    ));
    let general = "the algorithm was taken from the key's length, which is unusual";
    assert_eq!((many[0].message.as_str(), many[0].count), (general, 2));
    let pair = ",7,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202\n,7,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202\n";
    assert_eq!(
        of(pair)[0].message,
        "another row has the same serial number but is not the same"
    );
}

#[test]
fn every_row_that_was_left_out_is_named() {
    let ann = ",1,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202\n";
    let bob = ",2,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202\n";
    let one = of(&[ann, bob, ann].concat());
    assert_eq!(
        one[0].message,
        "the row says the same as row 2 and was left out"
    );
    assert_eq!(
        (one.len(), one[0].count, &one[0].rows),
        (1, 1, &vec![4..=4])
    );
    let many = of(&[ann, bob, bob, ann, bob, ann].concat());
    assert_eq!(
        many[0].message,
        "the row says the same as an earlier one and was left out"
    );
    assert_eq!(
        (many.len(), many[0].count, &many[0].rows),
        (1, 4, &vec![4..=7])
    );
}

#[test]
fn a_long_file_has_a_short_list() {
    let mut rows = String::new();
    for n in 0..5_000 {
        let serial = if n % 3 == 0 { "2.4E+11" } else { "x y" };
        let _ = writeln!(rows, ",{serial},short{},30,Token2,C202", "A".repeat(n % 9));
    }
    let found = of(&rows);
    assert!(found.len() < 12, "{}", found.len());
    let serial = found
        .iter()
        .find(|f| f.code == "serial-scientific")
        .unwrap();
    assert_eq!(
        (serial.count, serial.rows.len()),
        (1667, Finding::MAX_RANGES)
    );
    let other = found
        .iter()
        .find(|f| f.code == "serial-characters")
        .unwrap();
    assert_eq!((other.count, &other.rows[0]), (3333, &(3..=4)));
}

#[test]
fn a_row_counts_once_for_a_finding() {
    let problem = of_row(7);
    let found = findings(&[problem.clone(), problem, of_row(8)], &[]);
    assert_eq!((found.len(), found[0].count), (1, 2));
    assert_eq!(found[0].rows, [7..=8]);
    assert_eq!(found[0].severity.name(), "error");
    assert_eq!(Severity::Warning.name(), "warning");
}

fn of_row(row: usize) -> Problem {
    Problem {
        row,
        field: Problem::WHOLE_ROW,
        kind: ProblemKind::SwallowedRows,
    }
}
