//! What is read adds up; nothing panics.

use proptest::prelude::*;
use seedfile::{ReadOptions, read};

proptest! {
    #[test]
    fn any_bytes_add_up(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        adds_up(&bytes);
    }

    #[test]
    fn any_rows_add_up(rows in proptest::collection::vec("[a@1\",;=\n\r\t .-]{0,12}(,[A-Z2-7a@\" \r\n']{0,34}){0,7}", 0..12)) {
        adds_up(format!("upn,serial number,secret key,timeinterval,manufacturer,model\n{}", rows.join("\n")).as_bytes());
    }

    #[test]
    fn any_json_adds_up(items in proptest::collection::vec("\\{(\"(serialNumber|secretKey|model|x)\":(\"[A-Z2-7]{0,32}\"|null|3|\\[\\])(,|\\}))*|null|1", 0..8)) {
        adds_up(format!("[{}]", items.join(",")).as_bytes());
    }

    #[test]
    fn damage_to_a_good_file_adds_up(at in 0..300_usize, byte: u8, cut in 0..300_usize) {
        let mut bytes = include_bytes!("../data/cases/v01-basic-lf.csv").to_vec();
        bytes[at] = byte;
        adds_up(&bytes);
        adds_up(&bytes[cut..]);
        adds_up(&bytes[..cut]);
    }
}

fn adds_up(bytes: &[u8]) {
    if let Ok(file) = read(bytes, &ReadOptions::default()) {
        assert_eq!(file.tokens.len() + file.rejected(), file.records);
        assert!(file.problems.is_sorted_by_key(|problem| problem.row));
        assert!(file.tokens.is_sorted_by(|a, b| a.row < b.row));
        assert!(
            file.tokens
                .iter()
                .all(|token| file.problems.iter().all(|problem| problem.row != token.row))
        );
    }
}
