//! How far ahead a connection asks: enough that the line never idles, little enough that what is
//! left can still be stolen by a faster connection.

use std::time::{Duration, Instant};

use lanes_shared::packet::DEFAULT_PACKET_LEN;

/// What is asked for before the connection's speed is known, in bytes.
const FIRST_WINDOW: u64 = 4 * DEFAULT_PACKET_LEN as u64;
/// The most that is asked for in advance, in bytes.
const MAX_WINDOW: u64 = 8 * 1024 * 1024;

/// How much is asked for in advance: what the connection brings in four round trips.
pub(super) struct Window {
    /// How many bytes.
    pub len: u64,
    /// How long a full window should last.
    horizon: Duration,
    since: Instant,
    bytes: u64,
    replied: bool,
}

impl Window {
    pub fn new() -> Self {
        Self {
            len: FIRST_WINDOW,
            horizon: Duration::from_secs(1),
            since: Instant::now(),
            bytes: 0,
            replied: false,
        }
    }

    /// The first reply came `after` the connection was begun: two round trips.
    pub fn replied(&mut self, after: Duration) {
        if !self.replied {
            self.replied = true;
            self.horizon = (after * 2).clamp(Duration::from_millis(50), Duration::from_secs(1));
            self.since = Instant::now();
        }
    }

    /// `bytes` came. When a quarter of the window was drained within a round trip, the next window
    /// is twice as long: a connection that is still getting faster must not wait for requests.
    pub fn drained(&mut self, bytes: u64) {
        self.bytes += bytes;
        if self.bytes >= self.len / 4 {
            let took = self.since.elapsed();
            if took < self.horizon / 4 {
                self.len = (self.len * 2).min(MAX_WINDOW);
            } else if took > self.horizon {
                self.len = (self.len / 2).max(FIRST_WINDOW / 4);
            }
            self.bytes = 0;
            self.since = Instant::now();
        }
    }
}
