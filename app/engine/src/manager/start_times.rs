//! The times at which downloads start by themselves.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::model::command::DownloadId;

/// Longest wait between two looks at the clock, which may be set, or stand still while the machine sleeps.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// The times at which downloads start, the earliest first. A time that its download no longer has is ignored.
#[derive(Default)]
pub(super) struct StartTimes(BTreeSet<(SystemTime, DownloadId)>);

impl StartTimes {
    /// Adds a time. Returns whether it is in the future.
    pub(super) fn insert(&mut self, id: DownloadId, at: Option<SystemTime>) -> bool {
        let Some(at) = at else {
            return false;
        };
        self.0.insert((at, id));
        at > SystemTime::now()
    }

    /// Returns the time until the clock is to be looked at.
    pub(super) fn until_check(&self) -> Duration {
        let Some((at, _)) = self.0.first() else {
            return Duration::MAX;
        };
        let left = at.duration_since(SystemTime::now());
        left.unwrap_or_default().min(CHECK_INTERVAL)
    }

    /// Returns a download whose time has come, and the time.
    pub(super) fn pop_due(&mut self) -> Option<(SystemTime, DownloadId)> {
        let is_due = self.0.first()?.0 <= SystemTime::now();
        is_due.then(|| self.0.pop_first()).flatten()
    }
}
