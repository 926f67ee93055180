//! Some rows of a file as a file of their own.

use std::collections::BTreeSet;

use seedfile::{Extract, Format, Problem, ReadOptions, Refusal, survey};

/// Takes rejected rows, all rows and none out of a file that is read without a hint, and as each format.
pub fn extract(data: &[u8]) {
    taken_out(data, &ReadOptions::default());
    for format in Format::ALL {
        taken_out(data, &ReadOptions::default().format(format));
    }
}

fn taken_out(data: &[u8], options: &ReadOptions) {
    let none = BTreeSet::new();
    let nothing = seedfile::extract(data, options, &none);
    assert_eq!(nothing.as_ref().map_or(0, Extract::rows), 0);
    let survey = match survey(data, options) {
        Ok(survey) => survey,
        Err(refusal) => {
            // A file without rows can be taken apart all the same.
            assert!(nothing.err().is_none_or(|of| of == refusal));
            return;
        }
    };
    assert!(nothing.is_ok());
    let rejected: BTreeSet<usize> = survey.problems.iter().map(|of| of.row).collect();
    if rejected.is_empty() {
        return;
    }
    let extract = seedfile::extract(data, options, &rejected).expect("it was read");
    assert_eq!(extract.rows(), rejected.len());
    reads_back(
        extract.expose(),
        &options.clone().format(survey.format),
        &survey.problems,
    );
}

/// As many rows, and no problem that the file does not have.
fn reads_back(bytes: &[u8], options: &ReadOptions, problems: &[Problem]) {
    let rows: BTreeSet<usize> = problems.iter().map(|of| of.row).collect();
    let again = match survey(bytes, options) {
        Err(refusal) if is_of_its_beginning(&refusal) => return,
        again => again.expect("what was taken out is a seed file"),
    };
    let again_rows: BTreeSet<usize> = again.problems.iter().map(|of| of.row).collect();
    assert_eq!(again_rows.len(), rows.len());
    let mut codes = problems.iter().map(|of| (of.field, of.code()));
    for problem in &again.problems {
        assert!(codes.any(|of| of == (problem.field, problem.code())));
    }
}

/// Whether a list is refused for what it begins with: somebody put a page or another file behind it,
/// and those rows are what was taken out.
fn is_of_its_beginning(refusal: &Refusal) -> bool {
    use Refusal::{Html, OtherFormat, Pem, Pgp, PgpKey, SafeNet, Xml};
    let of_file = matches!(refusal, Html | Xml | SafeNet | Pem | Pgp | PgpKey);
    of_file || matches!(refusal, OtherFormat { .. })
}
