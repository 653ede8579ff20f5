//! When it is worth to rob a connection, and of how much, if what was robbed has to be asked for anew.
//!
//! A server that was asked for a range sends all of it. So the victim has to hang up where its part
//! now ends, and the thief, unless it has a connection that is open and idle, has to make one: TCP
//! needs two round trips until the first byte comes and some more until it comes as fast as before.
//! While it does, the victim goes on.

use std::time::Duration;

use super::slow_start;

/// A theft is worth it while the victim alone would take so many times what the thief needs to get
/// going. Not once: speeds of connections that open up are underrated.
const WORTH: f64 = 2.0;
/// Less than this is not worth it: speeds are not known so exactly.
const LEAST_SECS: f64 = 0.1;

/// What a thief can expect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steal {
    /// How long it needs to get going, in seconds.
    pub delay_secs: f64,
    /// What it will bring then, in bytes a second.
    pub speed: f64,
}

impl Steal {
    /// Over a path with this round trip, where connections bring `speed` bytes a second, by one that
    /// `is_connected` or is to be made.
    pub fn expected(is_connected: bool, round_trip: Duration, speed: f64) -> Self {
        let round_trip = round_trip.as_secs_f64();
        let opening = slow_start::round_trips(speed, round_trip, 1);
        let round_trips = if is_connected { 1.0 } else { 2.0 + opening };
        Self {
            delay_secs: round_trips * round_trip,
            speed,
        }
    }

    /// How many of the last of `rest` bytes to take from a connection that brings `victim` bytes a
    /// second, so that both are done at the same time. Zero where it is not worth it.
    pub fn worth(self, rest: u64, victim: f64) -> u64 {
        let (rest, victim) = (rest as f64, victim.max(1.0));
        if rest / victim < WORTH * self.delay_secs + LEAST_SECS {
            return 0;
        }
        let secs = (rest + self.speed * self.delay_secs) / (victim + self.speed);
        (self.speed * (secs - self.delay_secs)).max(0.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: Duration = Duration::from_millis(100);

    #[test]
    fn both_are_done_at_the_same_time() {
        let theft = Steal::expected(true, FAR, 1e6);
        assert_eq!(theft.delay_secs, 0.1);
        // 0.1 s at 1 MB/s, then 1.9 MB by both.
        assert_eq!(theft.worth(2_000_000, 1e6), 950_000);
        assert!(theft.worth(2_000_000, 0.25e6) > 1_500_000);
    }

    #[test]
    fn a_connection_to_be_made_is_not_worth_it_for_a_little() {
        let theft = Steal::expected(false, FAR, 6e6);
        assert!((0.7..0.8).contains(&theft.delay_secs), "{theft:?}");
        assert_eq!(theft.worth(6_000_000, 6e6), 0);
        assert!(theft.worth(60_000_000, 6e6) > 25_000_000);
        let slow = Steal::expected(false, FAR, 100e3);
        assert_eq!(slow.delay_secs, 0.2);
        assert!(slow.worth(1_000_000, 100e3) > 400_000);
    }

    #[test]
    fn one_that_stands_still_is_robbed() {
        let theft = Steal::expected(false, FAR, 1e6);
        assert!(theft.worth(100_000, 0.0) > 90_000);
    }
}
