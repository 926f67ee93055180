//! Plans as they lie in the file: JSON, compressed, for a plan of 100,000 rows has 35 MB.

use std::io::{BufReader, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use provisioner::{LedgerError, Plan};

use crate::error::other_version;

pub(crate) fn pack(plan: &Plan) -> Result<Vec<u8>, LedgerError> {
    let unwritable = |error: std::io::Error| LedgerError::new(error.to_string());
    let mut packed = std::io::BufWriter::new(GzEncoder::new(Vec::new(), Compression::fast()));
    serde_json::to_writer(&mut packed, plan).map_err(|error| unwritable(error.into()))?;
    packed.flush().map_err(unwritable)?;
    let packed = packed
        .into_inner()
        .map_err(|error| unwritable(error.into_error()))?;
    packed.finish().map_err(unwritable)
}

pub(crate) fn unpack(packed: &[u8]) -> Result<Plan, LedgerError> {
    let json = BufReader::new(GzDecoder::new(packed));
    serde_json::from_reader(json).map_err(|error| other_version(&error))
}
