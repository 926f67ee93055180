//! Bad files at scale: an answer comes soon, and the memory it takes is bounded by the file.
//!
//! The short form is half a megabyte each; with `OATHKIT_CAMPAIGN=full` each file is as long as is read at all.
#![allow(clippy::print_stdout, reason = "its figures are to be read")]

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use seedfile::MAX_BYTES;
use wait4::Wait4;

use crate::support::{HEADER, Home, is_full};

/// Soon, for a program that was not optimised, on a busy machine.
const SOON: Duration = Duration::from_secs(60);

const MIB: usize = 1024 * 1024;

/// A file: how it begins, and what follows again and again.
struct Endless {
    name: &'static str,
    head: &'static str,
    again: &'static [u8],
    /// The code of its refusal; empty where its rows are at fault, or where several will do.
    code: &'static str,
}

const ROW: &str = "upn,serial number,secret key,timeinterval,manufacturer,model\n";

#[rustfmt::skip]
const FILES: &[Endless] = &[
    Endless { name: "one line", head: "", again: b"a", code: "no-header" },
    Endless { name: "one line of base32", head: "", again: b"MFRGGZDF", code: "no-header" },
    Endless { name: "commas", head: "", again: b",", code: "too-many-columns" },
    Endless { name: "commas below a header", head: ROW, again: b",", code: "too-many-columns" },
    Endless { name: "quotes", head: ROW, again: b"\"\"\"", code: "" },
    Endless { name: "an open quote", head: "upn,serial number,secret key,timeinterval\n\"", again: b"a,b\n", code: "unclosed-quote" },
    Endless { name: "line ends", head: ROW, again: b"\n", code: "no-records" },
    Endless { name: "rows of commas", head: ROW, again: b",,,,,\n", code: "no-records" },
    Endless { name: "rows of nothing right", head: ROW, again: b"x,x\n", code: "" },
    Endless { name: "NULs", head: "", again: b"\0", code: "nul-byte" },
    Endless { name: "NULs below a header", head: ROW, again: b"\0", code: "nul-byte" },
    Endless { name: "no UTF-8", head: ROW, again: b"\xff", code: "not-utf8" },
    Endless { name: "arrays in arrays", head: "", again: b"[", code: "json-syntax" },
    Endless { name: "objects in objects", head: "[", again: b"{\"serialNumber\":", code: "json-syntax" },
    Endless { name: "numbers", head: "[", again: b"1,", code: "" },
    Endless { name: "one number", head: "[", again: b"1", code: "json-syntax" },
    Endless { name: "a JSON text", head: "[{\"secretKey\":\"", again: b"MFRGGZDF", code: "json-syntax" },
    Endless { name: "escapes", head: "[{\"secretKey\":\"", again: b"\\u0041", code: "json-syntax" },
    Endless { name: "fields of JSON", head: "[{", again: b"\"secretKey\":\"A\",", code: "json-syntax" },
    Endless { name: "angle brackets", head: "", again: b"<a>", code: "" },
    Endless { name: "byte order marks", head: "\u{feff}", again: b"\xef\xbb\xbf", code: "" },
];

/// How long the files are.
fn length() -> usize {
    if is_full() { MAX_BYTES } else { MIB / 2 }
}

#[test]
fn endless_files_get_their_answer() {
    let home = Home::new();
    assert_eq!(ROW.trim_end(), HEADER.trim_end());
    for endless in FILES {
        let file = write(&home, endless.head.as_bytes(), endless.again);
        let ended = inspect(&home, &file, None, length());
        if endless.code.is_empty() {
            ended.is_answered(endless.name);
        } else {
            ended.is_refused(endless.name, endless.code);
        }
    }
}

/// UTF-16 is decoded first, which takes half as much again.
#[test]
fn an_endless_line_of_utf16_is_refused() {
    let home = Home::new();
    let file = write(&home, b"\xff\xfe", &[0x3d, 0x30]);
    inspect(&home, &file, None, length()).is_refused("UTF-16", "no-header");
}

#[test]
fn a_gigabyte_is_not_read() {
    let home = Home::new();
    let file = home.file("gigabyte", "");
    let made = File::options().write(true).open(&file).unwrap();
    // A hole: it takes no place on the disk.
    made.set_len(1 << 30).unwrap();
    let ended = inspect(&home, &file, None, 0);
    ended.is_refused("a file of 1 GiB", "too-large");
}

#[test]
fn a_gigabyte_through_a_pipe_is_read_up_to_the_limit() {
    let home = Home::new();
    let (bytes, code) = if is_full() {
        (1 << 30, "too-large")
    } else {
        (length(), "no-header")
    };
    inspect(&home, "-", Some(bytes), length()).is_refused("a pipe", code);
}

/// Writes a file bit by bit: what this process takes counts for those that it starts.
fn write(home: &Home, head: &[u8], again: &[u8]) -> String {
    let file = home.file("endless", head);
    let chunk = again.repeat(MIB / 16 / again.len());
    let mut out = File::options().append(true).open(&file).unwrap();
    for _ in 0..(length() - head.len()) / chunk.len() {
        out.write_all(&chunk).unwrap();
    }
    file
}

struct Ended {
    exit: Option<i32>,
    stdout: String,
    took: Duration,
    peak: usize,
    bound: usize,
}

/// Inspects a file, or so many bytes of one line on standard input. `length` bytes may be read.
fn inspect(home: &Home, file: &str, piped: Option<usize>, length: usize) -> Ended {
    let begun = Instant::now();
    let args = ["inspect", file, "--output", "json"];
    let mut command = home.command(&args);
    if piped.is_some() {
        command.stdin(Stdio::piped());
    }
    let said = home.path("said");
    command.stdout(File::create(&said).unwrap());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let feeding = piped.map(|bytes| feed(&mut child, bytes));
    let ended = child.wait4().unwrap();
    feeding.map(thread::JoinHandle::join);
    let mut stdout = String::new();
    let beginning = File::open(said)
        .unwrap()
        .take(1000)
        .read_to_string(&mut stdout);
    beginning.unwrap();
    Ended {
        exit: ended.status.code(),
        stdout,
        took: begun.elapsed(),
        peak: usize::try_from(ended.rusage.maxrss).unwrap(),
        // The bytes, their decoded form or the copy that a growing buffer needs; the program, and what it
        // says of a million rows.
        bound: 3 * length + 128 * MIB,
    }
}

fn feed(child: &mut Child, bytes: usize) -> thread::JoinHandle<()> {
    let mut stdin = child.stdin.take().unwrap();
    thread::spawn(move || {
        let line = vec![b'a'; MIB];
        // The program stops reading at its limit.
        for _ in 0..bytes.div_ceil(MIB) {
            if stdin.write_all(&line).is_err() {
                return;
            }
        }
    })
}

impl Ended {
    #[track_caller]
    fn is_answered(&self, name: &str) {
        let (peak, seconds) = (self.peak / MIB, self.took.as_secs_f32());
        println!("{name:<24}{seconds:>7.2} s{peak:>6} MiB");
        assert!(matches!(self.exit, Some(2 | 3)), "{name}: {}", self.stdout);
        assert!(self.peak < self.bound, "{name} took {peak} MiB");
        assert!(self.took < SOON, "{name} took {seconds} s");
    }

    #[track_caller]
    fn is_refused(&self, name: &str, code: &str) {
        self.is_answered(name);
        assert_eq!(self.exit, Some(2), "{name}: {}", self.stdout);
        let refused = format!("\"refused\":{{\"code\":\"{code}");
        assert!(self.stdout.contains(&refused), "{name}: {}", self.stdout);
    }
}
