//! Formats of exported lists.

/// A format of an exported list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListFormat {
    /// An input file of aria2.
    Aria2,
    /// JSON that Lanes reads.
    Json,
}
