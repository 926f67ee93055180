//! The audit for other programs; whatever stands in a name stays in its field.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ledger::{ExportError, Filter, Format, SqliteLedger};
use provisioner::{Attempt, Ledger};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::Executor;

use super::{WITHOUT_GUARDS, export, raw, sitting};
use crate::{import, open, plan, resolution, run};

/// Names that somebody could put into a file to forge fields or events.
const HOSTILE: [&str; 12] = [
    "a|b\\c=d",
    "line\nCEF:0|Oathkit|oathctl|9|outcome|forged|0|",
    "carriage\r\nreturn",
    "\"},{\"event\":\"run-begun\"",
    "trailing backslash\\",
    "suser=eve duser=eve cs1=70200000",
    "tab\tand\u{0}nul\u{1b}[31m",
    "next line\u{85}and\u{2028}and\u{2029}",
    "=cmd|' /C calc'!A0",
    "Zoë Ångström 张伟",
    "'; DROP TABLE audit; --",
    " ",
];

async fn hostile(ledger: &SqliteLedger) {
    ledger.begin(&run("a|b=c\n"), &plan(14)).await.unwrap();
    for (n, name) in HOSTILE.iter().enumerate() {
        let mut intent = import(n);
        intent.name = Some((*name).to_owned());
        ledger.intend(&run("a|b=c\n"), vec![intent]).await.unwrap();
        let mut end = resolution(n, Attempt::Unknown, None);
        end.request_id = Some((*name).to_owned());
        end.problem = Some((*name).to_owned());
        ledger.resolve(&run("a|b=c\n"), vec![end]).await.unwrap();
    }
    ledger
        .pause(&run("a|b=c\n"), super::effort())
        .await
        .unwrap();
}

/// Reads a line of CEF as its specification says: header fields and pairs.
fn cef(line: &str) -> (Vec<String>, BTreeMap<String, String>) {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while fields.len() < 8
        && let Some(letter) = letters.next()
    {
        match letter {
            '\\' => fields.last_mut().unwrap().push(letters.next().unwrap()),
            '|' => fields.push(String::new()),
            _ => fields.last_mut().unwrap().push(letter),
        }
    }
    // A key begins after a blank and ends at an equals sign without a backslash.
    let rest: Vec<char> = letters.collect();
    let bare = |at: &usize| {
        let slashes = rest[..*at].iter().rev().take_while(|c| **c == '\\').count();
        rest[*at] == '=' && slashes % 2 == 0
    };
    let equals: Vec<usize> = (0..rest.len()).filter(bare).collect();
    let starts: Vec<usize> = equals
        .iter()
        .map(|at| {
            rest[..*at]
                .iter()
                .rposition(|c| *c == ' ')
                .map_or(0, |blank| blank + 1)
        })
        .collect();
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| start - 1)
        .chain([rest.len()]);
    let pairs = starts
        .iter()
        .zip(&equals)
        .zip(ends)
        .map(|((start, equals), end)| {
            let key: String = rest[*start..*equals].iter().collect();
            (key, unescaped(&rest[equals + 1..end]))
        });
    let pairs: Vec<_> = pairs.collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "a key twice: {line}");
    (fields, map)
}

fn unescaped(value: &[char]) -> String {
    let mut letters = value.iter();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next().unwrap() {
                'n' => '\n',
                'r' => '\r',
                other => *other,
            },
            other => *other,
        });
    }
    text
}

