//! Seed files and what is wrong with them, for people.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::Path;

use seedfile::{
    Finding, Format, Group, Pairing, SeedFile, Source, Survey, TokenRecord, findings as find,
};

use super::{LONG, add, count, plain, table};

/// So many ranges of rows are named.
const RANGES: usize = 12;

/// What is in a seed file, counted.
pub(crate) fn survey(survey: &Survey) -> String {
    let mut text = format!(
        "{} in {}: {}, {} accepted, {} rejected\n",
        survey.format,
        survey.encoding,
        count(survey.records, "record"),
        survey.accepted,
        survey.rejected()
    );
    let header = ["model", "algorithm", "digits", "period", "tokens", "held"];
    let mut groups = table(header, &[1, 2, 3, 4, 5]);
    for group in survey.groups.iter().take(LONG) {
        add(
            &mut groups,
            [
                name(&group.manufacturer, &group.model),
                format!("{}, by {}", group.algorithm, source(group.algorithm_source)),
                group.digits.get().to_string(),
                period(group),
                group.tokens.to_string(),
                group.held.to_string(),
            ],
        );
    }
    if groups.row_count() > 0 {
        let _ = writeln!(text, "\n{}", groups.trim_fmt());
    }
    if survey.groups.len() > LONG {
        let _ = writeln!(text, "… and {} more.", survey.groups.len() - LONG);
    }
    text + &unread(&survey.unread)
}

/// The columns that nothing was read from.
fn unread(columns: &[String]) -> String {
    if columns.is_empty() {
        return String::new();
    }
    let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let names = names.join(", ");
    format!("\nnote: not read: {names}\n  = help: if one of them counts, say which field it is\n")
}

fn name(manufacturer: &str, model: &str) -> String {
    format!("{manufacturer} {model}").trim().to_owned()
}

fn period(group: &Group) -> String {
    let seconds = |period| format!("{period} s");
    group.period.map_or_else(|| "hotp".to_owned(), seconds)
}

/// How a fact became known.
fn source(source: Source) -> &'static str {
    match source {
        Source::Column => "the file",
        Source::Option => "option",
        Source::Length => "key length",
        _ => "the format",
    }
}

/// Tokens one by one.
pub(crate) fn tokens(tokens: &[TokenRecord]) -> String {
    if tokens.is_empty() {
        return String::new();
    }
    let mut list = table(["row", "serial", "user", "model"], &[0, 1]);
    for token in tokens {
        add(
            &mut list,
            [
                token.row.to_string(),
                token.serial.to_string(),
                token.user.clone().unwrap_or_default(),
                name(&token.manufacturer, &token.model),
            ],
        );
    }
    format!("\n{}\n", list.trim_fmt())
}

/// What is wrong with the rows of a file, and what was taken for granted about the tokens that are left of it.
pub(crate) fn faults(file: &SeedFile, path: &Path) -> String {
    let of_token = |token: &TokenRecord| {
        let row = token.row;
        token
            .warnings
            .clone()
            .into_iter()
            .map(move |warning| (row, warning))
    };
    let warnings: Vec<_> = file.tokens.iter().flat_map(of_token).collect();
    findings(&find(&file.problems, &warnings), path, file.format)
}

/// What is wrong with rows, as a compiler says it.
pub(crate) fn findings(findings: &[Finding], path: &Path, format: Format) -> String {
    let path = match path.to_string_lossy() {
        dash if dash == "-" => "standard input".into(),
        path => path,
    };
    let mut text = String::new();
    for finding in findings {
        let (severity, code) = (finding.severity.name(), finding.code);
        let _ = writeln!(text, "{severity}[{code}]: {}", plain(&finding.message));
        let rows = rows(finding, format.row_word());
        let field = finding.field.map(|field| format!("   field \"{field}\""));
        let _ = writeln!(text, "  --> {path}: {rows}{}", field.unwrap_or_default());
        let _ = writeln!(text, "  = help: {}", finding.help);
    }
    text
}

