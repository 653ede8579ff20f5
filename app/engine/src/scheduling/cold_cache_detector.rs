//! Detects a cold cache that fetches whole files, by the first request for a range far from the beginning.
//!
//! Such a cache answers that request only once it has every byte before the range. Each
//! further range may cost the server behind it the whole file once more, and brings nothing: the first
//! connection arrives there at the same time. So near the server, where waiting costs no time, one
//! connection asks for a far range first, and the others wait for its first byte.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::sync;

/// First bytes that come earlier say nothing.
const MIN_DELAY: Duration = Duration::from_millis(100);
/// A first byte is late if it takes more than this many times the first response, connecting included.
const LATENCY_FACTOR: u32 = 4;
/// A late first byte is in step with its distance if the first connection has come this far meanwhile,
/// as a share of the distance.
const IN_STEP: f64 = 0.6;
/// A far range that is this late is no longer waited for.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// State of the observation.
#[derive(Debug, Default)]
pub(crate) struct ColdCacheDetector(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    /// Connection that reads from the first byte on, and the time of its first response.
    first: (usize, Duration),
    /// Set if the other connections wait for the answer.
    holds: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// Nothing is observed.
    #[default]
    Off,
    /// No far range was requested yet.
    Open,
    /// One connection has requested a range at this offset.
    Asked {
        index: usize,
        at: Instant,
        offset: u64,
    },
    /// The first byte came at once.
    Passed,
    /// The first byte came in step with its distance.
    InStep,
}

impl ColdCacheDetector {
    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.0)
    }

    /// Begins to observe: connection `first`, whose response took `latency`, reads from the first byte
    /// on. The others wait if it `holds` them.
    pub fn begin(&self, first: usize, latency: Duration, holds: bool) {
        let mut state = self.lock();
        if state.phase == Phase::Off {
            *state = State {
                phase: Phase::Open,
                first: (first, latency),
                holds,
            };
        }
    }

    /// Returns the connection that reads from the first byte on.
    pub fn first(&self) -> usize {
        self.lock().first.0
    }

    /// Returns whether connection `index` may request a range now.
    pub fn may_request(&self, index: usize) -> bool {
        let state = self.lock();
        match state.phase {
            Phase::Asked { index: asker, .. } => {
                !state.holds || index == asker || index == state.first.0
            }
            Phase::Off | Phase::Open | Phase::Passed | Phase::InStep => true,
        }
    }

    /// Returns whether a far range was requested and has no answer yet. A download over one connection
    /// never requests one.
    pub fn is_pending(&self) -> bool {
        matches!(self.lock().phase, Phase::Asked { .. })
    }

    /// Returns whether a first byte came in step with its distance.
    pub fn is_in_step(&self) -> bool {
        self.lock().phase == Phase::InStep
    }

    /// Records that connection `index` requests a range at `offset` now. Returns `false` if it must wait
    /// for the answer to another one.
    pub fn ask(&self, index: usize, now: Instant, offset: u64) -> bool {
        let mut state = self.lock();
        if index == state.first.0 {
            return true;
        }
        match state.phase {
            Phase::Open => {
                state.phase = Phase::Asked {
                    index,
                    at: now,
                    offset,
                };
                true
            }
            Phase::Asked { index: asker, .. } => !state.holds || index == asker,
            Phase::Off | Phase::Passed | Phase::InStep => true,
        }
    }

    /// Records that the response to connection `index` has begun, or that its request has failed; the
    /// first connection has come to `reached`. Returns whether that decides.
    pub fn answered(&self, index: usize, now: Instant, reached: u64) -> bool {
        let mut state = self.lock();
        let Phase::Asked {
            index: asker,
            at,
            offset,
        } = state.phase
        else {
            return false;
        };
        if index != asker {
            return false;
        }
        let late = MIN_DELAY.max(state.first.1 * LATENCY_FACTOR);
        let is_in_step =
            now.duration_since(at) >= late && reached as f64 >= offset as f64 * IN_STEP;
        state.phase = match is_in_step {
            true => Phase::InStep,
            false => Phase::Passed,
        };
        true
    }

    /// Looks at a request without an answer; the first connection has come to `reached`. Returns whether
    /// that decides.
    pub fn tick(&self, now: Instant, reached: impl FnOnce(usize) -> u64) -> bool {
        let mut state = self.lock();
        let Phase::Asked { at, offset, .. } = state.phase else {
            return false;
        };
        let waited = now.duration_since(at);
        let late = MIN_DELAY.max(state.first.1 * LATENCY_FACTOR);
        if waited >= late && reached(state.first.0) >= offset {
            state.phase = Phase::InStep;
        } else if waited >= MAX_WAIT {
            state.phase = Phase::Passed;
        } else {
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn asked(latency_ms: u32) -> (ColdCacheDetector, Instant) {
        let (far, now) = (ColdCacheDetector::default(), Instant::now());
        far.begin(0, MILLI * latency_ms, true);
        assert!(far.ask(1, now, 10_000_000) && !far.ask(2, now, 20_000_000));
        assert!(far.may_request(0) && far.may_request(1) && !far.may_request(2));
        (far, now)
    }

    #[test]
    fn a_first_byte_in_step_with_its_distance_shows_a_cache() {
        for (latency, millis, reached, in_step) in [
            (2, 1, 50_000, false),
            (2, 500, 9_900_000, true),
            // Late, but the first connection is far away: the server is slow.
            (2, 500, 1_000_000, false),
            // Each response takes that long.
            (300, 320, 9_000_000, false),
        ] {
            let (far, now) = asked(latency);
            assert!(far.answered(1, now + MILLI * millis, reached));
            assert_eq!(far.is_in_step(), in_step, "{latency} {millis} {reached}");
            assert!(far.may_request(2) && !far.is_pending());
        }
    }

    #[test]
    fn a_download_over_one_connection_awaits_no_answer() {
        let far = ColdCacheDetector::default();
        far.begin(0, MILLI, true);
        assert!(far.ask(0, Instant::now(), 0));
        assert!(
            !far.is_pending(),
            "its connections could never be increased"
        );
    }

    #[test]
    fn the_first_connection_that_comes_by_decides_too() {
        let (far, now) = asked(2);
        assert!(!far.tick(now + MILLI * 500, |_| 9_000_000));
        assert!(far.tick(now + MILLI * 600, |_| 10_000_000) && far.is_in_step());
        let (far, now) = asked(2);
        assert!(far.tick(now + MAX_WAIT, |_| 1) && !far.is_in_step());
    }
}
