//! Ranks the choices for a new connection, which are the mirrors or the ways of a download, by the rate that
//! they promise (the d'Hondt method).

/// Expected rate of an untried choice: above any measured rate, also after division.
const UNTRIED_RATE: f64 = f64::MAX / 128.0;

/// One choice: a mirror, or a way.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    /// Connections that use it now.
    pub connections: u32,
    /// Rate in bytes a second; `None` before any was measured.
    pub rate: Option<f64>,
    /// Connections in a row that transferred nothing.
    pub failures: u32,
}

impl Choice {
    /// Returns the rate that one more connection would have, for comparison.
    pub fn promised_rate(&self) -> f64 {
        self.rate.unwrap_or(UNTRIED_RATE) / f64::from(self.connections + 1)
    }

    /// Records the end of a connection, its mean rate, and whether it succeeded. Returns whether it brought
    /// something.
    pub fn release(&mut self, bytes_per_sec: f64, succeeded: bool) -> bool {
        self.connections = self.connections.saturating_sub(1);
        if succeeded || bytes_per_sec > 0.0 {
            self.failures = 0;
            return true;
        }
        self.failures += 1;
        // One that never responds must not rank above one with a measured rate.
        self.rate = Some(self.rate.unwrap_or(0.0) / 2.0);
        false
    }
}
