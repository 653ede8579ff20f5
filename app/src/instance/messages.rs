//! Messages between two programs of one user: lines of text.
//!
//! 1. Client: a nonce in hexadecimal.
//! 2. Window: the keyed hash of the nonce.
//! 3. Client: JSON with the keyed hash of the window's answer, and the links and downloads.
//! 4. Window: `ok`.

use std::io::{self, BufRead, Read as _};

use serde::{Deserialize, Serialize};

use crate::handed_download::HandedDownload;

/// Length of the key in bytes.
pub(super) const KEY_LEN: usize = 32;
/// Longest line in bytes: 10,000 long links.
const MAX_LINE: u64 = 8 << 20;
/// Answer to links that were taken.
pub(super) const TAKEN: &str = "ok";

/// Links and downloads for the window; nothing only shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handed {
    /// Links and paths of Metalink files, as given on the command line.
    #[serde(default)]
    pub links: Vec<String>,
    /// Downloads of a browser.
    #[serde(default)]
    pub downloads: Vec<HandedDownload>,
}

/// The message that hands them over.
#[derive(Serialize, Deserialize)]
pub(super) struct Handover {
    /// Proof of the key.
    pub proof: String,
    /// Links and downloads.
    #[serde(flatten)]
    pub handed: Handed,
}

/// Returns the proof that the sender has the key, for what the other side has sent.
pub(super) fn proof(key: &[u8; KEY_LEN], received: &str) -> String {
    blake3::keyed_hash(key, received.as_bytes())
        .to_hex()
        .to_string()
}

/// Returns whether `given` is the proof for what was sent. Takes the same time for every wrong one.
pub(super) fn is_proof(key: &[u8; KEY_LEN], sent: &str, given: &str) -> bool {
    // Comparing hashes takes constant time.
    blake3::Hash::from_hex(given)
        .is_ok_and(|given| given == blake3::keyed_hash(key, sent.as_bytes()))
}

/// Reads a line without its end.
///
/// # Errors
/// Those of the connection; it ended within the line, or the line is too long or no text.
pub(super) fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(MAX_LINE).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