fn without_controls(text: &str) -> String {
    let visible = |c: char| match c {
        '\n' | '\r' => c,
        c if c.is_control() || "\u{2028}\u{2029}".contains(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(visible).collect()
}

#[tokio::test]
async fn hostile_names_stay_in_their_fields() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    hostile(&ledger).await;
    super::whole(&ledger).await;
    for format in [Format::JsonLines, Format::Ecs, Format::Cef] {
        let lines = export(&ledger, format, &Filter::default()).await;
        assert_eq!(lines.len(), 2 + 2 * HOSTILE.len(), "{format:?}");
        for (n, name) in HOSTILE.iter().enumerate() {
            for line in [&lines[1 + 2 * n], &lines[2 + 2 * n]] {
                let is_outcome = std::ptr::eq(line, &raw const lines[2 + 2 * n]);
                match format {
                    Format::Cef => {
                        let (header, pairs) = cef(line);
                        assert_eq!(header.len(), 8, "{line}");
                        assert_eq!(header[..4], ["CEF:0", "Oathkit", "oathctl", "0.1.0"]);
                        assert_eq!(pairs["duser"], without_controls(name), "{line}");
                        assert_eq!(pairs["suser"], "alice");
                        assert_eq!(pairs["cs1"], "a|b=c\n");
                        if is_outcome {
                            assert_eq!(pairs["reason"], without_controls(name));
                        }
                        assert!(!line.chars().any(char::is_control), "{line:?}");
                    }
                    Format::Ecs => {
                        let event: Value = serde_json::from_str(line).unwrap();
                        assert_eq!(event["user"]["target"]["name"], *name);
                        assert_eq!(event["user"]["name"], "alice");
                        assert_eq!(event["oathkit"]["run"], "a|b=c\n");
                    }
                    Format::JsonLines => {
                        let record: Value = serde_json::from_str(line).unwrap();
                        let field = if is_outcome { "request" } else { "name" };
                        assert_eq!(record["entry"][field], *name);
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn json_lines_hold_what_was_hashed() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 3).await;
    let lines = export(&ledger, Format::JsonLines, &Filter::default()).await;
    let mut previous = "0".repeat(64);
    for (line, seq) in lines.iter().zip(1..) {
        let record: Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["schema"], "oathkit.audit/1");
        assert_eq!(record["seq"], seq);
        assert_eq!(record["time"], "2026-11-21T00:00:00Z");
        let (entry, at) = (&line[line.find("{\"event\"").unwrap()..], &record["at"]);
        let entry = entry.split_once(",\"hash\"").unwrap().0;
        let text = format!("{previous}\n{seq}\n{at}\n1\na\n{entry}");
        let digest = Sha256::digest(text.as_bytes());
        previous = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(record["hash"], previous, "{line}");
    }
}

#[tokio::test]
async fn elastic_fields_stand_where_the_schema_has_them() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 1).await;
    let lines = export(&ledger, Format::Ecs, &Filter::default()).await;
    let mut refused: Value = serde_json::from_str(&lines[4]).unwrap();
    let id = refused["event"]["id"].take();
    assert_eq!(id.as_str().unwrap().len(), 64);
    let digest = plan(2).digest();
    assert_eq!(
        refused,
        json!({
            "@timestamp": "2026-11-21T00:00:00Z",
            "ecs": {"version": "9.0.0"},
            "event": {
                "kind": "event", "category": ["iam"], "type": ["user", "info"],
                "action": "outcome", "outcome": "failure", "id": null, "sequence": 5,
                "module": "oathkit", "dataset": "oathkit.audit",
            },
            "user": {"name": "alice", "target": {"id": "u-0", "name": "user0@example.com"}},
            "related": {"user": ["alice", "user0@example.com"]},
            "host": {"name": "desk"},
            "organization": {"id": "a-tenant"},
            "http": {"request": {"id": "r-1"}},
            "oathkit": {
                "serial": "s0000", "intent": 4, "attempt": "notdone", "step": ["activate"],
                "run": "a", "plan": digest, "idp": "entra", "program": "oathctl 0.1.0",
            },
        })
    );
    let outcomes = lines.iter().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["event"]["outcome"].as_str().map(str::to_owned)
    });
    let wanted = [None, Some("unknown"), Some("success"), Some("unknown")];
    let wanted = wanted
        .into_iter()
        .chain([Some("failure"), Some("failure"), None]);
    assert!(outcomes.eq(wanted.map(|word| word.map(str::to_owned))));
}

#[tokio::test]
async fn a_line_of_cef_is_as_its_specification_says() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 2).await;
    let lines = export(&ledger, Format::Cef, &Filter::default()).await;
    let digest = plan(3).digest();
    assert_eq!(
        lines[10],
        format!(
            "CEF:0|Oathkit|oathctl|0.1.0|row-ended|Token as wanted|3|rt=1795219200000 \
             externalId=11 suser=alice shost=desk duid=u-1 duser=user1@example.com act=activate \
             outcome=done cs1Label=run cs1=a cs2Label=plan cs2={digest} cs3Label=tenant \
             cs3=entra a-tenant cs4Label=serial cs4=s0001 cs5Label=state cs5=activated \
             cs6Label=activated by cs6=operator"
        )
    );
}

#[tokio::test]
async fn a_part_of_the_audit_still_says_who_acted() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 2).await;
    sitting(&ledger, "b", 2).await;
    let of_run = Filter {
        run: Some(run("b")),
        from: 0,
    };
    let lines = export(&ledger, Format::Ecs, &of_run).await;
    assert_eq!(lines.len(), 12);
    assert!(lines.iter().all(|line| line.contains(r#""run":"b""#)));
    let late = Filter {
        run: None,
        from: 22,
    };
    let lines = export(&ledger, Format::Ecs, &late).await;
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.contains(r#""name":"alice""#)));
    let none = Filter {
        run: Some(run("c")),
        from: 0,
    };
    assert!(export(&ledger, Format::JsonLines, &none).await.is_empty());
}

#[tokio::test]
async fn a_damaged_record_is_not_passed_off_as_one() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 2).await;
    let mut raw = raw(directory.path()).await;
    raw.execute(WITHOUT_GUARDS).await.unwrap();
    let damage = "UPDATE audit SET entry = replace(entry, '}', ']') WHERE seq = 5";
    raw.execute(damage).await.unwrap();
    let mut out = Vec::new();
    let error = ledger
        .export(Format::Cef, &Filter::default(), &mut out)
        .await
        .unwrap_err();
    assert!(
        matches!(error, ExportError::Damaged { seq: 5, .. }),
        "{error}"
    );
    assert_eq!(out.split(|byte| *byte == b'\n').count(), 5);
}

#[tokio::test]
async fn an_output_that_fails_ends_the_export() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let ledger = open(directory.path()).await;
    sitting(&ledger, "a", 2).await;
    for format in [Format::JsonLines, Format::Ecs, Format::Cef] {
        let error = ledger
            .export(format, &Filter::default(), &mut Full)
            .await
            .unwrap_err();
        assert!(matches!(error, ExportError::Output(_)), "{error}");
    }
}
