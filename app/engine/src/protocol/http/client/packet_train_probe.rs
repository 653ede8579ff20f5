//! Watches the first flight of an answer come, to tell the rate of the link from it.

use std::thread;
use std::time::{Duration, Instant};

use crate::protocol::http::transport::socket::Socket;
use crate::scheduling::packet_train::PacketTrain;

/// A flight has at least so many bytes, the head of the answer included.
const WHOLE: usize = 12_000;
/// How long between looks.
const LOOK: Duration = Duration::from_micros(60);
/// A look that comes later than this after the one before was late because the machine was busy: the
/// packets came sooner.
const LATE: Duration = Duration::from_micros(300);
/// Once nothing has come for so long the flight is over, or the link so slow that it does not matter.
const OVER: Duration = Duration::from_millis(2);
/// It is watched for at most this part of a round trip.
const SHARE: u32 = 4;
/// Over a round trip shorter than this nothing can be seen.
const SHORT: Duration = Duration::from_millis(5);

/// Watches what comes over `socket`, of which `before` bytes have been read, and leaves it there. `None`
/// where that cannot be done or would tell nothing.
pub(crate) fn first_flight(socket: &Socket, before: usize) -> Option<PacketTrain> {
    let round_trip = Some(socket.round_trip()).filter(|time| *time >= SHORT)?;
    let mut watch = PacketTrainProbe::new(before, socket.unread()?);
    let begun = Instant::now();
    let mut last = begun;
    while !watch.is_over() && begun.elapsed() < round_trip / SHARE {
        thread::sleep(LOOK);
        let now = Instant::now();
        watch.look(now - last, socket.unread()?);
        last = now;
    }
    Some(PacketTrain {
        bytes: watch.bytes as u64,
        took: watch.took,
        round_trip,
        at_once: watch.bytes == 0 && watch.is_whole(),
    })
}

/// What was seen so far.
struct PacketTrainProbe {
    /// Bytes before the first look: read, and waiting.
    read: usize,
    first: usize,
    /// Bytes that came since, and when the last of them did.
    bytes: usize,
    took: Duration,
    /// What passed after that.
    silence: Duration,
}

impl PacketTrainProbe {
    fn new(read: usize, waiting: usize) -> Self {
        Self {
            read,
            first: waiting,
            bytes: 0,
            took: Duration::ZERO,
            silence: Duration::ZERO,
        }
    }

    fn look(&mut self, passed: Duration, waiting: usize) {
        self.silence += passed.min(LATE);
        let bytes = waiting.saturating_sub(self.first);
        if bytes > self.bytes {
            self.bytes = bytes;
            self.took += std::mem::take(&mut self.silence);
        }
    }

    fn is_over(&self) -> bool {
        self.silence >= OVER || self.is_whole()
    }

    fn is_whole(&self) -> bool {
        self.read + self.first + self.bytes >= WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICROS: Duration = Duration::from_micros(1);

    /// Looks each 100 µs at packets that come each `apart` µs, ten of them, of which two were there.
    fn watched(apart: u32, passed: Duration) -> PacketTrainProbe {
        let mut watch = PacketTrainProbe::new(1_100, 1_448);
        for look in 1..100 {
            if watch.is_over() {
                break;
            }
            let packets = 1 + (look * 100 / apart).min(8);
            watch.look(passed, 1_448 * packets as usize);
        }
        watch
    }

    #[test]
    fn packets_are_as_far_apart_as_the_link_lets_them() {
        // 100 Mbit/s.
        let watch = watched(120, MICROS * 100);
        let rate = watch.bytes as f64 / watch.took.as_secs_f64();
        assert!((11e6..14e6).contains(&rate), "{rate}");
        assert!(watch.bytes > 9_000);
    }

    #[test]
    fn a_slow_link_is_not_waited_for() {
        // 1 Mbit/s.
        let watch = watched(12_000, MICROS * 100);
        assert_eq!(watch.bytes, 0);
    }

    #[test]
    fn a_machine_that_was_busy_makes_no_link_slow() {
        let watch = watched(120, MICROS * 5_000);
        assert!(watch.took < MICROS * 4_000, "{:?}", watch.took);
    }

    #[test]
    fn what_came_at_once_is_over_at_once() {
        assert!(PacketTrainProbe::new(2_000, 12_000).is_over());
    }
}
