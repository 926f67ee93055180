//! The least that a program can do with a seed file: split it with the `csv` crate and decode every secret key.
//!
//! `cargo xtask bench inspect` measures `oathctl inspect` against it. It checks nothing and keeps nothing.
#![expect(clippy::print_stdout, reason = "its one line of output")]

use std::error::Error;

use csv::{ByteRecord, ReaderBuilder};
use data_encoding::BASE32_NOPAD;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).ok_or("usage: csv_peer FILE")?;
    let mut reader = ReaderBuilder::new().from_path(file)?;
    let header = reader.byte_headers()?;
    let secret = header.iter().position(|name| name == b"secret key");
    let secret = secret.ok_or("no column of secret keys")?;

    let mut record = ByteRecord::new();
    let mut key = [0; 80];
    let (mut rows, mut bytes) = (0_usize, 0_usize);
    while reader.read_byte_record(&mut record)? {
        let text = record.get(secret).ok_or("a row without a secret key")?;
        let length = BASE32_NOPAD.decode_len(text.len())?;
        let key = key.get_mut(..length).ok_or("a key too long")?;
        BASE32_NOPAD
            .decode_mut(text, key)
            .map_err(|partial| partial.error)?;
        rows += 1;
        bytes += length;
    }
    println!("{rows} rows, {bytes} bytes of keys");
    Ok(())
}
