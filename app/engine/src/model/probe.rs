//! The result of a probe.

/// What a source says of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Length in bytes; `None` when the source does not say it.
    pub len: Option<u64>,
    /// Whether parts can be asked for: only then are there several connections, and only then does a
    /// download go on where it was paused.
    pub gives_parts: bool,
    /// The name that the file will have.
    pub name: String,
    /// Where redirects led from the link, if they led anywhere.
    pub final_url: Option<String>,
    /// Whether it is a Metalink file, by its type or by the end of its name.
    pub is_metalink: bool,
}
