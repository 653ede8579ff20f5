//! Failures since the last progress of a download: how long they have lasted, and when the next try is.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::model::outage::Outage;
use crate::sync;

/// Failures that last shorter than this are not shown to the user.
const SHOWN_AFTER: Duration = Duration::from_secs(1);

/// The failures of all connections since the last progress of any.
pub(crate) struct OutageClock(Mutex<State>);

struct State {
    /// Time of the first failure since the last progress.
    since: Option<Instant>,
    /// Failures since then, over all connections.
    failures: u32,
    /// Number of the outage.
    outage: u32,
    /// Bytes of the file that had arrived at that failure.
    done: u64,
    /// By connection: the time of its next try, while it pauses.
    next_try: Vec<Option<Instant>>,
    /// Reason of the latest failure.
    reason: String,
    /// The server had accepted the connection that failed latest.
    is_reached: bool,
}

/// A failure that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Time since the first failure without progress.
    pub age: Duration,
    /// Failures since then, over all connections, with this one.
    pub count: u32,
    /// Number of the outage: progress ends one, and the next failure begins another.
    pub outage: u32,
}

impl OutageClock {
    /// Creates the clock of a download over at most `connections` connections.
    pub fn new(connections: usize) -> Self {
        Self(Mutex::new(State {
            since: None,
            failures: 0,
            outage: 0,
            done: 0,
            next_try: vec![None; connections],
            reason: String::new(),
            is_reached: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.0)
    }

    /// Records a failure at `now`, when `done` bytes of the file had arrived; `is_reached` if the server had
    /// accepted the connection.
    pub fn record(&self, now: Instant, done: u64, reason: &str, is_reached: bool) -> Failure {
        let mut state = self.lock();
        if state.since.is_none() || done > state.done {
            (state.since, state.failures, state.done) = (Some(now), 0, done);
            state.outage += 1;
        }
        reason.clone_into(&mut state.reason);
        state.is_reached = is_reached;
        state.failures += 1;
        Failure {
            age: state
                .since
                .map_or(Duration::ZERO, |since| now.duration_since(since)),
            count: state.failures,
            outage: state.outage,
        }
    }

    /// Returns whether more than the bytes at the first failure are present.
    pub fn is_over(&self, done: u64) -> bool {
        done > self.lock().done
    }

    pub fn set_next_try(&self, index: usize, next: Option<Instant>) {
        if let Some(slot) = self.lock().next_try.get_mut(index) {
            *slot = next;
        }
    }

    /// Returns the outage at `now` for the user, if `done` bytes show no progress since.
    pub fn report(&self, now: Instant, done: u64) -> Option<Outage> {
        let state = self.lock();
        let since = state.since.filter(|_| done <= state.done)?;
        let next_try = state.next_try.iter().flatten().min();
        (now.duration_since(since) >= SHOWN_AFTER).then(|| Outage {
            reason: state.reason.clone(),
            is_reached: state.is_reached,
            next_try: next_try.map(|next| next.saturating_duration_since(now)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn progress_resets_the_age_and_the_count() {
        let (clock, start) = (OutageClock::new(2), Instant::now());
        let record = |secs: u32, done| {
            let failure = clock.record(start + SECOND * secs, done, "refused", false);
            (failure.age.as_secs(), failure.count)
        };
        assert_eq!(record(0, 0), (0, 1));
        assert_eq!(record(5, 0), (5, 2));
        assert_eq!(record(9, 10), (0, 1));
        assert_eq!(record(20, 10), (11, 2));
    }

    #[test]
    fn the_report_names_the_reason_and_the_next_try() {
        let (clock, start) = (OutageClock::new(2), Instant::now());
        assert_eq!(clock.report(start, 0), None);
        clock.record(start, 7, "refused", false);
        assert_eq!(clock.report(start, 7), None, "too short to be shown");
        clock.set_next_try(0, Some(start + SECOND * 30));
        clock.set_next_try(1, Some(start + SECOND * 22));
        let outage = clock.report(start + SECOND * 2, 7).unwrap();
        assert_eq!(
            (outage.reason.as_str(), outage.next_try),
            ("refused", Some(SECOND * 20))
        );
        assert!(outage.to_string().starts_with("Server unreachable, next"));
        assert_eq!(clock.report(start + SECOND * 2, 8), None, "bytes arrive");
        clock.record(start + SECOND * 3, 7, "closed", true);
        let outage = clock.report(start + SECOND * 3, 7).unwrap();
        assert!(outage.to_string().starts_with("Nothing arrives, next"));
    }
}
