//! Repeats one operation for a tool that counts instructions, see `cargo xtask counts`.
//!
//! Without arguments it lists the operations and how often to repeat each; `count_files NAME N`
//! repeats one of them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring program stops at anything unexpected"
)]

use std::fmt::Write;
use std::hint::black_box;

use seedfile::oath_core::{Code, Window};
use seedfile::secrecy::ExposeSecret;
use seedfile::{ReadOptions, Seed, Shown, find, read};

type Operation = (&'static str, u32, fn(u32));

const OPERATIONS: &[Operation] = &[
    ("base32-32-characters", 1000, base32),
    ("csv-1000-rows", 4, csv),
    ("find-in-1000-tokens", 2, find_code),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, count)) = args.first().zip(args.get(1)) else {
        for (name, count, _) in OPERATIONS {
            println!("{name}\t{count}");
        }
        return;
    };
    let (.., repeat) = OPERATIONS.iter().find(|(of, ..)| of == name).unwrap();
    repeat(count.parse().unwrap());
}

fn base32(count: u32) {
    for _ in 0..count {
        let text = black_box("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        black_box(Seed::from_base32(text).unwrap());
    }
}

fn csv(count: u32) {
    let file = file();
    for _ in 0..count {
        let read = read(black_box(file.as_bytes()), &ReadOptions::default());
        assert_eq!(read.unwrap().tokens.len(), 1000);
    }
}

/// One code, looked for in a minute each way.
fn find_code(count: u32) {
    let file = read(file().as_bytes(), &ReadOptions::default()).unwrap();
    let code = Code::parse("000000").unwrap();
    for _ in 0..count {
        let (code, before, unix) = (&code, None, 1_234_567_890);
        let shown = black_box(Shown { code, before, unix });
        let found = find(&file.tokens, shown, |period| Window::lasting(60, period));
        assert_eq!(found.searched, 1000);
    }
}

fn file() -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\r\n");
    for row in 0..1000_u64 {
        let mut key = vec![7; 20];
        key.splice(..8, row.to_be_bytes());
        let seed = Seed::new(key).to_base32();
        let secret = seed.expose_secret();
        write!(
            text,
            "user{row}@example.com,24525{row:08},{secret},30,Token2,C202\r\n"
        )
        .unwrap();
    }
    text
}
