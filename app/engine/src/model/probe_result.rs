//! Metadata of a file, as a probe finds it.

/// The metadata of a file, as its source reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult {
    /// Length in bytes; `None` if the source does not report it.
    pub len: Option<u64>,
    /// Set if the source accepts range requests, which several connections and resuming need.
    pub accepts_ranges: bool,
    /// Name that the file would be saved under.
    pub name: String,
    /// URL after redirects, if there were any.
    pub final_url: Option<String>,
    /// Set if this is a Metalink file, by its media type or its name.
    pub is_metalink: bool,
}
