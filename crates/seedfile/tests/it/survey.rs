//! Which kinds of tokens a file holds, and how many.

use seedfile::{ReadOptions, Survey, survey};

const HEADER: &str =
    "upn,serial number,secret key,timeinterval,manufacturer,model,algorithm,digits\n";

/// A key of its own for each number, of 20 bytes.
fn key(number: usize) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |place: usize| char::from(letters[(number >> (5 * place)) & 31]);
    format!(
        "{}{}",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3T",
        (0..4).map(letter).collect::<String>()
    )
}

/// Of rows in the form `interval,manufacturer,model,algorithm,digits`, each with a serial number and a key of its own.
fn of<'r>(rows: impl IntoIterator<Item = &'r str>) -> Survey {
    let rows = rows.into_iter().enumerate();
    let rows = rows.map(|(at, row)| format!(",S{at},{},{row}\n", key(at)));
    let text = HEADER.to_owned() + &rows.collect::<String>();
    survey(text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn models(survey: &Survey) -> Vec<(&str, usize, usize)> {
    let groups = survey.groups.iter();
    groups
        .map(|group| (group.model.as_str(), group.tokens, group.held))
        .collect()
}

#[test]
fn each_fact_makes_a_kind_of_its_own() {
    let one = "30,T,C,SHA1,6";
    let others = [
        "60,T,C,SHA1,6",
        "30,U,C,SHA1,6",
        "30,T,D,SHA1,6",
        "30,T,C,SHA256,6",
        "30,T,C,,6",
        "30,T,C,SHA1,8",
    ];
    for other in others {
        let survey = of([one, other, one]);
        assert_eq!(survey.accepted, 3, "{:?}", survey.problems);
        let counts: Vec<_> = survey.groups.iter().map(|group| group.tokens).collect();
        assert_eq!(counts, [2, 1], "{other}");
    }
}

#[test]
fn any_number_of_kinds_is_told_apart() {
    let rows: Vec<String> = (0..100)
        .map(|row| format!("30,T,M{},,", row % 40))
        .collect();
    let survey = of(rows.iter().map(String::as_str));
    assert_eq!((survey.accepted, survey.groups.len()), (100, 40));
    for (at, (model, tokens, held)) in models(&survey).into_iter().enumerate() {
        let expected = if at < 20 { 3 } else { 2 };
        assert_eq!(
            (model, tokens, held),
            (format!("M{at}").as_str(), expected, 0)
        );
    }
}

#[test]
fn kinds_are_counted_without_tokens_that_are_not_used() {
    let [a, b, c] = [1, 2, 3].map(key);
    let rows =
        format!("a@b,1,{a},30,T,C\n,2,{b},30,T,D\n,3,{b},30,T,D\n,4,{c},30,T,C\n,4,{c},30,T,C\n");
    let text = format!("upn,serial number,secret key,timeinterval,manufacturer,model\n{rows}");
    let survey = survey(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(models(&survey), [("C", 2, 1)]);
    assert_eq!((survey.accepted, survey.rejected()), (2, 2));
}
