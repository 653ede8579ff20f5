//! The gaps before which bytes are fetched again and compared with those that are there.
//!
//! Some servers keep the validators and the length of a file that has changed. Only its bytes can tell
//! then: on a resume before each gap, and later before each range that continues bytes of more than a
//! minute ago.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::plan::Plan;
use crate::storage::byte_comparison::{SAMPLE_LEN, overlap_start};
use crate::sync;

/// A download that runs for less is taken for one moment.
const MOMENT: Duration = Duration::from_secs(60);

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

    fn is_due(&self, start: u64, is_old: bool) -> bool {
        let state = self.state();
        !state.equal.contains(&start) && (is_old || state.resumed.contains(&start))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }
}

impl Plan {
    /// Returns the offset from which bytes are requested, if those from `start` on are needed: earlier, if
    /// bytes before `start` are to be compared. With `always`, some are compared in any case.
    pub fn request_start(&self, start: u64, always: bool) -> u64 {
        let Some(file) = self.active().filter(|_| !self.is_stream) else {
            return start;
        };
        if self.overlaps.is_due(start, self.started.elapsed() > MOMENT) {
            return overlap_start(file, start);
        }
        match always {
            // Short, so that a server that ends every response early gets on.
            true => overlap_start(file, start).max(start.saturating_sub(SAMPLE_LEN / 4)),
            false => start,
        }
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
