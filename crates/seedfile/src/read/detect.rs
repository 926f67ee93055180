//! What a file is, by its content. Names lie: a login page is saved as `.csv`, a workbook is
//! renamed.

mod binary;
mod foreign;
mod list;

use crate::field::Field;
use crate::options::ReadOptions;
use crate::read::lines;
use crate::read::otpauth::after_scheme;
use crate::refusal::Refusal;

pub(crate) use binary::refuse as refuse_binary;

/// The kinds of text that are read, each by a reader of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Table,
    OathCsv,
    Duo,
    MultiotpCsv,
    Links,
    Json,
    Pskc,
}

impl Family {
    const fn name(self) -> &'static str {
        match self {
            Self::Table => "CSV",
            Self::OathCsv | Self::Duo | Self::MultiotpCsv => "a list without a header",
            Self::Links => "a list of otpauth links",
            Self::Json => "JSON",
            Self::Pskc => "PSKC",
        }
    }

    /// Whether it is text in lines.
    const fn has_lines(self) -> bool {
        !matches!(self, Self::Json | Self::Pskc)
    }
}

/// Tells which reader a text is for. Other known kinds of text are refused by name.
///
/// A format that the caller names chooses the reader, unless the text cannot be that at all.
pub(crate) fn family(text: &str, options: &ReadOptions) -> Result<Family, Refusal> {
    let family = choose(text, options)?;
    let is_told = !options.columns.is_empty() || options.delimiter.is_some();
    if is_told && family != Family::Table {
        let found = family.name();
        return Err(Refusal::NotATable { found });
    }
    Ok(family)
}

fn choose(text: &str, options: &ReadOptions) -> Result<Family, Refusal> {
    let looks = look(text, options);
    let Some(asked) = options.format else {
        return looks;
    };
    let wanted = asked.family();
    let found = match looks {
        Err(ref refusal) if is_by_look(refusal) && wanted.has_lines() => return Ok(wanted),
        Err(Refusal::Xml) if wanted == Family::Pskc => return Ok(wanted),
        looks => looks?,
    };
    let header = found == Family::Table && wanted != found && has_header(text);
    // A list may begin with a row that is none of its kind. A table has a header before it.
    let is_table = header || (wanted == Family::Table && found == Family::Links);
    if wanted == found || (wanted.has_lines() && found.has_lines() && !is_table) {
        return Ok(wanted);
    }
    Err(Refusal::OtherFormat {
        asked,
        found: if header {
            "a table with a header"
        } else {
            found.name()
        },
    })
}

/// Whether a refusal rests on what the first line looks like, which may be chance.
const fn is_by_look(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Migration | Refusal::YubicoLog | Refusal::SafeWord | Refusal::PamOath
    )
}

fn look(text: &str, options: &ReadOptions) -> Result<Family, Refusal> {
    let text = text.trim_start();
    if text.is_empty() {
        return Err(Refusal::Empty);
    }
    if text.starts_with(['{', '[']) {
        return Ok(Family::Json);
    }
    let first = lines::rows(text).next().map_or("", |line| line.text);
    if foreign::is_pskc(text) {
        return Ok(Family::Pskc);
    }
    foreign::refuse(text, first)?;
    if after_scheme(first).is_some() {
        return Ok(Family::Links);
    }
    let is_table = !options.columns.is_empty() || options.delimiter.is_some();
    Ok(list::family(text, first)
        .filter(|_| !is_table)
        .unwrap_or(Family::Table))
}

