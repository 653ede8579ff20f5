//! What a server offers: one entry a file.

use serde::{Deserialize, Serialize};

/// One file of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The name to ask for, folders separated by `/`.
    pub name: String,
    /// Length in bytes.
    pub len: u64,
    /// Modification time in seconds since 1970, negative before; 0 when the file has none.
    pub modified_secs: i64,
}
