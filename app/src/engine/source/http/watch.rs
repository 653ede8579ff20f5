//! Watches the first flight of an answer come, to tell the rate of the link from it.

use std::thread;
use std::time::{Duration, Instant};

use super::socket::Socket;
use crate::engine::flight::Flight;

/// A flight has at least so many bytes, the head of the answer included.
const WHOLE: usize = 12_000;
/// How long between looks.
const LOOK: Duration = Duration::from_micros(60);
/// A look that comes later than this after the one before was late because the machine was busy: the
/// packets came sooner.
const LATE: Duration = Duration::from_micros(300);
/// Once nothing has come for so long the flight is over, or the link so slow that it does not matter.
const OVER: Duration = Duration::from_millis(2);
/// It is watched for so long at most, as a share of a round trip, in which nothing is lost but this
/// part of the first one.
const SHARE: u32 = 4;
/// Over a round trip shorter than this nothing can be seen.
const SHORT: Duration = Duration::from_millis(5);

/// Watches what comes over `socket`, of which `before` bytes have been read, and leaves it there. `None`
/// where that cannot be done or would tell nothing.
pub(super) fn first_flight(socket: &Socket, before: usize) -> Option<Flight> {
    let round_trip = Some(socket.round_trip()).filter(|time| *time >= SHORT)?;
    let first = socket.unread()?;
    let (mut bytes, mut took) = (0, Duration::ZERO);
    // What passed since the last packet came.
    let mut silence = Duration::ZERO;
    let begun = Instant::now();
    let mut last = begun;
    while before + first + bytes < WHOLE && silence < OVER && begun.elapsed() < round_trip / SHARE {
        thread::sleep(LOOK);
        let now = Instant::now();
        silence += (now - last).min(LATE);
        last = now;
        let came = socket.unread()?.saturating_sub(first);
        if came > bytes {
            (bytes, took) = (came, took + silence);
            silence = Duration::ZERO;
        }
    }
    Some(Flight {
        bytes: bytes as u64,
        took,
        round_trip,
    })
}
