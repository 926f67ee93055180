//! Reading 100,000 rows, beside the plain csv crate walking the same bytes.
#![allow(
    missing_docs,
    reason = "the macros of criterion make undocumented items"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a bench on its own data stops where it is wrong"
)]

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seedfile::{ReadOptions, Seed, read, secrecy::ExposeSecret};

const ROWS: usize = 100_000;

fn file() -> String {
    let mut text = String::from("upn,serial number,secret key,timeinterval,manufacturer,model\r\n");
    for row in 0..ROWS {
        let mut key = [7; 20];
        key[..8].copy_from_slice(&row.to_be_bytes());
        let seed = Seed::new(key.to_vec()).to_base32();
        let secret = seed.expose_secret();
        write!(
            text,
            "user{row}@example.com,24525{row:08},{secret},30,Token2,C202\r\n"
        )
        .unwrap();
    }
    text
}

fn walk_with_csv_crate(text: &str) -> usize {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut record = csv::ByteRecord::new();
    let mut bytes = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        bytes += record.iter().map(<[u8]>::len).sum::<usize>();
    }
    bytes
}

fn bench(criterion: &mut Criterion) {
    let text = file();
    let options = ReadOptions::default();
    assert_eq!(read(text.as_bytes(), &options).unwrap().tokens.len(), ROWS);

    let mut group = criterion.benchmark_group("100,000 rows");
    group
        .throughput(Throughput::Bytes(text.len() as u64))
        .sample_size(20);
    group.bench_function("seedfile::read", |bencher| {
        bencher.iter(|| read(black_box(text.as_bytes()), &options).unwrap());
    });
    group.bench_function("csv::ByteRecord loop", |bencher| {
        bencher.iter(|| walk_with_csv_crate(black_box(&text)));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
