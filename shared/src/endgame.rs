//! When what one connection has on its way is fetched by another too: the tail of a download is
//! *raced*. The caller has the clock and the meters, so the engine and the simulation of a link race
//! alike.

use std::ops::Range;
use std::time::Duration;

/// The longest span that is raced at once, in bytes (1 MiB).
pub const MAX_SPAN: u64 = 1 << 20;
/// Over the Lanes protocol what is left is raced only when its owner would take longer than this: a lost
/// packet is fetched again by TCP itself in less.
pub const MIN_TIME_LEFT: Duration = Duration::from_secs(1);
/// Over which time the speed of a connection is averaged, in seconds: long enough to be read, short
/// enough to show a change within a second.
pub const SMOOTHING_SECS: f64 = 0.7;

/// The beginning of what is `missing` that is raced at once: whole granules, counted from its start,
/// and at least one.
pub fn span(missing: Range<u64>, granule: u64) -> Range<u64> {
    let granule = granule.max(1);
    let max = (MAX_SPAN / granule).max(1) * granule;
    missing.start..missing.end.min(missing.start + max)
}

/// Whether a race is worth it where the owner would take `owner_secs` for all that it has, and the
/// racer `helper_secs` for its span.
pub fn is_worthwhile(owner_secs: f64, helper_secs: f64, min_time_left: Duration) -> bool {
    owner_secs >= min_time_left.as_secs_f64().max(2.0 * helper_secs)
}

/// The mean of the speeds of connections that bring anything; zero when none does.
///
/// It is what a thief can expect, and not the speed of the fastest: where the link is full it takes its
/// rate from the others.
pub fn mean_speed(speeds: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = speeds
        .filter(|speed| *speed > 0.0)
        .fold((0.0, 0.0), |(count, sum), speed| (count + 1.0, sum + speed));
    sum / f64::max(count, 1.0)
}

/// Whether the link has room for a racer: all together bring `now` less than three quarters of what
/// they brought at `best`, in bytes a second. On a full link a racer takes its rate from those whom it
/// is to help, and what comes twice comes late.
pub fn has_spare_capacity(now: f64, best: f64) -> bool {
    now < 0.75 * best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_of_whole_granules_and_never_empty() {
        assert_eq!(span(10..100, 10), 10..100);
        let granule = 300_000;
        assert_eq!(span(0..5_000_000, granule), 0..900_000);
        assert_eq!(span(7..u64::MAX, 2 * MAX_SPAN), 7..7 + 2 * MAX_SPAN);
        assert_eq!(span(3..4, 0), 3..4);
    }

    #[test]
    fn connections_that_bring_nothing_do_not_count() {
        assert_eq!(mean_speed([].into_iter()), 0.0);
        assert_eq!(mean_speed([0.0, 4.0, 0.0, 2.0].into_iter()), 3.0);
    }

    #[test]
    fn a_full_link_has_no_room() {
        assert!(!has_spare_capacity(8.0, 10.0));
        assert!(has_spare_capacity(7.0, 10.0));
        assert!(
            !has_spare_capacity(0.0, 0.0),
            "before anything came nothing is late"
        );
    }

    #[test]
    fn a_race_must_pay_and_what_is_soon_there_is_left_alone() {
        assert!(is_worthwhile(2.0, 1.0, MIN_TIME_LEFT));
        assert!(!is_worthwhile(1.9, 1.0, MIN_TIME_LEFT));
        assert!(!is_worthwhile(0.9, 0.1, MIN_TIME_LEFT));
    }
}
