//! Chooses the initial connection count from a packet-train estimate of the bottleneck rate.
//!
//! 1. A server sends ten packets back to back (RFC 6928) and then waits for a round trip. The
//!    packets arrive with the spacing that the bottleneck gives them, so their dispersion shows its
//!    rate (Dovrolis, Ramanathan and Moore, "Packet-Dispersion Techniques and a Capacity-Estimation
//!    Methodology", 2004). They are observed in the socket before the file is cut into segments, so
//!    no range needs to be stolen afterwards.
//! 2. One connection doubles its rate every round trip until the bottleneck is full. If the file
//!    takes much longer than that, more connections gain nothing.
//! 3. A server that paces its initial window looks like a slow bottleneck. A dispersion between a
//!    quarter and half of a round trip is therefore ignored.
//! 4. The estimate only picks the first count. Losses, a limit of the server, or a wrong estimate
//!    show later, and [`super::concurrency_tuner`] corrects the count. Connections that are ready
//!    but surplus therefore wait for a second before they close.

use std::fmt;
use std::time::Duration;

use super::slow_start_duration;
use crate::model::display_text::connections;

/// A count suffices if it takes at most this many times as long as the largest count.
const SUFFICIENT: f64 = 1.06;
/// Limit of the count for a measured rate. More connections are for fast, long paths; elsewhere
/// they only shorten slow start.
const MAX_COUNT: usize = 16;
/// Fewer bytes than three packets give no rate.
const MIN_BYTES: u64 = 4_000;
/// Lower bound in bytes a second (160 Mbit/s) of a bottleneck over which packets arrive back to
/// back.
const FAST: f64 = 20e6;
/// Dispersions in this range, as shares of a round trip, may come from pacing by the server: BBR
/// sends its initial window in a third of a round trip.
const PACED: [f64; 2] = [0.25, 0.5];

/// The observed packets of the initial window of a response.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PacketTrain {
    /// Bytes that arrived after the first observation.
    pub bytes: u64,
    /// Time that these bytes took to arrive.
    pub dispersion: Duration,
    /// Round trip of the path.
    pub round_trip: Duration,
    /// Set if the whole window was there at the first observation.
    pub is_back_to_back: bool,
}

/// A connection count and the estimate of the path that it rests on.
///
/// Displays as a sentence for the user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CapacityEstimate {
    /// Connections that suffice.
    pub count: usize,
    /// Bottleneck rate in bytes a second; `None` if the bottleneck is only known to be fast.
    pub rate: Option<f64>,
    /// Round trip of the path.
    pub round_trip: Duration,
}

impl fmt::Display for CapacityEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connections = connections(self.count);
        match self.rate {
            Some(rate) => write!(
                f,
                "The first packets arrived at {:.0} Mbit/s: {connections} should be enough",
                rate * 8e-6
            ),
            None => write!(
                f,
                "The first packets arrived back to back, so the link is fast: {connections}"
            ),
        }
    }
}

impl PacketTrain {
    /// Returns the bottleneck rate in bytes a second. `None` if the packets arrived back to back,
    /// if they were too few, or if the server may have paced them.
    pub fn rate(&self) -> Option<f64> {
        let dispersion = self.dispersion.as_secs_f64();
        let [from, to] = PACED.map(|share| share * self.round_trip.as_secs_f64());
        let is_paced = (from..to).contains(&dispersion);
        let is_valid = self.bytes >= MIN_BYTES && dispersion > 0.0 && !is_paced;
        is_valid.then(|| self.bytes as f64 / dispersion)
    }

    /// Estimates the count, 1 to `max`, that suffices for a file of `len` bytes; at least `default`
    /// if the bottleneck is only known to be fast. `None` if the train gives no information.
    pub fn estimate(&self, len: u64, default: usize, max: usize) -> Option<CapacityEstimate> {
        let rate = self.rate();
        let count = match rate {
            Some(rate) => self.sufficient_count(len, rate, max.min(MAX_COUNT)),
            None if self.is_back_to_back => self.sufficient_count(len, FAST, max).max(default),
            None => return None,
        };
        Some(CapacityEstimate {
            count,
            rate,
            round_trip: self.round_trip,
        })
    }

