//! Files as vendors, spreadsheets and careless hands make them: each part is mostly right.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[A-Z2-7]{32}",
        2 => "[A-Z2-7]{52}",
        1 => "[a-z2-7]{26}(======)?",
        1 => "([A-Z2-7]{4} ){8}",
        1 => "[0-9a-f]{40}",
        1 => "[A-Z2-7]{0,140}",
        1 => "otpauth://totp/x\\?secret=[A-Z2-7]{32}",
    ]
}

fn serial() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[0-9]{8,13}",
        2 => "[1-3]",
        1 => "[A-Za-z0-9._-]{1,66}",
        1 => "=\"[0-9]{8}\"|2\\.45252E\\+12|'[0-9]{8}|[0-9]{1,3}(,[0-9]{3}){2}| [0-9]{8} ",
    ]
}

fn user() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,6}@example\\.com",
        1 => Just("0cadbf92-0000-4000-8000-000000000001".to_owned()),
        1 => "",
        1 => "[a-z'@/?+ ]{1,12}",
    ]
}

fn period() -> impl Strategy<Value = String> {
    prop_oneof![6 => select(vec!["30", "60"]).prop_map(str::to_owned), 1 => "|-30|45|30s|[0-9]{1,20}"]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![6 => "Token2|C[0-9]{3}", 1 => "[A-Za-z ,;\"'\r\n\té😀=@+-]{0,12}|[A-Z2-7]{32}"]
}

/// A cell as CSV has it: quoted where it must be, or where it likes to, or not although it must.
fn cell(value: &str, quotes: u8) -> String {
    let must = value.contains([',', ';', '\t', '"', '\r', '\n']);
    match quotes {
        0 => value.to_owned(),
        1..=4 => format!("\"{}\"", value.replace('"', "\"\"")),
        _ if must => format!("\"{}\"", value.replace('"', "\"\"")),
        _ => value.to_owned(),
    }
}

type Row = [String; 6];

fn row() -> impl Strategy<Value = Row> {
    (user(), serial(), secret(), period(), text(), text())
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f])
}

prop_compose! {
    fn csv()(
        rows in vec((row(), 0..40_u8), 0..6),
        separator in select(vec![",", ";", "\t"]),
        end in select(vec!["\n", "\r\n", "\r"]),
        header in select(vec![
            "upn,serial number,secret key,timeinterval,manufacturer,model",
            "UPN,Serial Number,Secret Key,Time Interval,Manufacturer,Model",
            "upn,serialNumber,secretKey,timeIntervalInSeconds,manufacturer,model",
            "user,serial,secret,interval,manufacturer,model,hash function",
        ]),
        repeat: bool,
        twins in vec((any::<prop::sample::Index>(), 0..7_usize, row()), 0..3),
    ) -> String {
        let mut rows = rows;
        // Rows once more, with one field of another.
        for (at, field, other) in twins {
            let Some(mut twin) = rows.get(at.index(rows.len().max(1))).cloned() else {
                break;
            };
            if let Some(value) = other.get(field) {
                twin.0[field].clone_from(value);
            }
            rows.push(twin);
        }
        let mut lines = vec![header.replace(',', separator)];
        for (row, quotes) in &rows {
            let cells: Vec<String> = row.iter().map(|value| cell(value, *quotes)).collect();
            lines.push(cells.join(separator));
        }
        if repeat {
            lines.extend(lines.last().cloned());
        }
        lines.join(end) + end
    }
}

prop_compose! {
    fn graph_json()(rows in vec((row(), any::<bool>(), 0..12_u8), 0..6), bare: bool) -> String {
        let items = rows.iter().map(|([user, serial, secret, period, manufacturer, model], sha1, odd)| {
            let mut item = serde_json::json!({
                "@contentId": "1", "serialNumber": serial, "manufacturer": manufacturer, "model": model, "secretKey": secret,
                "timeIntervalInSeconds": period.parse().unwrap_or(30_u64),
                "hashFunction": if *sha1 { "hmacsha1" } else { "hmacsha256" },
                "assignTo": {"id": user},
            });
            match odd {
                0 => item["secretKey"] = serde_json::json!([secret]),
                1 => item["serialNumber"] = serde_json::json!(2_452_524_131_401_u64),
                2 => item["timeIntervalInSeconds"] = serde_json::json!(period),
                3 => item = serde_json::json!(secret),
                _ => {}
            }
            item
        });
        let items = serde_json::Value::from_iter(items).to_string();
        if bare { items } else { format!("{{\"value\":{items}}}") }
    }
}

proptest! {
    #![proptest_config(crate::everyday())]

    #[test]
    fn nearly_valid_csv(file in csv()) {
        oathkit_fuzz::seed_file(file.as_bytes());
        oathkit_fuzz::users(file.as_bytes());
        oathkit_fuzz::extract(file.as_bytes());
        oathkit_fuzz::plan(file.as_bytes());
    }

    #[test]
    fn nearly_valid_graph_json(file in graph_json()) {
        oathkit_fuzz::seed_file(file.as_bytes());
        oathkit_fuzz::extract(file.as_bytes());
        oathkit_fuzz::plan(file.as_bytes());
    }

    #[test]
    fn nearly_valid_list_of_users(
        header in "|(upn|login|mail|serial|name)(,(email|objectId|serial number))?\n",
        lines in vec("[a-d]@x\\.y|(ann|bob)@example\\.com(,S[1-6])?|S[1-6],[a-d]@x\\.y|\"[a-d]@x\\.y\"|| |x", 0..12),
        end in select(vec!["\n", "\r\n", "\r"]),
    ) {
        oathkit_fuzz::users((header + &lines.join(end)).as_bytes());
    }
}

/// The grammar is worth something: most of its files hold tokens that are accepted.
#[test]
fn nearly_valid_files_are_often_read() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut accepted = 0;
    for _ in 0..200 {
        let file = csv().new_tree(&mut runner).unwrap().current();
        let read = seedfile::read(file.as_bytes(), &seedfile::ReadOptions::default());
        accepted += usize::from(read.is_ok_and(|file| !file.tokens.is_empty()));
    }
    assert!(accepted > 60, "{accepted} of 200");
}
