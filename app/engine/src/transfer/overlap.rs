//! Chooses where a resumed range overlaps bytes on disk: they are fetched again and compared before each gap.
//!
//! Some servers keep the validators and the length of a file that has changed. Only its bytes can tell
//! then: on a resume before each gap, and later before each range that continues bytes of more than a
//! minute ago.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::sync;

/// A download that runs for less is taken for one moment.
pub(super) const MOMENT: Duration = Duration::from_secs(60);

/// The offsets at which the bytes before are to be compared, or were.
#[derive(Debug, Default)]
pub(crate) struct Overlaps {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Starts of the gaps of a resumed file.
    resumed: HashSet<u64>,
    /// Starts at which the bytes before were equal. They are not compared again, so that a server that
    /// ends every response early does not send the same bytes always.
    equal: HashSet<u64>,
}

impl Overlaps {
    /// Records the gaps of a resumed file.
    pub fn set_resumed(&self, gaps: &[Range<u64>]) {
        self.state().resumed = gaps.iter().map(|gap| gap.start).collect();
    }

    /// Records that the bytes before `start` were equal.
    pub fn set_equal(&self, start: u64) {
        self.state().equal.insert(start);
    }

    /// Returns whether the bytes before `start` are to be compared; `is_old` if they may have arrived long
    /// ago.
    pub(super) fn is_due(&self, start: u64, is_old: bool) -> bool {
        let state = self.state();
        !state.equal.contains(&start) && (is_old || state.resumed.contains(&start))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_once_before_each_gap() {
        let overlaps = Overlaps::default();
        overlaps.set_resumed(&[100..200, 300..400]);
        assert!(overlaps.is_due(100, false) && !overlaps.is_due(200, false));
        assert!(overlaps.is_due(200, true), "old bytes");
        overlaps.set_equal(100);
        assert!(!overlaps.is_due(100, false) && !overlaps.is_due(100, true));
        assert!(overlaps.is_due(300, false));
    }
}
