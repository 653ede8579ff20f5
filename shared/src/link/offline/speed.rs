//! How fast a connection is, as far as the client can tell.

use super::super::{Ns, SECOND, secs};

/// Bytes a second over the last second or so.
pub(super) struct Speed {
    bytes_per_sec: f64,
    /// What was counted since it was last looked at.
    looked: Ns,
    counted: u64,
}

impl Speed {
    /// Of a connection that is begun now.
    pub(super) fn from(now: Ns) -> Self {
        Self {
            bytes_per_sec: 0.0,
            looked: now,
            counted: 0,
        }
    }

    /// In bytes a second. It falls while nothing comes.
    pub(super) fn at(&self, now: Ns) -> f64 {
        // Connections that begin a moment later are looked at, too.
        let span = now.saturating_sub(self.looked);
        if span < SECOND / 4 {
            return self.bytes_per_sec;
        }
        let recent = self.counted as f64 / secs(span);
        let weight = match self.bytes_per_sec {
            0.0 => 1.0,
            _ => secs(span).min(1.0),
        };
        self.bytes_per_sec + (recent - self.bytes_per_sec) * weight
    }

    /// `bytes` came.
    pub(super) fn came(&mut self, now: Ns, bytes: u64) {
        self.counted += bytes;
        if now - self.looked >= SECOND / 4 {
            self.bytes_per_sec = self.at(now);
            (self.counted, self.looked) = (0, now);
        }
    }
}
