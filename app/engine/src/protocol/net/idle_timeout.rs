//! How long a connection may bring no byte: longer on a slow link than on a fast one.

use std::time::Duration;

/// Before the first byte: the server may have to make room, and the way may be long.
const FIRST: Duration = Duration::from_secs(15);
/// Afterwards, where bytes come steadily.
const LEAST: Duration = Duration::from_secs(5);
/// Never longer than this.
const MOST: Duration = Duration::from_secs(60);
/// A connection may be silent for so many of its usual gaps.
const GAPS: u32 = 4;
/// Each gap that is shorter brings the usual one down by this share.
const FORGET: u32 = 16;

/// What a connection has shown of its gaps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdleTimeout {
    /// The longest gap of late.
    gap: Duration,
    timeout: Duration,
}

impl Default for IdleTimeout {
    fn default() -> Self {
        Self::beginning_with(FIRST)
    }
}

impl IdleTimeout {
    /// A connection whose first byte may take so long.
    pub fn beginning_with(first: Duration) -> Self {
        Self {
            gap: Duration::ZERO,
            timeout: first,
        }
    }

    /// How long to wait for the next byte.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Bytes came after so long. Returns the timeout from now on when it is worth a change.
    pub fn waited(&mut self, gap: Duration) -> Option<Duration> {
        self.gap = gap.max(self.gap - self.gap / FORGET);
        let timeout = (self.gap * GAPS).clamp(LEAST, MOST);
        let differs = timeout.abs_diff(self.timeout) > self.timeout / 5;
        if !differs {
            return None;
        }
        self.timeout = timeout;
        Some(timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_grows_with_the_gaps_and_shrinks_again() {
        let mut patience = IdleTimeout::default();
        assert_eq!(patience.timeout(), FIRST);
        let fast = Duration::from_millis(3);
        assert_eq!(patience.waited(fast), Some(LEAST));
        assert_eq!(patience.waited(fast), None);
        let slow = Duration::from_secs(3);
        assert_eq!(patience.waited(slow), Some(slow * GAPS));
        let down = (0..100).filter_map(|_| patience.waited(fast)).last();
        assert!(
            down.is_some_and(|timeout| timeout < LEAST * 6 / 5),
            "{down:?}"
        );
        assert_eq!(patience.waited(Duration::from_secs(50)), Some(MOST));
    }
}
