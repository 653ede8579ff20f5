//! Computes when stealing a range pays over HTTP, and how much of it to steal.
//!
//! A server sends every byte of a requested range. So a victim must close its connection at the new
//! end of its segment, and its opened congestion window is lost. The thief needs a connection that
//! is open and idle, or makes one: TCP then takes two round trips to the first byte, and slow start
//! to the full rate. The victim goes on meanwhile. So a steal must save more time than these round
//! trips cost, and takes as much as lets both connections finish together.

use std::time::Duration;

use super::slow_start_duration;

/// A steal pays if the victim alone needs more than this many times the startup time of the thief.
/// The factor is above one because rates of connections in slow start are underestimated.
const MIN_GAIN: f64 = 2.0;
/// Shortest remaining time of a victim in seconds that is worth a steal; rates are not known more
/// precisely.
const MIN_SECS: f64 = 0.1;

/// Costs and yield of a steal, from the thief's side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steal {
    /// Time from the decision until the thief transfers at full rate, in seconds.
    pub delay_secs: f64,
    /// Expected rate of the thief afterwards, in bytes a second.
    pub rate: f64,
}

impl Steal {
    /// A steal that does not pay.
    pub const NONE: Self = Self {
        delay_secs: 0.0,
        rate: 0.0,
    };

    /// Estimates a steal over a path with this round trip, on which connections reach `rate` bytes
    /// a second. A thief that is not connected pays for the handshake and slow start.
    pub fn estimate(is_connected: bool, round_trip: Duration, rate: f64) -> Self {
        let round_trip = round_trip.as_secs_f64();
        let slow_start = slow_start_duration::round_trips(rate, round_trip, 1);
        let round_trips = if is_connected { 1.0 } else { 2.0 + slow_start };
        Self {
            delay_secs: round_trips * round_trip,
            rate,
        }
    }

    /// Returns the number of bytes to take from the end of the victim's remaining `rest`, so that
    /// both connections finish at the same time; zero if the steal does not pay.
    pub fn amount(self, rest: u64, victim_rate: f64) -> u64 {
        let (rest, victim_rate) = (rest as f64, victim_rate.max(1.0));
        if rest / victim_rate < MIN_GAIN * self.delay_secs + MIN_SECS {
            return 0;
        }
        let secs = (rest + self.rate * self.delay_secs) / (victim_rate + self.rate);
        (self.rate * (secs - self.delay_secs)).max(0.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG_PATH: Duration = Duration::from_millis(100);

    #[test]
    fn thief_and_victim_finish_at_the_same_time() {
        let steal = Steal::estimate(true, LONG_PATH, 1e6);
        assert_eq!(steal.delay_secs, 0.1);
        // The victim transfers 0.1 MB during the delay; both share the other 1.9 MB.
        assert_eq!(steal.amount(2_000_000, 1e6), 950_000);
        assert!(steal.amount(2_000_000, 0.25e6) > 1_500_000);
    }

    #[test]
    fn short_rests_do_not_pay_for_a_new_connection() {
        let steal = Steal::estimate(false, LONG_PATH, 6e6);
        assert!((0.7..0.8).contains(&steal.delay_secs), "{steal:?}");
        assert_eq!(steal.amount(6_000_000, 6e6), 0);
        assert!(steal.amount(60_000_000, 6e6) > 25_000_000);
        let slow = Steal::estimate(false, LONG_PATH, 100e3);
        assert_eq!(slow.delay_secs, 0.2);
        assert!(slow.amount(1_000_000, 100e3) > 400_000);
    }

    #[test]
    fn stalled_connections_lose_nearly_everything() {
        let steal = Steal::estimate(false, LONG_PATH, 1e6);
        assert!(steal.amount(100_000, 0.0) > 90_000);
        assert_eq!(Steal::NONE.amount(100_000, 0.0), 0);
    }
}
