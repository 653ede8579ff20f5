//! Endgame: near the end of a download an idle connection fetches a span that another connection
//! has already requested, and the first copy counts (a *duplicate fetch*).
//!
//! The caller owns the clock and measures the speeds, so the engine and the simulation decide
//! alike.

use std::ops::Range;
use std::time::Duration;

/// Longest span of one duplicate fetch, in bytes (1 MiB).
pub const MAX_SPAN: u64 = 1 << 20;
/// Minimum time that the owner must still need before a duplicate fetch starts over the Lanes
/// protocol. TCP itself retransmits a lost packet in less.
pub const MIN_TIME_LEFT: Duration = Duration::from_secs(1);
/// Time constant of the exponential average of a connection's speed, in seconds: long enough to be
/// readable, short enough to show a change within a second.
pub const SMOOTHING_SECS: f64 = 0.7;

/// Returns the start of `missing` that one duplicate fetch covers: whole granules counted from its
/// start, at least one.
pub fn span(missing: Range<u64>, granule: u64) -> Range<u64> {
    let granule = granule.max(1);
    let max = (MAX_SPAN / granule).max(1) * granule;
    missing.start..missing.end.min(missing.start + max)
}

/// Returns whether a duplicate fetch pays off when the owner needs `owner_secs` for everything it
/// has requested and the helper `helper_secs` for its span.
///
/// ```
/// use lanes_shared::endgame::{MIN_TIME_LEFT, is_worthwhile, mean_speed, span};
///
/// // The owner has 300 kB left at 50 kB/s; two other connections receive 1 MB/s each.
/// let helper_speed = mean_speed([5e4, 1e6, 1e6].into_iter());
/// let bytes = span(0..300_000, 65_536);
/// let helper_secs = (bytes.end - bytes.start) as f64 / helper_speed;
/// assert!(is_worthwhile(300_000.0 / 5e4, helper_secs, MIN_TIME_LEFT));
/// ```
pub fn is_worthwhile(owner_secs: f64, helper_secs: f64, min_time_left: Duration) -> bool {
    owner_secs >= min_time_left.as_secs_f64().max(2.0 * helper_secs)
}

/// Returns the mean speed of the connections that are receiving data; zero when none is.
///
/// It is the speed that a thief can expect. The speed of the fastest connection would be too high:
/// on a full link the thief takes its share from the others.
pub fn mean_speed(speeds: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = speeds
        .filter(|speed| *speed > 0.0)
        .fold((0.0, 0.0), |(count, sum), speed| (count + 1.0, sum + speed));
    sum / f64::max(count, 1.0)
}

/// Returns whether the link has capacity for a duplicate fetch: the total speed `now` is below
/// three quarters of the `best` measured, both in bytes per second. On a full link a duplicate
/// fetch slows down the connections that it should help.
pub fn has_spare_capacity(now: f64, best: f64) -> bool {
    now < 0.75 * best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_has_whole_granules_and_is_not_empty() {
        assert_eq!(span(10..100, 10), 10..100);
        let granule = 300_000;
        assert_eq!(span(0..5_000_000, granule), 0..900_000);
        assert_eq!(span(7..u64::MAX, 2 * MAX_SPAN), 7..7 + 2 * MAX_SPAN);
        assert_eq!(span(3..4, 0), 3..4);
    }

    #[test]
    fn idle_connections_do_not_count_in_the_mean() {
        assert_eq!(mean_speed([].into_iter()), 0.0);
        assert_eq!(mean_speed([0.0, 4.0, 0.0, 2.0].into_iter()), 3.0);
    }

    #[test]
    fn full_link_has_no_spare_capacity() {
        assert!(!has_spare_capacity(8.0, 10.0));
        assert!(has_spare_capacity(7.0, 10.0));
        assert!(
            !has_spare_capacity(0.0, 0.0),
            "no data has been received yet"
        );
    }

    #[test]
    fn duplicate_fetch_must_save_time_and_skips_short_remainders() {
        assert!(is_worthwhile(2.0, 1.0, MIN_TIME_LEFT));
        assert!(!is_worthwhile(1.9, 1.0, MIN_TIME_LEFT));
        assert!(!is_worthwhile(0.9, 0.1, MIN_TIME_LEFT));
    }
}
