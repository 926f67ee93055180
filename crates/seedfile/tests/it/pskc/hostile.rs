//! Files made to hurt: nothing panics, nothing grows, nothing is fetched.

use proptest::prelude::*;
use seedfile::pskc::{PskcProblem, PskcRefusal};

use super::support::{
    FIGURE_2, FIGURE_5, FIGURE_6, FIGURE_7, all, phrase, secret_of, shared, swap,
};

const OPEN: &str = "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">";

fn refusal(text: &str) -> PskcRefusal {
    all(text, None).unwrap_err()
}

#[test]
fn no_document_type_is_read() {
    let bomb = "<!DOCTYPE k [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]>";
    let file = "<!DOCTYPE k [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    for doctype in [bomb, file, "<!DOCTYPE KeyContainer>", "<!doctype k>"] {
        let text = swap(
            FIGURE_2,
            "<KeyContainer",
            &format!("{doctype}<KeyContainer"),
        );
        assert_eq!(
            refusal(&text),
            PskcRefusal::Doctype { line: 2 },
            "{doctype}"
        );
    }
    let inside = swap(FIGURE_2, "<KeyPackage>", "\n<!DOCTYPE k><KeyPackage>");
    assert_eq!(refusal(&inside), PskcRefusal::Doctype { line: 5 });
}

#[test]
fn only_xmls_own_entities_are_known() {
    let text = swap(FIGURE_2, "MTIzNA==", "&secret;");
    assert_eq!(refusal(&text), PskcRefusal::Syntax { line: 9 });
    for wrong in ["&", "&#0;", "&#xD800;", "&#x110000;", "&#;", "&lt"] {
        let text = swap(FIGURE_2, "MTIzNA==", wrong);
        assert!(
            matches!(refusal(&text), PskcRefusal::Syntax { .. }),
            "{wrong}"
        );
        let text = swap(FIGURE_2, "12345678", wrong);
        assert!(
            matches!(refusal(&text), PskcRefusal::Syntax { .. }),
            "{wrong}"
        );
    }
    let named = swap(
        FIGURE_5,
        ">Manufacturer<",
        ">&lt;A&amp;B&#62; &quot;&apos;&#xE9;<",
    );
    let manufacturer = all(&named, None).unwrap()[0].manufacturer.clone();
    assert_eq!(manufacturer, super::support::text("<A&B> \"'é"));
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for (from, to) in [
        ("</Secret>", "</Sekret>"),
        ("</Secret>", ""),
        ("</Secret>", "</Secret></Secret>"),
        ("Id=\"12345678\"", "Id=\"1\" Id=\"2\""),
        ("Id=\"12345678\"", "Id=12345678"),
        ("Id=\"12345678\"", "Id"),
        ("<Secret>", "<x:Secret>"),
        ("</KeyContainer>", "</KeyContainer><KeyContainer/>"),
        ("</KeyContainer>", "</KeyContainer>x"),
        ("<KeyContainer", "x<KeyContainer"),
        ("<KeyContainer", "</a><KeyContainer"),
        ("<KeyPackage>", "<?xml version=\"1.0\"?><KeyPackage>"),
        ("<KeyPackage>", "<!-- a -- b --><KeyPackage>"),
    ] {
        let text = swap(FIGURE_2, from, to);
        let refusal = refusal(&text);
        assert!(
            matches!(refusal, PskcRefusal::Syntax { .. }),
            "{to}: {refusal}"
        );
    }
}

#[test]
fn comments_and_instructions_do_not_matter() {
    let text = FIGURE_2.replace(">\n", ">\n<!-- <Secret> --><?php <Secret> ?>");
    let (noisy, clean) = (all(&text, None).unwrap(), all(FIGURE_2, None).unwrap());
    assert_eq!(noisy[0].key, clean[0].key);
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let (open, close) = ("<a>".repeat(levels), "</a>".repeat(levels));
        format!("{OPEN}{open}{close}</KeyContainer>")
    };
    assert!(all(&nested(31), None).is_ok());
    assert_eq!(refusal(&nested(32)), PskcRefusal::TooDeep { line: 1 });
    assert_eq!(
        refusal(&format!("{OPEN}\n{}", "<a>".repeat(1_000_000))),
        PskcRefusal::TooDeep { line: 2 }
    );
}

#[test]
fn elements_and_attributes_are_bounded() {
    let package = |elements: usize| {
        format!(
            "{OPEN}<KeyPackage>{}</KeyPackage></KeyContainer>",
            "<a/>".repeat(elements)
        )
    };
    assert!(all(&package(1023), None).is_ok());
    assert_eq!(refusal(&package(1024)), PskcRefusal::TooMany { line: 1 });

    let tag = |attributes: usize| {
        let list: String = (0..attributes).map(|n| format!(" a{n}=\"\"")).collect();
        format!("{OPEN}\n<KeyPackage{list}/></KeyContainer>")
    };
    assert!(all(&tag(32), None).is_ok());
    assert_eq!(refusal(&tag(33)), PskcRefusal::TooMany { line: 2 });
    assert_eq!(refusal(&tag(200_000)), PskcRefusal::TooMany { line: 2 });

    let spaces: String = (0..200_000)
        .map(|n| format!(" xmlns:a{n}=\"urn:a\""))
        .collect();
    let text = format!("{OPEN}<KeyPackage{spaces}/></KeyContainer>");
    assert!(matches!(refusal(&text), PskcRefusal::Syntax { .. }));
}

#[test]
fn every_beginning_of_a_file_is_refused_or_empty() {
    for (whole, key) in [
        (FIGURE_2, None),
        (FIGURE_5, None),
        (FIGURE_6, Some(shared())),
    ] {
        let end = whole.trim_end().len();
        for cut in 0..end {
            let result = all(&whole[..cut], key.as_ref());
            assert!(
                matches!(result, Err(PskcRefusal::Syntax { .. })),
                "{cut}: {result:?}"
            );
        }
        assert!(all(&whole[..end], key.as_ref()).is_ok());
    }
}

#[test]
fn every_byte_may_be_lost_or_doubled() {
    let qwerty = phrase("qwerty");
    let cheap = swap(FIGURE_7, ">1000<", ">1<");
    for (whole, key) in [(FIGURE_2, None), (cheap.as_str(), Some(&qwerty))] {
        for place in 0..whole.len() {
            // The result is free; that there is one is the point.
            let _ = all(&format!("{}{}", &whole[..place], &whole[place + 1..]), key);
            let _ = all(&format!("{}{}", &whole[..=place], &whole[place..]), key);
        }
    }
}

#[test]
fn a_value_in_very_many_pieces_is_too_long() {
    let text = swap(FIGURE_2, "MTIzNA==", &"&amp;".repeat(200_000));
    assert_eq!(secret_of(&text, None), Err(PskcProblem::TooLong));
}

proptest! {
    #[test]
    fn anything_may_come(text in "(<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">)?\\PC{0,80}") {
        let _ = all(&text, None);
    }

    #[test]
    fn pieces_in_any_order(pieces in proptest::collection::vec(0..16_usize, 0..40)) {
        let parts: Vec<&str> = FIGURE_6.split_inclusive('>').collect();
        let text: String = pieces.iter().map(|&piece| parts[piece % parts.len()]).collect();
        let _ = all(&text, Some(&shared()));
    }
}