    /// Returns the smallest power of two, at most `max`, that fetches `len` bytes over a bottleneck
    /// of this `rate` about as fast as `max` connections.
    fn sufficient_count(&self, len: u64, rate: f64, max: usize) -> usize {
        let secs = |count: usize| self.completion_secs(len, rate, count);
        let powers = std::iter::successors(Some(1), |count| Some(count * 2));
        let mut candidates = powers.take_while(|count| *count < max);
        candidates
            .find(|count| secs(*count) <= SUFFICIENT * secs(max))
            .unwrap_or(max)
    }

    /// Returns the seconds that `count` connections take for `len` bytes: slow start, then the
    /// bottleneck rate.
    fn completion_secs(&self, len: u64, rate: f64, count: usize) -> f64 {
        let round_trip = self.round_trip.as_secs_f64();
        len as f64 / rate + round_trip * slow_start_duration::round_trips(rate, round_trip, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBIT: f64 = 1e6 / 8.0;

    fn train(rate_mbit: f64, round_trip_ms: u64) -> PacketTrain {
        let bytes = 10_000;
        PacketTrain {
            bytes,
            dispersion: Duration::from_secs_f64(bytes as f64 / (rate_mbit * MBIT)),
            round_trip: Duration::from_millis(round_trip_ms),
            is_back_to_back: false,
        }
    }

    fn count(train: &PacketTrain, len: u64, default: usize, max: usize) -> Option<usize> {
        let estimate = train.estimate(len, default, max);
        estimate.map(|estimate| estimate.count)
    }

    fn sufficient(rate_mbit: f64, round_trip_ms: u64, mb: u64) -> usize {
        let train = train(rate_mbit, round_trip_ms);
        count(&train, mb * 1_000_000, 8, 64).unwrap()
    }

    #[test]
    fn rate_follows_from_the_dispersion() {
        let rate = train(100.0, 60).rate().unwrap();
        assert!((rate / MBIT - 100.0).abs() < 0.1, "{rate}");
    }

    #[test]
    fn few_connections_suffice_on_links_that_fill_soon() {
        assert_eq!(sufficient(100.0, 20, 20), 1);
        assert_eq!(sufficient(50.0, 20, 20), 1);
        assert_eq!(sufficient(100.0, 60, 20), 8);
    }

    #[test]
    fn short_files_over_long_fast_links_use_all_connections() {
        assert_eq!(sufficient(200.0, 100, 20), 16);
        assert_eq!(sufficient(200.0, 100, 2000), 1, "a long file needs one");
        assert_eq!(sufficient(100.0, 60, 1), 16);
    }

    #[test]
    fn short_and_paced_trains_give_no_rate() {
        let full = train(100.0, 60);
        let short = PacketTrain {
            bytes: 3_000,
            ..full
        };
        assert_eq!(short.rate(), None);
        let paced = PacketTrain {
            dispersion: full.round_trip / 3,
            ..full
        };
        assert_eq!(paced.rate(), None);
        assert_eq!(count(&paced, 20_000_000, 8, 64), None);
    }

    #[test]
    fn fast_links_get_at_least_the_default_count() {
        let back_to_back = |round_trip| PacketTrain {
            bytes: 0,
            dispersion: Duration::ZERO,
            is_back_to_back: true,
            ..train(100.0, round_trip)
        };
        assert_eq!(count(&back_to_back(100), 20_000_000, 16, 50), Some(32));
        assert_eq!(count(&back_to_back(100), 20_000_000, 16, 16), Some(16));
        assert_eq!(count(&back_to_back(10), 2_000_000_000, 8, 64), Some(8));
    }
}
