//! The idle timeout of a connection: adapts to the gaps between its reads, so that it is longer on
//! a slow link than on a fast one.

use std::time::Duration;

/// Timeout before the first byte: the server may have to prepare the file, and the path may be
/// long.
const INITIAL: Duration = Duration::from_secs(15);
/// Lower limit after the first byte.
const MIN: Duration = Duration::from_secs(5);
/// Upper limit after the first byte.
const MAX: Duration = Duration::from_secs(60);
/// Timeout in units of the longest recent gap.
const GAP_FACTOR: u32 = 4;
/// Each shorter gap reduces the remembered one by this fraction (1/16).
const DECAY: u32 = 16;

/// The idle timeout of one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdleTimeout {
    /// Longest recent gap between two reads.
    gap: Duration,
    timeout: Duration,
}

impl Default for IdleTimeout {
    fn default() -> Self {
        Self::with_initial(INITIAL)
    }
}

impl IdleTimeout {
    /// Creates a timeout of `initial` for the first byte.
    pub fn with_initial(initial: Duration) -> Self {
        Self {
            gap: Duration::ZERO,
            timeout: initial,
        }
    }

    /// Returns the longest time to wait for the next byte.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Records that bytes arrived after `gap`. Returns the new timeout if it differs by more than a
    /// fifth, because a change costs a system call.
    pub fn record_gap(&mut self, gap: Duration) -> Option<Duration> {
        self.gap = gap.max(self.gap - self.gap / DECAY);
        let timeout = (self.gap * GAP_FACTOR).clamp(MIN, MAX);
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
    fn timeout_grows_with_the_gaps_and_shrinks_again() {
        let mut idle = IdleTimeout::default();
        assert_eq!(idle.timeout(), INITIAL);
        let fast = Duration::from_millis(3);
        assert_eq!(idle.record_gap(fast), Some(MIN));
        assert_eq!(idle.record_gap(fast), None);
        let slow = Duration::from_secs(3);
        assert_eq!(idle.record_gap(slow), Some(slow * GAP_FACTOR));
        let shrunk = (0..100).filter_map(|_| idle.record_gap(fast)).last();
        assert!(
            shrunk.is_some_and(|timeout| timeout < MIN * 6 / 5),
            "{shrunk:?}"
        );
        assert_eq!(idle.record_gap(Duration::from_secs(50)), Some(MAX));
    }
}
