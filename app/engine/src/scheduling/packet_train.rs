//! How many connections to begin with, told from the first flight of the answer.
//!
//! 1. A server sends ten packets at once (RFC 6928) and then waits for a round trip. They come as far
//!    apart as the narrowest link on the way lets them, so how long they take tells its rate
//!    (packet trains: Dovrolis, Ramanathan and Moore, "Packet-Dispersion Techniques and a
//!    Capacity-Estimation Methodology", 2004).
//! 2. One connection over that link would double what it brings with each round trip until the link is
//!    full. Where the file takes much longer than that, more connections would bring nothing.
//! 3. It is a first guess: losses, a limit of the server, or an estimate that was wrong show later, and
//!    the tuner mends it.

use std::time::Duration;

use super::slow_start;

/// A count is enough that takes at most so many times what more connections would take.
const ENOUGH: f64 = 1.06;
/// More connections than this are for links that are fast and long, not to open up sooner on others.
const MANY: usize = 16;
/// Fewer bytes than three packets tell nothing.
const TELLING: u64 = 4_000;
/// A link over which packets come at once brings at least so many bytes a second: 160 Mbit/s.
const FAST: f64 = 20e6;
/// Packets that take this share of a round trip may be paced by the server (BBR sends its first window in
/// a third of one), and then say nothing about the link.
const PACED: [f64; 2] = [0.25, 0.5];

/// The packets of the first flight that were seen to come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PacketTrain {
    /// Bytes that came after the first look.
    pub bytes: u64,
    /// How long they took.
    pub took: Duration,
    /// From a packet to its answer.
    pub round_trip: Duration,
    /// Whether all were there at the first look.
    pub at_once: bool,
}

/// What the first bytes told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CapacityEstimate {
    /// The connections that should be enough.
    pub count: usize,
    /// What the link can bring, in bytes a second; `None` where it is only known to be fast.
    pub rate: Option<f64>,
    /// Of the link.
    pub round_trip: Duration,
}

impl CapacityEstimate {
    /// For the user.
    pub fn words(&self) -> String {
        let connections = match self.count {
            1 => "one connection".to_owned(),
            count => format!("{count} connections"),
        };
        match self.rate {
            Some(rate) => {
                let mbit = rate * 8e-6;
                format!(
                    "The first bytes came at {mbit:.0} Mbit/s: {connections} should be enough for that"
                )
            }
            None => format!("The first bytes came at once, so the link is fast: {connections}"),
        }
    }
}

impl PacketTrain {
    /// The rate of the narrowest link, in bytes a second. `None` where the packets do not tell: they came
    /// at once, they were too few, or the server may have held them back.
    pub fn rate(&self) -> Option<f64> {
        let (took, round_trip) = (self.took.as_secs_f64(), self.round_trip.as_secs_f64());
        let [from, to] = PACED.map(|share| share * round_trip);
        let is_paced = (from..to).contains(&took);
        let tells = self.bytes >= TELLING && took > 0.0 && !is_paced;
        tells.then(|| self.bytes as f64 / took)
    }

    /// What it tells of a file of `len` bytes, which gets 1 to `most` connections; not less than the `usual`
    /// number where it is only known that the link is fast. `None` where nothing is known.
    pub fn guess(&self, len: u64, usual: usize, most: usize) -> Option<CapacityEstimate> {
        let rate = self.rate();
        let count = match rate {
            Some(rate) => self.enough(len, rate, most.min(MANY)),
            None if self.at_once => self.enough(len, FAST, most).max(usual),
            None => return None,
        };
        Some(CapacityEstimate {
            count,
            rate,
            round_trip: self.round_trip,
        })
    }

    /// The least count, of 1 and its doubles up to `most`, that fetches `len` bytes over a link of
    /// this `rate` about as fast as `most` would.
    fn enough(&self, len: u64, rate: f64, most: usize) -> usize {
        let secs = |count: usize| self.secs(len, rate, count);
        let doubles = std::iter::successors(Some(1), |count| Some(count * 2));
        let mut fewer = doubles.take_while(|count| *count < most);
        fewer
            .find(|count| secs(*count) <= ENOUGH * secs(most))
            .unwrap_or(most)
    }

    /// How long `count` connections take for `len` bytes: at the link's rate, after the round trips in
    /// which their windows open up to it.
    fn secs(&self, len: u64, rate: f64, count: usize) -> f64 {
        let round_trip = self.round_trip.as_secs_f64();
        len as f64 / rate + round_trip * slow_start::round_trips(rate, round_trip, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBIT: f64 = 1e6 / 8.0;

    fn flight(rate_mbit: f64, round_trip_ms: u64) -> PacketTrain {
        let bytes = 10_000;
        PacketTrain {
            bytes,
            took: Duration::from_secs_f64(bytes as f64 / (rate_mbit * MBIT)),
            round_trip: Duration::from_millis(round_trip_ms),
            at_once: false,
        }
    }

    fn count(flight: &PacketTrain, len: u64, usual: usize, most: usize) -> Option<usize> {
        flight.guess(len, usual, most).map(|guess| guess.count)
    }

    fn enough(rate_mbit: f64, round_trip_ms: u64, mb: u64) -> usize {
        let flight = flight(rate_mbit, round_trip_ms);
        count(&flight, mb * 1_000_000, 8, 64).unwrap()
    }

    #[test]
    fn the_rate_is_that_of_the_packets() {
        let rate = flight(100.0, 60).rate().unwrap();
        assert!((rate / MBIT - 100.0).abs() < 0.1, "{rate}");
    }

    #[test]
    fn where_the_link_is_soon_full_few_are_enough() {
        assert_eq!(enough(100.0, 20, 20), 1);
        assert_eq!(enough(50.0, 20, 20), 1);
        assert_eq!(enough(100.0, 60, 20), 8);
    }

    #[test]
    fn a_short_file_over_a_long_fast_link_takes_all() {
        assert_eq!(enough(200.0, 100, 20), 16);
        assert_eq!(enough(200.0, 100, 2000), 1, "but not a long one");
        assert_eq!(enough(100.0, 60, 1), 16);
    }

    #[test]
    fn what_tells_nothing_is_no_rate() {
        let whole = flight(100.0, 60);
        let few = PacketTrain {
            bytes: 3_000,
            ..whole
        };
        assert_eq!(few.rate(), None);
        let paced = PacketTrain {
            took: whole.round_trip / 3,
            ..whole
        };
        assert_eq!(paced.rate(), None);
        assert_eq!(count(&paced, 20_000_000, 8, 64), None);
    }

    #[test]
    fn a_fast_link_gets_the_usual_number_or_more() {
        let at_once = |round_trip| PacketTrain {
            bytes: 0,
            took: Duration::ZERO,
            at_once: true,
            ..flight(100.0, round_trip)
        };
        assert_eq!(count(&at_once(100), 20_000_000, 16, 50), Some(32));
        assert_eq!(count(&at_once(100), 20_000_000, 16, 16), Some(16));
        assert_eq!(count(&at_once(10), 2_000_000_000, 8, 64), Some(8));
    }
}
