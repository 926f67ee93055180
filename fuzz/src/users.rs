//! Lists of users, and who gets which token.

use std::collections::{BTreeMap, BTreeSet};

use seedfile::{
    Pairing, Problem, ProblemKind, ReadOptions, SeedFile, Strategy, UserList, pair, read,
};

use crate::hidden;

const FILE: &str = "upn,serial number,secret key,timeinterval,manufacturer,model
ann@example.com,S1,GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,30,Token2,C202
,S2,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
,S2,DU3B7WMCBELKKFNDUCCEMWIW5VKSJA52,30,Token2,C202
bob@example.com,S4,short,30,Token2,C202
,S5,DGS7ECSAGFSLU2BAXDLQKAWXRF3RUO4L,30,Token2,C202
";

/// A list of users for a small file, and for the tokens of the same bytes read as a file.
pub fn users(data: &[u8]) {
    let files = [FILE.as_bytes(), data];
    let files = files.map(|bytes| read(bytes, &ReadOptions::default()));
    for strategy in Strategy::ALL {
        match UserList::read(data, strategy) {
            Ok(list) => {
                for file in files.iter().flatten() {
                    followed(file, &list);
                }
            }
            Err(refusal) => hidden::refusal_shows_no_secret(data, &refusal),
        }
    }
}

/// Every line is told of, and nobody gets what another has.
fn followed(file: &SeedFile, list: &UserList) {
    let pairing = pair(file, list);
    let told = pairing.pairs.len()
        + pairing.unchanged.len()
        + pairing.users_left.len()
        + pairing.problems.len();
    assert_eq!(told, list.entries().len());
    let serials: BTreeSet<_> = pairing.pairs.iter().map(|pair| &pair.serial).collect();
    assert_eq!(serials.len(), pairing.pairs.len());
    given_were_free(file, &pairing);
    if list.strategy() == Strategy::Order {
        places_are_kept(file, list, &pairing);
    }
}

fn given_were_free(file: &SeedFile, pairing: &Pairing) {
    let free = file.tokens.iter().filter(|token| token.user.is_none());
    let free: BTreeSet<_> = free.map(|token| &token.serial).collect();
    let given = pairing.pairs.iter().map(|pair| &pair.serial);
    let all: Vec<_> = given.chain(&pairing.tokens_left).collect();
    assert_eq!(all.len(), free.len());
    assert!(all.iter().all(|serial| free.contains(*serial)));
}

/// No line gets a row that comes before its own place, counted in rows of any kind.
fn places_are_kept(file: &SeedFile, list: &UserList, pairing: &Pairing) {
    let mut place = 0;
    for entry in list.entries() {
        let given = pairing.pairs.iter().find(|pair| pair.line == entry.line);
        if let Some(pair) = given {
            assert_eq!(rows_before(file, pair.row), place);
        }
        place += entry.count();
    }
}

/// How many rows stand before this one: tokens, rejected, repeated and blank ones, and the lines that
/// one row swallowed.
fn rows_before(file: &SeedFile, row: usize) -> usize {
    let tokens = file.tokens.iter().map(|token| (token.row, 1));
    let rejected = file.problems.iter().map(|problem| (problem.row, 1));
    let skipped = file.skipped.iter().copied();
    let mut rows: BTreeMap<usize, usize> = tokens.chain(rejected).chain(skipped).collect();
    let swallowed = |problem: &&Problem| problem.kind == ProblemKind::SwallowedRows;
    for Problem { row, .. } in file.problems.iter().filter(swallowed) {
        let next = rows.range(row + 1..).next();
        let lines = next.map_or(usize::MAX, |(next, _)| next - row);
        rows.insert(*row, lines);
    }
    rows.range(..row).map(|(_, count)| count).sum()
}
