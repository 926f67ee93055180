//! What was read can be written and reads back as the same tokens.

use seedfile::{
    Format, LeftOut, ReadOptions, SeedFile, TokenRecord, WriteError, WriteOptions, read, write,
};
use serde_json::Value;

/// In every format, as far as it can express the tokens.
pub(crate) fn reads_back_from_every_format(mut file: SeedFile) {
    for format in Format::ALL {
        let all = std::mem::take(&mut file.tokens);
        let (kept, others) = writable(all, format);
        if !kept.is_empty() {
            file.tokens = kept;
            reads_back(&file, format);
        }
        file.tokens.extend(others);
        file.tokens.sort_by_key(|token| token.row);
    }
}

/// Parts the tokens by the writer's own word.
fn writable(tokens: Vec<TokenRecord>, format: Format) -> (Vec<TokenRecord>, Vec<TokenRecord>) {
    match write(
        &tokens,
        format,
        WriteOptions::default(),
        &mut std::io::sink(),
    ) {
        Ok(_) => (tokens, Vec::new()),
        Err(WriteError::Unwritable(named)) => {
            assert!(!named.is_empty());
            let is_named = |token: &TokenRecord| named.iter().any(|of| of.serial == token.serial);
            tokens.into_iter().partition(|token| !is_named(token))
        }
        // Some formats are only read.
        Err(_) => (Vec::new(), tokens),
    }
}

fn reads_back(file: &SeedFile, format: Format) {
    let mut bytes = Vec::new();
    let options = WriteOptions::default();
    let written = write(&file.tokens, format, options, &mut bytes).expect("the others were named");
    let options = ReadOptions::default()
        .allow_short_seeds(true)
        .format(format);
    let back = read(&bytes, &options).expect("what was written is a seed file");
    assert_eq!(back.problems, []);
    assert_eq!(back.format, format);
    same_tokens(&back, file, written.left_out);
}

/// The same facts, apart from those left out, and the same keys.
pub(crate) fn same_tokens(back: &SeedFile, file: &SeedFile, left_out: LeftOut) {
    assert_eq!(facts(back, left_out), facts(file, left_out));
    let mut pairs = back.tokens.iter().zip(&file.tokens);
    assert!(pairs.all(|(a, b)| a.seed == b.seed));
}

/// What is said of each token, apart from where it stood, how it was known, what was odd about it, and
/// what the writer says it left out.
fn facts(file: &SeedFile, written: LeftOut) -> Vec<Value> {
    let left_out = |name: &str| match name {
        "user" => written.users > 0,
        "manufacturer" => written.manufacturers > 0,
        "model" => written.models > 0,
        _ => false,
    };
    let mut document = serde_json::to_value(file.inspection()).unwrap();
    let mut tokens = document.get_mut("tokens").map(Value::take).unwrap();
    let tokens = tokens.as_array_mut().unwrap();
    for token in tokens.iter_mut().filter_map(Value::as_object_mut) {
        token.retain(|name, _| {
            !matches!(name.as_str(), "row" | "warnings")
                && !name.ends_with("_source")
                && !left_out(name)
        });
    }
    std::mem::take(tokens)
}
