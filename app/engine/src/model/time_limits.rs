//! Time limits of connections.

use std::time::Duration;

/// Time limit for a connect that the user does not set. It covers four lost packets.
const CONNECT: Duration = Duration::from_secs(20);
/// Longest silence in a response that the user does not set.
const SILENCE: Duration = Duration::from_secs(60);
/// Longest time before the first byte of a server, if the user does not set the longest silence. A
/// server that packs a file, or reads it from tape, takes minutes; keep-alive probes of TCP show
/// meanwhile that the connection lives.
const FIRST_BYTE: Duration = Duration::from_secs(600);

/// Time limits of the connections to one server.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use lanes_engine::TimeLimits;
///
/// let limits = TimeLimits { silence: Some(Duration::from_secs(5)), ..TimeLimits::default() };
/// assert!(limits.connect >= Duration::from_secs(10));
/// # let _ = limits;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    /// Longest time until an address accepts the connection.
    pub connect: Duration,
    /// Longest time without a byte. `None` for 60 s, and for 10 min before the first byte of a server, as
    /// long as the connection lives.
    pub silence: Option<Duration>,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: CONNECT,
            silence: None,
        }
    }
}

/// Limit of a connect if there are other ways: two more attempts of the system, after 1 and 3 s.
const OTHER_WAY: Duration = Duration::from_secs(4);

impl TimeLimits {
    /// Returns the limits of one of several ways, if `has_others`: another one may reach the server, so a connect
    /// is given up soon.
    pub(crate) fn among_ways(mut self, has_others: bool) -> Self {
        if has_others {
            self.connect = self.connect.min(OTHER_WAY);
        }
        self
    }

    /// Returns the longest time from a request to the first byte of its response.
    pub(crate) fn first_byte(self) -> Duration {
        self.silence.unwrap_or(FIRST_BYTE)
    }

    /// Returns the longest time without a byte within a response.
    pub(crate) fn within_response(self) -> Duration {
        self.silence.unwrap_or(SILENCE)
    }
}
