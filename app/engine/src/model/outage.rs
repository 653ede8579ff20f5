//! An outage, as the user is told of it.

use std::fmt;
use std::time::Duration;

/// An outage: nothing arrives, no connection is established, and the download retries by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Reason of the latest failure.
    pub reason: String,
    /// The server accepted a connection at the latest try.
    pub is_reached: bool,
    /// Time until the next try; `None` during a try.
    pub next_try: Option<Duration>,
}

impl fmt::Display for Outage {
    /// Writes what the user is told, without the reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.is_reached {
            true => "Nothing arrives",
            false => "Server unreachable",
        })?;
        match self.next_try {
            Some(left) => write!(f, ", next try in {} s", left.as_secs_f64().ceil()),
            None => f.write_str(", trying again"),
        }
    }
}
