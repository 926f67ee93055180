//! Each body has its fuzz target, and a target is nothing but a call of its body.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use oathkit_fuzz::BODIES;

#[test]
fn each_body_is_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let files: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let named = BODIES.iter().map(|(name, _)| format!("{name}.rs"));
    assert_eq!(files, named.collect());

    let manifest = include_str!("../../Cargo.toml");
    for (name, _) in BODIES {
        let text = fs::read_to_string(folder.join(format!("{name}.rs"))).unwrap();
        let call =
            format!("libfuzzer_sys::fuzz_target!(|data: &[u8]| oathkit_fuzz::{name}(data));");
        assert!(text.ends_with(&format!("{call}\n")), "{name}");
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}
