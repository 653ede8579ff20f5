//! Samples arrival times in the initial window of a response, for an estimate of the bottleneck
//! rate.
//!
//! The packets are observed in the socket's receive buffer, and stay there.

use std::thread;
use std::time::{Duration, Instant};

use crate::protocol::http::transport::socket::Socket;
use crate::scheduling::packet_train::PacketTrain;

/// Smallest initial window in bytes, with the head of the response.
const MIN_WINDOW: usize = 12_000;
/// Time between samples.
const SAMPLE_INTERVAL: Duration = Duration::from_micros(60);
/// Longest time counted between two samples. A longer one means that the machine was busy, and that
/// the packets arrived earlier.
const MAX_INTERVAL: Duration = Duration::from_micros(300);
/// Silence that ends the sampling: the window has ended, or the link is too slow for the estimate
/// to matter.
const MAX_SILENCE: Duration = Duration::from_millis(2);
/// The sampling takes at most this fraction (1/4) of a round trip.
const ROUND_TRIP_FRACTION: u32 = 4;
/// Shortest round trip that allows an estimate.
const MIN_ROUND_TRIP: Duration = Duration::from_millis(5);

/// Samples the response over `socket`, of which `read` bytes have been read. Returns `None` if the
/// system does not report the receive buffer, or if the round trip is too short.
pub(crate) fn sample(socket: &Socket, read: usize) -> Option<PacketTrain> {
    let round_trip = Some(socket.round_trip()).filter(|time| *time >= MIN_ROUND_TRIP)?;
    let mut probe = PacketTrainProbe::new(read, socket.unread()?);
    let begun = Instant::now();
    let mut last = begun;
    while !probe.is_done() && begun.elapsed() < round_trip / ROUND_TRIP_FRACTION {
        thread::sleep(SAMPLE_INTERVAL);
        let now = Instant::now();
        probe.record(now - last, socket.unread()?);
        last = now;
    }
    Some(PacketTrain {
        bytes: probe.bytes as u64,
        dispersion: probe.dispersion,
        round_trip,
        is_back_to_back: probe.bytes == 0 && probe.is_full_window(),
    })
}

/// The samples so far.
struct PacketTrainProbe {
    /// Bytes read before the first sample.
    read: usize,
    /// Bytes in the receive buffer at the first sample.
    first: usize,
    /// Bytes that arrived since, and the time until the last of them.
    bytes: usize,
    dispersion: Duration,
    /// Time since the last arrival.
    silence: Duration,
}

impl PacketTrainProbe {
    fn new(read: usize, unread: usize) -> Self {
        Self {
            read,
            first: unread,
            bytes: 0,
            dispersion: Duration::ZERO,
            silence: Duration::ZERO,
        }
    }

    fn record(&mut self, elapsed: Duration, unread: usize) {
        self.silence += elapsed.min(MAX_INTERVAL);
        let bytes = unread.saturating_sub(self.first);
        if bytes > self.bytes {
            self.bytes = bytes;
            self.dispersion += std::mem::take(&mut self.silence);
        }
    }

    fn is_done(&self) -> bool {
        self.silence >= MAX_SILENCE || self.is_full_window()
    }

    fn is_full_window(&self) -> bool {
        self.read + self.first + self.bytes >= MIN_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICROS: Duration = Duration::from_micros(1);

    /// Samples ten packets every 100 µs. They arrive every `apart` µs, the first two before the
    /// sampling; `elapsed` is the measured time between samples.
    fn sampled(apart: u32, elapsed: Duration) -> PacketTrainProbe {
        let mut probe = PacketTrainProbe::new(1_100, 1_448);
        for number in 1..100 {
            if probe.is_done() {
                break;
            }
            let packets = 1 + (number * 100 / apart).min(8);
            probe.record(elapsed, 1_448 * packets as usize);
        }
        probe
    }

    #[test]
    fn packet_spacing_shows_the_rate_of_the_link() {
        // 100 Mbit/s.
        let probe = sampled(120, MICROS * 100);
        let rate = probe.bytes as f64 / probe.dispersion.as_secs_f64();
        assert!((11e6..14e6).contains(&rate), "{rate}");
        assert!(probe.bytes > 9_000);
    }

    #[test]
    fn sampling_of_a_slow_link_ends_early() {
        // 1 Mbit/s.
        let probe = sampled(12_000, MICROS * 100);
        assert_eq!(probe.bytes, 0);
    }

    #[test]
    fn late_samples_of_a_busy_machine_do_not_slow_the_estimate() {
        let probe = sampled(120, MICROS * 5_000);
        assert!(probe.dispersion < MICROS * 4_000, "{:?}", probe.dispersion);
    }

    #[test]
    fn full_window_at_the_first_sample_ends_the_sampling() {
        assert!(PacketTrainProbe::new(2_000, 12_000).is_done());
    }
}
