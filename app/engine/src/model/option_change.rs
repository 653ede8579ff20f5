//! Options of a download that can be changed while it runs.

use super::priority::Priority;

/// The number of connections of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionChoice {
    /// Number of connections, 1 to [`crate::MAX_CONNECTIONS`]; the limit, if `auto` is set.
    pub count: u16,
    /// Set to choose the number while the download runs.
    pub auto: bool,
}

/// A change of one option, which takes effect at once and is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionChange {
    /// Rate limit of the download in bytes per second; `None` for no limit of its own.
    RateLimit(Option<u64>),
    /// Number of connections. Ignored by downloads in modes with one connection, and while the server gives
    /// the file only as a whole.
    Connections(ConnectionChoice),
    /// Priority in the queue and of the shared rate limit.
    Priority(Priority),
}
