//! Which columns count, and which nobody reads.

use seedfile::oath_core::{Algorithm, Digits, Period};
use seedfile::{
    Field, Kind, Place, ReadOptions, Refusal, SecretEncoding, SeedFile, Source, TokenType, read,
    survey,
};

const A: &str = "DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L";

fn table(names: &str, cells: &str) -> Result<SeedFile, Refusal> {
    let text = format!("serial number,secret key,timeinterval,{names}\n1,{A},30,{cells}\n");
    let options = ReadOptions::default();
    let survey = survey(text.as_bytes(), &options).map(|survey| survey.unread);
    let file = read(text.as_bytes(), &options);
    assert_eq!(
        survey.ok(),
        file.as_ref().ok().map(|file| file.unread.clone())
    );
    file
}

fn user(names: &str, cells: &str) -> Option<String> {
    table(names, cells).unwrap().tokens.remove(0).user
}

#[test]
fn what_decides_codes_is_read() {
    let file = table("digits,Type,counter", "8,hotp,5").unwrap();
    let token = &file.tokens[0];
    assert_eq!(
        (token.digits.get(), token.kind),
        (8, Kind::Hotp { counter: 5 })
    );
    assert_eq!(file.unread, [""; 0]);
    let codes = |names, cells| -> Vec<_> {
        let file = table(names, cells).unwrap();
        file.problems.iter().map(seedfile::Problem::code).collect()
    };
    assert_eq!(codes("digits", "9"), ["digits-unsupported"]);
    assert_eq!(codes("type", "motp"), ["type-unsupported"]);
    assert_eq!(codes("type,counter", "hotp,"), ["counter-missing"]);
}

#[test]
fn the_best_column_names_the_user() {
    let some = |name: &str| Some(name.to_owned());
    for name in ["email", "mail", "login", "userPrincipalName", "\u{200b}upn"] {
        assert_eq!(user(name, "a@b.c"), some("a@b.c"), "{name}");
    }
    assert_eq!(user("mail,upn", "m@b.c,u@b.c"), some("u@b.c"));
    assert_eq!(user("mail,email,login", "m@b.c,e@b.c,l@b.c"), some("l@b.c"));
    assert_eq!(user("email,upn", "e@b.c,"), None);
    let file = table("mail,upn", "m@b.c,u@b.c").unwrap();
    assert_eq!(file.unread, ["mail"]);
    let column = "upn";
    for names in ["upn,upn", "email,email", "upn,assignedToUpn"] {
        let twice = table(names, "u@b.c,u@b.c").unwrap_err();
        assert_eq!(twice, Refusal::DuplicateColumn { column }, "{names}");
    }
}

#[test]
fn columns_that_are_not_read_are_named() {
    let names = format!("PIN, My\u{7} note ,,{A},{},PIN", "é".repeat(99));
    let file = table(&names, ",,,,,").unwrap();
    let expected = ["PIN", "My\u{fffd} note", "column 7", &"é".repeat(64)];
    assert_eq!(file.unread, expected);
    let json = serde_json::to_string(&file.inspection()).unwrap();
    assert!(json.contains("\"unread_columns\":[\"PIN\","), "{json}");
    assert!(!json.contains(A), "{json}");
    let many: String = (0..99).map(|number| format!(",c{number}")).collect();
    assert_eq!(table(&many, &",".repeat(99)).unwrap().unread.len(), 32);
}

#[test]
fn names_in_json_are_names_of_columns() {
    let text = format!(
        r#"[{{"serialNumber":"1","secretKey":"{A}","timeIntervalInSeconds":30,"digits":8,"status":1,
            "mail":"m@b.c","login":"l@b.c","{A}":0}}]"#
    );
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    let token = &file.tokens[0];
    assert_eq!(
        (token.user.as_deref(), token.digits.get()),
        (Some("l@b.c"), 8)
    );
    assert_eq!(file.unread, ["status"]);
}

#[test]
fn one_column_for_a_field_and_one_field_for_a_column() {
    let text = format!("device,key,key,owner\n1,{A},{A},a@b.c\n");
    let named = |name: &str| Place::Named(name.to_owned());
    let refused = |more: &[(Field, Place)]| {
        let period = seedfile::oath_core::Period::THIRTY;
        let start = ReadOptions::default().period(period);
        let start = start.column(Field::Serial, named("device"));
        let add = |options: ReadOptions, (field, place): &(Field, Place)| {
            options.column(*field, place.clone())
        };
        read(text.as_bytes(), &more.iter().fold(start, add)).err()
    };
    let secret = (Field::Secret, Place::Numbered(2));
    assert_eq!(refused(std::slice::from_ref(&secret)), None);
    let column = "secret key";
    let twice = Some(Refusal::DuplicateColumn { column });
    assert_eq!(refused(&[(Field::Secret, named("key"))]), twice);
    let conflict = Some(Refusal::ColumnConflict { column });
    assert_eq!(refused(&[(Field::Secret, named("device"))]), conflict);
    let again = (Field::Secret, Place::Numbered(3));
    assert_eq!(refused(&[secret, again]), conflict);
}