/// `line 3, and 12 more (7, 9-20)`
fn rows(finding: &Finding, word: &str) -> String {
    let Some((first, others)) = finding.rows.split_first() else {
        return word.to_owned();
    };
    let start = *first.start();
    let rest = start + 1..=*first.end();
    let mut ranges = Vec::from_iter((!rest.is_empty()).then_some(rest));
    ranges.extend(others.iter().cloned());
    if ranges.is_empty() {
        return format!("{word} {start}");
    }
    let named: usize = ranges
        .iter()
        .take(RANGES)
        .map(|rows| rows.clone().count())
        .sum();
    let shown: Vec<String> = ranges.iter().take(RANGES).map(range).collect();
    let more = finding.count.saturating_sub(1);
    let dots = if named < more { ", …" } else { "" };
    format!(
        "{word} {start}, and {more} more ({}{dots})",
        shown.join(", ")
    )
}

fn range(rows: &RangeInclusive<usize>) -> String {
    if rows.start() == rows.end() {
        rows.start().to_string()
    } else {
        format!("{}-{}", rows.start(), rows.end())
    }
}

/// Who gets which token.
pub(crate) fn pairing(pairing: &Pairing, users: &Path) -> String {
    let mut text = String::new();
    let mut list = table(["row", "serial", "user", "model"], &[0, 1]);
    for pair in pairing.pairs.iter().take(LONG) {
        add(
            &mut list,
            [
                pair.row.to_string(),
                pair.serial.to_string(),
                pair.user.clone(),
                pair.model.clone(),
            ],
        );
    }
    if list.row_count() > 0 {
        let _ = writeln!(text, "{}", list.trim_fmt());
    }
    more(&mut text, pairing.pairs.len());
    for pair in pairing.unchanged.iter().take(LONG) {
        let _ = writeln!(text, "{} holds {} already", plain(&pair.user), pair.serial);
    }
    more(&mut text, pairing.unchanged.len());
    for user in pairing.users_left.iter().take(LONG) {
        let _ = writeln!(
            text,
            "no token for {} (line {})",
            plain(&user.user),
            user.line
        );
    }
    more(&mut text, pairing.users_left.len());
    for (line, problem) in pairing.problems.iter().take(LONG) {
        let _ = writeln!(text, "{}, line {line}: {problem}", users.display());
    }
    more(&mut text, pairing.problems.len());
    let (new, free) = (pairing.pairs.len(), pairing.tokens_left.len());
    let (new, free) = (count(new, "token"), count(free, "token"));
    let _ = writeln!(text, "{new} for users of the list, {free} left over.");
    text
}

fn more(text: &mut String, all: usize) {
    if all > LONG {
        let _ = writeln!(text, "… and {} more; --output json lists all.", all - LONG);
    }
}

#[cfg(test)]
mod tests {
    use seedfile::{ReadOptions, survey as look};

    use super::*;

    fn shown(rows: &str) -> String {
        let header = "upn,serial number,secret key,timeinterval,manufacturer,model\n";
        let text = format!("{header}{rows}");
        let survey = look(text.as_bytes(), &ReadOptions::default()).unwrap();
        let found = find(&survey.problems, &survey.warnings);
        findings(&found, Path::new("batch.csv"), survey.format)
    }

    #[test]
    fn a_finding_looks_like_a_compilers() {
        let bad = ",2.4E+11,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202\n";
        let good = ",1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202\n";
        let one = "error[serial-scientific]: a spreadsheet has rounded the serial number and digits are lost\n  \
             --> batch.csv: line 2   field \"serial number\"\n  \
             = help: take it from the vendor's file; in a spreadsheet, import the column as text\n";
        assert_eq!(shown(&format!("{bad}{good}")), one);
        let bad = ",x y,short,30,Token2,C202\n";
        let all = [bad, good, bad, bad, bad].concat();
        let text = shown(&all);
        assert!(
            text.contains("batch.csv: line 2, and 3 more (4-6)   field"),
            "{text}"
        );
        let text = shown(&[bad, bad].concat());
        assert!(
            text.contains("batch.csv: line 2, and 1 more (3)   field"),
            "{text}"
        );
    }

    #[test]
    fn many_ranges_end_in_dots() {
        let bad = ",x y,short,30,Token2,C202\n";
        let rows: Vec<String> = (0..60)
            .map(|n| format!(",{n},{},30,Token2,C202\n{bad}", "A7".repeat(13 + n % 3)))
            .collect();
        let text = shown(&rows.concat());
        assert!(text.contains(", …)   field \"serial number\""), "{text}");
    }
}
