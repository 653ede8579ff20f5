//! Catalogue of a server: one entry per file.

use serde::{Deserialize, Serialize};

/// Most files of a folder in a catalogue. A longer list is cut without a sign on the wire, so a client that
/// gets as many says that there may be more.
pub const MAX_FILES: usize = 10_000;

/// A file offered by a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Name to request; folders are separated by `/`.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
    /// Modification time in seconds since 1970, negative before that; 0 when unknown.
    pub modified_secs: i64,
}
