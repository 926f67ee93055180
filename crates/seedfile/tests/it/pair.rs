//! Who gets which token.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::num::NonZeroUsize;

use proptest::prelude::*;
use seedfile::{
    EntryProblem, MAX_BYTES, MAX_RECORDS, Pairing, ReadOptions, Refusal, Seed, SeedFile, Strategy,
    UserList, pair, read, secrecy::ExposeSecret,
};

const HEADER: &str = "upn,serial number,secret key,timeinterval,manufacturer,model\n";

/// A file with one token a holder; an empty name is none, `-` is a row that cannot be used.
fn file(holders: &[&str]) -> SeedFile {
    let mut text = HEADER.to_owned();
    for (n, holder) in (1..).zip(holders) {
        let key = Seed::new(vec![n; 20]).to_base32();
        let (holder, key) = match *holder {
            "-" => ("", "short"),
            holder => (holder, key.expose_secret()),
        };
        let _ = writeln!(text, "{holder},S{n},{key},30,Token2,C202");
    }
    read(text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn list(text: &str, strategy: Strategy) -> UserList {
    UserList::read(text.as_bytes(), strategy).unwrap()
}

fn pairs(pairing: &Pairing) -> Vec<(&str, &str)> {
    let all = pairing.pairs.iter();
    all.map(|pair| (pair.user.as_str(), pair.serial.as_str()))
        .collect()
}

fn left(pairing: &Pairing) -> Vec<&str> {
    pairing
        .users_left
        .iter()
        .map(|user| user.user.as_str())
        .collect()
}

fn free(pairing: &Pairing) -> Vec<&str> {
    pairing
        .tokens_left
        .iter()
        .map(seedfile::Serial::as_str)
        .collect()
}

#[test]
fn the_next_free_token_goes_to_whoever_has_none() {
    let file = file(&["", "Ann@example.com", "-", "", ""]);
    let users = list(
        "ann@example.com\nbob@example.com\ncid@example.com\n",
        Strategy::NextAvailable,
    );
    let pairing = pair(&file, &users);
    assert_eq!(
        pairs(&pairing),
        [("bob@example.com", "S1"), ("cid@example.com", "S4")]
    );
    assert_eq!(pairing.unchanged[0].serial.as_str(), "S2");
    assert_eq!(free(&pairing), ["S5"]);
    assert!(pairing.is_complete());
}

#[test]
fn whoever_holds_a_token_that_cannot_be_used_gets_no_other() {
    let (first, second) = (
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52",
    );
    // A bad serial number, and two rows that contradict each other.
    let rows = format!(
        "Ann@x.y,2.4E+11,{first},30,Token2,C202\nbob@x.y,S2,{first},30,Token2,C202\n\
         ,S2,{first},60,Token2,C202\n,S4,{second},30,Token2,C202\n"
    );
    let text = format!("{HEADER}{rows}");
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    let users = "ann@x.y\nbob@x.y\ncid@x.y\n";
    let pairing = pair(&file, &list(users, Strategy::NextAvailable));
    use EntryProblem::HoldsRejected;
    let expected = [(1, HoldsRejected { row: 2 }), (2, HoldsRejected { row: 3 })];
    assert_eq!(pairing.problems, expected);
    assert_eq!(pairs(&pairing), [("cid@x.y", "S4")]);
    // A list that names the token says what is meant.
    let pairing = pair(&file, &list("ann@x.y,S4\n", Strategy::Mapping));
    assert_eq!(pairs(&pairing), [("ann@x.y", "S4")]);
}

#[test]
fn separators_between_quotation_marks_do_not_count() {
    let text = "\"Name; first; last\",upn\n\"Ann;B;C\",a@x.y\n";
    let users = list(text, Strategy::NextAvailable);
    assert_eq!(users.entries()[0].user.as_deref(), Ok("a@x.y"));
}

#[test]
fn users_for_whom_nothing_is_left_are_named() {
    let users = list("a@x.y\nb@x.y\nc@x.y", Strategy::NextAvailable);
    let pairing = pair(&file(&["", "zoe@x.y"]), &users);
    assert_eq!(pairs(&pairing), [("a@x.y", "S1")]);
    assert_eq!(left(&pairing), ["b@x.y", "c@x.y"]);
    assert!(!pairing.is_complete() && pairing.tokens_left.is_empty());
}

#[test]
fn lines_that_cannot_be_followed_are_named() {
    let users = list(
        "UPN\na@x.y\n\nnobody\nA@X.Y\n  \nb@x.y\n\n",
        Strategy::NextAvailable,
    );
    let pairing = pair(&file(&["", "", ""]), &users);
    let expected = [
        (3, EntryProblem::Blank { count: 1 }),
        (4, EntryProblem::UserSyntax),
        (5, EntryProblem::UserRepeated { line: 2 }),
        (6, EntryProblem::Blank { count: 1 }),
    ];
    assert_eq!(pairing.problems, expected);
    assert_eq!(pairs(&pairing), [("a@x.y", "S1"), ("b@x.y", "S2")]);
    assert!(!pairing.is_complete());
}

#[test]
fn blank_lines_are_one_entry_and_keep_their_places() {
    let file = file(&["", "", "", "", ""]);
    let users = list("a@x.y\n\n , \n\ne@x.y\n", Strategy::Order);
    assert_eq!(users.entries().len(), 3);
    let pairing = pair(&file, &users);
    assert_eq!(pairs(&pairing), [("a@x.y", "S1"), ("e@x.y", "S5")]);
    let (line, problem) = pairing.problems[0];
    assert_eq!(
        (line, problem.to_string().as_str()),
        (2, "nobody is named in 3 lines from here on")
    );
}

#[test]
fn a_list_has_no_more_lines_than_a_file_has_rows() {
    let read = |blanks: usize| {
        let text = format!("a@x.y{}b@x.y", "\n".repeat(blanks + 1));
        UserList::read(text.as_bytes(), Strategy::Order)
    };
    assert_eq!(read(MAX_RECORDS - 2).unwrap().entries().len(), 3);
    assert_eq!(read(MAX_RECORDS - 1).unwrap_err(), Refusal::TooManyRows);
    let named = "x\n".repeat(MAX_RECORDS + 1);
    let refused = UserList::read(named.as_bytes(), Strategy::Order).unwrap_err();
    assert_eq!(refused, Refusal::TooManyRows);
}

#[test]
fn a_list_has_no_more_bytes_than_a_file() {
    let read = |bytes: usize| UserList::read(&vec![b' '; bytes], Strategy::Order).unwrap_err();
    assert_eq!(read(MAX_BYTES), Refusal::Empty);
    assert_eq!(read(MAX_BYTES + 1), Refusal::TooLarge);
}

#[test]
fn what_separates_cells_is_not_asked_of_a_comment() {
    let file = file(&["", ""]);
    for comment in ["# a;b;c;d", "\n \n#;;;;"] {
        let users = format!("{comment}\nuser,serial\na@x.y,S2\n");
        let pairing = pair(&file, &list(&users, Strategy::Mapping));
        assert_eq!(pairs(&pairing), [("a@x.y", "S2")]);
    }
}

#[test]
fn a_line_that_names_no_user_is_told_by_what_it_holds() {
    let long = format!("{}@b.c", "x".repeat(317));
    let users = format!("nobody,S1\n{long},S2\n");
    let list = list(&users, Strategy::Mapping);
    let [first, second] = list.entries() else {
        panic!("{list:?}");
    };
    assert_eq!(first.user, Err(EntryProblem::UserSyntax));
    assert_eq!(
        first.serial.as_ref().map(seedfile::Serial::as_str),
        Some("S1")
    );
    assert_eq!(second.user, Err(EntryProblem::UserTooLong));
}

#[test]
fn whoever_holds_a_row_that_is_none_gets_no_other() {
    let (one, two) = ("A".repeat(28) + "GEZD", "B".repeat(28) + "GEZD");
    let free = format!(",9,{two},30,T,C\n");
    for row in [
        format!("ann@x.y,1,{one},30,T,C,extra"),
        format!("ann@x.y,1,{one},30,T,C,"),
        format!("ann@x.y,1,{one},30,T"),
        format!("\"ann@x.y,1,{one},30,T,C\""),
        format!("bob@x.y,1,{one},30,T,\"C\nann@x.y,2,{one},30,T,C\""),
    ] {
        let table = format!("{HEADER}{row}\n{free}");
        let file = read(table.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!((file.tokens.len(), file.rejected()), (1, 1), "{row}");
        let pairing = pair(&file, &list("Ann@x.y\nzoe@x.y\n", Strategy::NextAvailable));
        let holds = EntryProblem::HoldsRejected { row: 2 };
        assert_eq!(pairing.problems, [(1, holds)], "{row}");
        assert_eq!(pairs(&pairing), [("zoe@x.y", "9")]);
    }
}

#[test]
fn who_is_named_beside_a_key_in_disguise_is_not_kept() {
    let key = "DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L";
    let table = format!("{HEADER}{key}@x.y,1,{key},30,T,C,extra\n");
    let file = read(table.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.rejected_holders, []);
}

#[test]
fn in_order_a_line_that_cannot_be_followed_keeps_its_place() {
    let file = file(&["", "", "-", "", "zoe@x.y", "eve@x.y", ""]);
    let users = "a@x.y\nnobody\nc@x.y\nd@x.y\ne@x.y\nEve@x.y\n";
    let pairing = pair(&file, &list(users, Strategy::Order));
    assert_eq!(pairs(&pairing), [("a@x.y", "S1"), ("d@x.y", "S4")]);
    // The third row has no usable token.
    assert_eq!(left(&pairing), ["c@x.y"]);
    let expected = [
        (2, EntryProblem::UserSyntax),
        (5, EntryProblem::Held { row: 6 }),
    ];
    assert_eq!(pairing.problems, expected);
    assert_eq!(pairing.unchanged[0].user, "Eve@x.y");
    assert_eq!(free(&pairing), ["S2", "S7"]);
}

#[test]
fn in_order_swallowed_rows_keep_their_places() {
    let keys = ["A", "B", "C", "D"].map(|letter| letter.repeat(28) + "GEZD");
    let row = |at: usize, end: &str| format!(",S{at},{},30,T,C{end}\n", keys[at - 1]);
    let table = format!(
        "{HEADER}{},S1,{},30,T,\"C\n,S2,{},30,T,C\"\n{}",
        row(3, ""),
        keys[0],
        keys[1],
        row(4, "")
    );
    let file = read(table.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.rejected(), 1);
    let users = "a@x.y\nb@x.y\nc@x.y\nd@x.y\n";
    let pairing = pair(&file, &list(users, Strategy::Order));
    assert_eq!(pairs(&pairing), [("a@x.y", "S3"), ("d@x.y", "S4")]);
    let last = format!(
        "{HEADER}{},S1,{},30,T,\"C\n,S2,{},30,T,C\"\n",
        row(3, ""),
        keys[0],
        keys[1]
    );
    let file = read(last.as_bytes(), &ReadOptions::default()).unwrap();
    let pairing = pair(&file, &list(users, Strategy::Order));
    assert_eq!(pairs(&pairing), [("a@x.y", "S3")]);
    assert_eq!(left(&pairing).len(), 3);
}

#[test]
fn blank_lines_around_a_comment_are_one_entry() {
    let file = file(&["", "", "", "", ""]);
    let users = "a@x.y\n\n\n# more\n\n\n\nb@x.y\n";
    let pairing = pair(&file, &list(users, Strategy::NextAvailable));
    assert_eq!(pairing.problems, [(2, EntryProblem::Blank { count: 5 })]);
    let told = |count: usize| EntryProblem::Blank { count }.to_string();
    assert_eq!(told(1), "nobody is named here");
    assert_eq!(told(2), "nobody is named in 2 lines from here on");
}

/// The key of a package cannot be read; whose it is can.
#[test]
fn whoever_holds_a_package_that_is_no_token_gets_no_other() {
    let package = |n: u8, user: &str, algorithm: &str| {
        let key = data_encoding::BASE64.encode(&[n; 20]);
        format!(
            "<KeyPackage><DeviceInfo><SerialNo>{n}</SerialNo><UserId>{user}</UserId></DeviceInfo>\
             <Key Id=\"{n}\" Algorithm=\"{algorithm}\"><AlgorithmParameters><ResponseFormat Length=\"6\" \
             Encoding=\"DECIMAL\"/></AlgorithmParameters><Data><Secret><PlainValue>{key}</PlainValue></Secret>\
             </Data></Key></KeyPackage>"
        )
    };
    let totp = "urn:ietf:params:xml:ns:keyprov:pskc:totp";
    let container = format!(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">{}{}</KeyContainer>",
        package(1, "ann@x.y", "urn:other"),
        package(2, "", totp)
    );
    let file = read(container.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!((file.tokens.len(), file.rejected()), (1, 1));
    let pairing = pair(&file, &list("ann@x.y\nzoe@x.y\n", Strategy::NextAvailable));
    let holds = EntryProblem::HoldsRejected { row: 1 };
    assert_eq!(pairing.problems, [(1, holds)]);
    assert_eq!(pairs(&pairing), [("zoe@x.y", "2")]);
}

#[test]
fn comments_in_a_list_of_users_have_no_place() {
    let file = file(&["", "", ""]);
    let users = "# staff; of, May\na@x.y\n\n  # more\n\u{a0}\nb@x.y\n";
    for (strategy, expected) in [
        (Strategy::Order, &[("a@x.y", "S1")][..]),
        (Strategy::NextAvailable, &[("a@x.y", "S1"), ("b@x.y", "S2")]),
    ] {
        let pairing = pair(&file, &list(users, strategy));
        assert_eq!(pairs(&pairing), expected);
        let blank = EntryProblem::Blank { count: 2 };
        assert_eq!(pairing.problems, [(3, blank)]);
    }
}

/// A row that repeats another, a blank one and an empty line all keep their places, in a table as in
/// a list without a header.
#[test]
fn in_order_rows_that_are_no_tokens_keep_their_places() {
    let (first, second) = (
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52",
    );
    let table = |rows: &[&str]| {
        let rows = rows.iter().map(|row| match *row {
            "S1" => format!(",S1,{first},30,Token2,C202\n"),
            "S2" => format!(",S2,{second},30,Token2,C202\n"),
            // The key of another token: both are rejected.
            "S3" => format!(",S3,{first},30,Token2,C202\n"),
            other => format!("{other}\n"),
        });
        HEADER.to_owned() + &rows.collect::<String>()
    };
    let links = |middle: &str| {
        let link =
            |serial, key| format!("otpauth://totp/x?secret={key}&serial={serial}&period=30\n");
        format!("{}{middle}\n{}", link("S1", first), link("S2", second))
    };
    let users = "a@x.y\nb@x.y\nc@x.y\nd@x.y\n";
    for (text, expected) in [
        (
            table(&["S1", "S1", "S2"]),
            &[("a@x.y", "S1"), ("c@x.y", "S2")][..],
        ),
        (
            table(&["S1", ",,,,,", "S2"]),
            &[("a@x.y", "S1"), ("c@x.y", "S2")],
        ),
        (
            table(&["S1", "", ",,,,,", "S2"]),
            &[("a@x.y", "S1"), ("d@x.y", "S2")],
        ),
        (
            table(&["", "S1", "S1", "S2"]),
            &[("b@x.y", "S1"), ("d@x.y", "S2")],
        ),
        (table(&["S1", "S1", "S3", "S2"]), &[("d@x.y", "S2")]),
        (links(""), &[("a@x.y", "S1"), ("c@x.y", "S2")]),
        (
            links("# a comment has no place"),
            &[("a@x.y", "S1"), ("b@x.y", "S2")],
        ),
    ] {
        let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
        let pairing = pair(&file, &list(users, Strategy::Order));
        assert_eq!(pairs(&pairing), expected, "{text}");
        assert_eq!(left(&pairing).len(), 4 - expected.len());
    }
}

/// However many threads read the file, and wherever it is cut.
#[test]
fn rows_that_are_no_tokens_are_the_same_for_any_number_of_threads() {
    let mut text = HEADER.to_owned();
    for n in 0..40_000 {
        // Wrong in its key, so that the test is quick.
        let _ = writeln!(
            text,
            "u{n}@x.y,S{n},short,30,Token2,C202,{}",
            "x".repeat(n % 40)
        );
        text.push_str(["", "\n", ",,,,,\n", "\n,,,,,\n\n"][n % 4]);
    }
    let skipped = |threads| {
        let options = ReadOptions::default().threads(NonZeroUsize::new(threads).unwrap());
        read(text.as_bytes(), &options).unwrap().skipped
    };
    let one = skipped(1);
    assert_eq!(one[..3], [(4, 1), (6, 1), (8, 3)]);
    let count = |skipped: &[(usize, usize)]| skipped.iter().map(|(_, count)| count).sum::<usize>();
    assert_eq!(count(&one), 50_000);
    assert_eq!(count(&skipped(5)), 50_000);
}

#[test]
fn a_mapping_has_its_columns_in_either_order() {
    let tokens = || file(&["", "", "zoe@x.y", ""]);
    for text in [
        "S2,a@x.y\ns1,b@x.y\n",
        "a@x.y;S2\nb@x.y;S1\n",
        "Serial Number\tuserPrincipalName\nS2\ta@x.y\nS1\tb@x.y\n",
        "email,team,serial\na@x.y,red,S2\n\"b@x.y\",blue,S1\n",
    ] {
        let pairing = pair(&tokens(), &list(text, Strategy::Mapping));
        assert_eq!(
            pairs(&pairing),
            [("a@x.y", "S2"), ("b@x.y", "S1")],
            "{text}"
        );
        assert!(pairing.is_complete());
    }
}

#[test]
fn what_a_mapping_says_wrong_is_named() {
    let text = "a@x.y,S1\nb@x.y,S9\nc@x.y,S3\nd@x.y,S2\nd@x.y,S4\ne@x.y,S5\nf@x.y,S5\ng@x.y\nzoe@x.y,S3\na@x.y,S1\n";
    let file = file(&["", "", "zoe@x.y", "", "", ""]);
    let pairing = pair(&file, &list(text, Strategy::Mapping));
    use EntryProblem::{Held, SerialMissing, SerialRepeated, SerialUnknown, UserRepeated};
    let expected = [
        (2, SerialUnknown),
        (3, SerialRepeated { line: 9 }),
        (4, UserRepeated { line: 5 }),
        (5, UserRepeated { line: 4 }),
        (6, SerialRepeated { line: 7 }),
        (7, SerialRepeated { line: 6 }),
        (8, SerialMissing),
        (9, SerialRepeated { line: 3 }),
        (10, UserRepeated { line: 1 }),
    ];
    assert_eq!(pairing.problems, expected);
    assert_eq!(pairs(&pairing), [("a@x.y", "S1")]);
    let held = pair(&file, &list("c@x.y,S3\n", Strategy::Mapping));
    assert_eq!(held.problems, [(1, Held { row: 4 })]);
    assert_eq!(pairs(&held), []);
}

#[test]
fn lists_are_decoded_and_refused_as_seed_files_are() {
    let utf16: Vec<u8> = "\u{feff}login\r\nzoë@x.y\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let users = UserList::read(&utf16, Strategy::NextAvailable).unwrap();
    assert_eq!(users.entries()[0].user.as_deref(), Ok("zoë@x.y"));
    let refused = |bytes: &[u8], strategy| UserList::read(bytes, strategy).unwrap_err();
    assert_eq!(refused(b" \n", Strategy::Order), Refusal::Empty);
    assert_eq!(refused(b"PK\x03\x04rest", Strategy::Order), Refusal::Zip);
    let column = "serial number";
    assert_eq!(
        refused(b"upn\na@x.y\n", Strategy::Mapping),
        Refusal::MissingColumn { column }
    );
    let column = "upn";
    assert_eq!(
        refused(b"serial number,name\n1,Ann\n", Strategy::Order),
        Refusal::MissingColumn { column }
    );
    for (header, column) in [
        ("upn,userPrincipalName", "upn"),
        ("mail,E mail,name", "email"),
    ] {
        let text = format!("{header}\na@x.y,a@x.y\n");
        assert_eq!(
            refused(text.as_bytes(), Strategy::Order),
            Refusal::DuplicateColumn { column }
        );
    }
}

/// As Entra ID and Okta export users: several columns name them.
#[test]
fn of_several_columns_the_one_that_names_best_counts() {
    let id = "0cadbf92-0000-4000-8000-000000000001";
    for (header, line, expected) in [
        (
            "mail,displayName,userPrincipalName,objectId",
            format!("m@x.y,Ann,a@x.y,{id}"),
            "a@x.y",
        ),
        (
            "email,login,firstName",
            "m@x.y,a@x.y,Ann".to_owned(),
            "a@x.y",
        ),
        ("mail,objectId", format!("m@x.y,{id}"), id),
        ("user,email", "Ann,m@x.y".to_owned(), "m@x.y"),
        // Two columns that do not count.
        ("upn,email,mail", "a@x.y,m@x.y,m@x.y".to_owned(), "a@x.y"),
    ] {
        let users = list(&format!("{header}\n{line}\n"), Strategy::NextAvailable);
        assert_eq!(users.entries()[0].user.as_deref(), Ok(expected), "{header}");
    }
}

#[test]
fn the_document_names_everything() {
    let users = list("a@x.y\nb@x.y\nx\nzoe@x.y\n", Strategy::NextAvailable);
    let pairing = pair(&file(&["", "zoe@x.y"]), &users);
    let expected = r#"{"schema":"oathkit.pairing/1",
"pairs":[{"line":1,"user":"a@x.y","row":2,"serial":"S1","model":"C202"}],
"unchanged":[{"line":4,"user":"zoe@x.y","row":3,"serial":"S2","model":"C202"}],
"users_left":[{"line":2,"user":"b@x.y"}],"tokens_left":[],
"problems":[{"line":3,"code":"user-syntax","message":"this is neither a user name with one @ nor an object id"}]}"#;
    assert_eq!(
        serde_json::to_string(&pairing).unwrap(),
        expected.replace('\n', "")
    );
}

proptest! {
    #[test]
    fn nothing_is_taken_and_nothing_is_given_twice(
        holders in proptest::collection::vec("|-|[ab]@x\\.y", 1..8),
        lines in proptest::collection::vec("[abcd]@x\\.y,S[1-8]|x|", 1..8),
        strategy in proptest::sample::select(&Strategy::ALL),
    ) {
        let holders: Vec<&str> = holders.iter().map(String::as_str).collect();
        let mut file = file(&holders);
        let before: Vec<_> = file.tokens.iter().map(|token| token.user.clone()).collect();
        let Ok(users) = UserList::read(lines.join("\n").as_bytes(), strategy) else {
            return Ok(());
        };
        let pairing = pair(&file, &users);
        let told = pairing.pairs.len() + pairing.unchanged.len() + pairing.users_left.len() + pairing.problems.len();
        prop_assert_eq!(told, users.entries().len());
        let serials: BTreeSet<_> = pairing.pairs.iter().map(|pair| pair.serial.as_str()).collect();
        prop_assert_eq!(serials.len(), pairing.pairs.len());
        pairing.apply(&mut file.tokens);
        for (token, before) in file.tokens.iter().zip(before) {
            prop_assert!(before.is_none() || token.user == before);
            prop_assert_eq!(token.user.is_none(), pairing.tokens_left.contains(&token.serial));
        }
    }
}