fn codes(text: &str, options: &ReadOptions) -> Vec<&'static str> {
    let file = read(text.as_bytes(), options).unwrap();
    file.problems.iter().map(seedfile::Problem::code).collect()
}

#[test]
fn a_row_is_no_header_because_it_holds_words() {
    // No cell begins with a digit or holds an @, and none names a column.
    let options = ReadOptions::default().period(Period::THIRTY);
    let text = format!("upn,serial number,secret key\n,ABC,{A}\n");
    assert_eq!(codes(&text, &options), [""; 0]);
    // Some cells name columns, but there are too few.
    let names = "upn,serial number,secret key,timeinterval,manufacturer,model\n";
    let text = format!("{names}upn,serial number\n");
    assert_eq!(codes(&text, &ReadOptions::default()), ["cell-count"]);
    let text = format!("{names}{names}");
    assert_eq!(codes(&text, &ReadOptions::default()), ["header-repeated"]);
    // Nobody said that this table has a header.
    let options = options
        .column(Field::Serial, Place::Numbered(1))
        .column(Field::Secret, Place::Numbered(2));
    assert!(!codes("serial number,secret key\n", &options).contains(&"header-repeated"));
}

#[test]
fn a_column_that_is_named_takes_the_place_of_its_field_alone() {
    let names = "upn,serial number,secret key,timeinterval,owner";
    let text = format!("{names}\nu@b.c,1,{A},30,o@b.c\n");
    let owner = Place::Named("owner".to_owned());
    let options = ReadOptions::default().column(Field::User, owner);
    let file = read(text.as_bytes(), &options).unwrap();
    assert_eq!(file.tokens[0].user.as_deref(), Some("o@b.c"));
    assert_eq!(file.unread, ["upn"]);
}

#[test]
fn blanks_before_cells_do_not_count() {
    let names = "upn,serial number,secret key,timeinterval,manufacturer,model\n";
    let text = format!("{names} a@b.c, 1, {A}, 30, T, C\n");
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!((file.tokens.len(), file.records), (1, 1));
}

#[test]
fn a_time_interval_is_asked_for_unless_somebody_says_it() {
    let text = format!("upn,serial number,secret key\na@b.c,1,{A}\n");
    let refused = read(text.as_bytes(), &ReadOptions::default()).unwrap_err();
    let column = "time interval";
    assert_eq!(refused, Refusal::MissingColumn { column });
    let said = ReadOptions::default().period(Period::THIRTY);
    assert_eq!(codes(&text, &said), [""; 0]);
}

#[test]
fn a_long_header_tells_its_separator() {
    let many: String = (0..200).map(|n| format!("a, long, name {n};")).collect();
    let text = format!(
        "{many}upn;serial number;secret key;time interval\n{}a@b.c;1;{A};30\n",
        ";".repeat(200)
    );
    let file = read(text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(file.tokens.len(), 1);
}

#[test]
fn the_caller_says_how_keys_are_written() {
    let keys = |key: &str, encoding| {
        let said = ReadOptions::default()
            .column(Field::Serial, Place::Numbered(1))
            .column(Field::Secret, Place::Numbered(2))
            .period(Period::THIRTY)
            .encoding(encoding);
        let file = read(format!("1,{key}\n").as_bytes(), &said).unwrap();
        let problem = file.problems.first().map(seedfile::Problem::code);
        problem.map_or_else(|| Ok(file.tokens[0].seed.expose().to_vec()), Err)
    };
    let key = b"12345678901234567890".to_vec();
    let base32 = SecretEncoding::Base32;
    assert_eq!(
        keys("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", base32),
        Ok(key.clone())
    );
    assert_eq!(
        keys("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=", SecretEncoding::Base64),
        Ok(key.clone())
    );
    let hex = "3132333435363738393031323334353637383930";
    assert_eq!(keys(hex, SecretEncoding::Hex), Ok(key));
    // It reads as hexadecimal, too, but somebody said what it is.
    let both = keys("ABCDEF234567ABCDEF234567ABCDEF23", base32);
    assert_eq!(both.map(|key| key.len()), Ok(20));
    for odd in ["A", "AAA", "AAAAAA"] {
        let odd = format!("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ{odd}");
        assert_eq!(keys(&odd, base32), Err("secret-length"));
    }
}

#[test]
fn what_the_caller_says_of_the_tokens_is_marked_as_such() {
    let said = ReadOptions::default()
        .column(Field::Serial, Place::Numbered(1))
        .column(Field::Secret, Place::Numbered(2))
        .algorithm(Algorithm::Sha512)
        .digits(Digits::EIGHT)
        .period(Period::SIXTY)
        .token_type(TokenType::Totp);
    let file = read(format!("1,{A}\n").as_bytes(), &said).unwrap();
    let token = &file.tokens[0];
    assert_eq!(token.algorithm, Algorithm::Sha512);
    assert_eq!(token.digits, Digits::EIGHT);
    assert_eq!(token.period(), Some(Period::SIXTY));
    let sources = [
        token.sources.algorithm,
        token.sources.digits,
        token.sources.factor,
        token.sources.token_type,
    ];
    assert_eq!(sources, [Source::Option; 4]);
}