/// Whether the first line names columns.
fn has_header(text: &str) -> bool {
    let first = text.trim_start().split(['\r', '\n']).next();
    let cells = first.unwrap_or_default().split([',', ';', '\t']);
    let known = cells.filter(|cell| Field::find(cell.trim().trim_matches('"')).is_some());
    known.count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;
    use crate::options::Place;

    const HEX: &str = "19a5f20a403164ba6820b8d70502d789771a3b8b";

    fn look(text: &str) -> Result<Family, Refusal> {
        family(text, &ReadOptions::default())
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(look(" \n"), Err(Refusal::Empty));
        assert_eq!(look("\n[]"), Ok(Family::Json));
        assert_eq!(look("upn"), Ok(Family::Table));
        assert_eq!(look("<pskc:KeyContainer>"), Ok(Family::Pskc));
        assert_eq!(look("# mine\n\nOTPAUTH://totp/a"), Ok(Family::Links));
        let list = |line: &str| look(&line.replace("HEX", HEX));
        assert_eq!(list("# a\n1, HEX"), Ok(Family::OathCsv));
        assert_eq!(list("1,HEX,hotp,6,0"), Ok(Family::OathCsv));
        assert_eq!(list("# version: 2\n,,,1,HEX"), Ok(Family::OathCsv));
        assert_eq!(list("60234567 HEX"), Ok(Family::Duo));
        assert_eq!(list("60234567\tHEX"), Ok(Family::Duo));
        assert_eq!(list("1;Token2;TOTP;HEX;6;30"), Ok(Family::MultiotpCsv));
    }

    #[test]
    fn what_is_not_sure_is_a_table() {
        let list = |line: &str| look(&line.replace("HEX", HEX));
        for line in [
            "1,HEX,30",
            "1,HEX,0",
            "a@b,1,HEX",
            "1,1234567890abcdef",
            "1,DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L",
            "HEX",
            "1 2 HEX",
            "1;Token2;HEX;6;30",
            "serial,secret",
        ] {
            assert_eq!(list(line), Ok(Family::Table), "{line}");
        }
    }

    #[test]
    fn only_tables_have_columns_to_name() {
        let asked = |options: &ReadOptions, text: &str| family(&text.replace("HEX", HEX), options);
        let delimiter = ReadOptions::default().delimiter(b';');
        let column = ReadOptions::default().column(Field::Serial, Place::Numbered(1));
        for options in [delimiter, column] {
            assert_eq!(asked(&options, "1;HEX"), Ok(Family::Table));
            let refused = |found| Err(Refusal::NotATable { found });
            assert_eq!(asked(&options, "[]"), refused("JSON"));
            let links = refused("a list of otpauth links");
            assert_eq!(asked(&options, "otpauth://totp/a"), links);
            let list = options.format(Format::Duo);
            assert_eq!(asked(&list, "1,HEX"), refused("a list without a header"));
        }
    }

    #[test]
    fn a_named_format_is_not_outvoted_by_a_look() {
        let asked = |format, text: &str| family(text, &ReadOptions::default().format(format));
        let pam = format!("HOTP ann - {HEX}");
        assert_eq!(look(&pam), Err(Refusal::PamOath));
        assert_eq!(asked(Format::Duo, &pam), Ok(Family::Duo));
        assert_eq!(asked(Format::Pskc, "<a/>"), Ok(Family::Pskc));
        assert_eq!(asked(Format::Pskc, "<html>"), Err(Refusal::Html));
        assert_eq!(asked(Format::Duo, "<a/>"), Err(Refusal::Xml));
    }

    #[test]
    fn a_container_may_begin_with_long_comments() {
        let long = "<!-- KeyContainer > -->\n<?note a?>".repeat(200);
        let text = format!("<?xml version=\"1.0\"?>{long}<pskc:KeyContainer>");
        assert_eq!(look(&text), Ok(Family::Pskc));
        let text = format!("<?xml version=\"1.0\"?>{long}<html>");
        assert_eq!(look(&text), Err(Refusal::Html));
    }

    #[test]
    fn a_named_format_chooses_the_reader() {
        let asked = |format, text: &str| {
            family(
                &text.replace("HEX", HEX),
                &ReadOptions::default().format(format),
            )
        };
        assert_eq!(asked(Format::Duo, "1,HEX"), Ok(Family::Duo));
        assert_eq!(asked(Format::OathCsv, "1,HEX,0"), Ok(Family::OathCsv));
        assert_eq!(asked(Format::EntraCsv, "1,HEX"), Ok(Family::Table));
        let other = |asked, found| Err(Refusal::OtherFormat { asked, found });
        assert_eq!(
            asked(Format::Duo, "upn,serial number,secret key\n"),
            other(Format::Duo, "a table with a header")
        );
        // One word is not yet a header.
        assert_eq!(asked(Format::Duo, "serial,1"), Ok(Family::Duo));
        assert_eq!(asked(Format::Otpauth, "1,HEX"), Ok(Family::Links));
        assert_eq!(
            asked(Format::OathCsv, "otpauth://totp/a"),
            Ok(Family::OathCsv)
        );
        assert_eq!(
            asked(Format::EntraCsv, "otpauth://totp/a"),
            other(Format::EntraCsv, "a list of otpauth links")
        );
    }
}
