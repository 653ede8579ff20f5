//! Pauses between retries: they grow, and are random, so that many clients of a server that comes back do
//! not all return at once.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

/// Pause before the first retry; each further one doubles it.
const FIRST: Duration = Duration::from_millis(200);
/// Pause before the first retry at a busy server that sends no `Retry-After`.
const FIRST_BUSY: Duration = Duration::from_secs(1);
/// Longest pause.
const MAX: Duration = Duration::from_secs(30);
/// During an outage a pause takes at most one n-th of the time that it has lasted so far, so that its end
/// is noticed soon, but at least [`OUTAGE_PAUSE`] is allowed.
const OUTAGE_FRACTION: u32 = 4;
const OUTAGE_PAUSE: Duration = Duration::from_secs(2);

/// Returns the pause after `failures` failures in a row of one connection, at least 1. `outage` is the
/// time since the first failure of any connection without progress; zero if others make progress.
pub(super) fn after_failure(failures: u32, outage: Duration) -> Duration {
    let pause = doubled(FIRST, failures);
    let most = match outage.is_zero() {
        true => MAX,
        false => MAX.min((outage / OUTAGE_FRACTION).max(OUTAGE_PAUSE)),
    };
    jittered(pause.min(most))
}

/// Returns the pause after `refusals` refusals in a row by a busy server, at least 1.
pub(super) fn after_refusal(refusals: u32) -> Duration {
    jittered(doubled(FIRST_BUSY, refusals).min(MAX))
}

/// Returns `pause`, or less if only `left` is left for retries: the last try is at their end.
pub(super) fn within(pause: Duration, left: Option<Duration>) -> Duration {
    pause.min(left.map_or(MAX, |left| left.max(FIRST)))
}

fn doubled(first: Duration, count: u32) -> Duration {
    first * 2u32.pow(count.saturating_sub(1).min(10))
}

/// Returns 0.75 to 1.25 times `pause`.
fn jittered(pause: Duration) -> Duration {
    // Each RandomState is keyed from the system's random numbers.
    let random = RandomState::new().hash_one(Instant::now()) % 512;
    pause * (768 + random as u32) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let near = |pause: Duration, expected: Duration| {
            (expected * 3 / 4..=expected * 5 / 4).contains(&pause)
        };
        assert!(near(after_failure(1, Duration::ZERO), FIRST));
        assert!(near(after_failure(3, Duration::ZERO), FIRST * 4));
        assert!(near(after_failure(u32::MAX, Duration::ZERO), MAX));
        assert!(near(after_refusal(1), FIRST_BUSY) && near(after_refusal(99), MAX));
    }

    #[test]
    fn the_end_of_an_outage_is_noticed_soon() {
        for secs in [1, 8, 12, 60, 600] {
            let pause = after_failure(20, SECOND * secs);
            assert!(pause <= SECOND * 38 && pause <= (SECOND * secs / 3).max(SECOND * 3));
        }
    }
}
