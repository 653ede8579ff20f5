//! `CoDel` (RFC 8289): drops a packet when each packet of the last interval waited longer than the
//! target, and the next ones at intervals that shorten with the square root of their number.

use super::{Fifo, QueuedPacket};
use crate::link::{MTU, Ns};

/// Acceptable delay of a standing queue, in nanoseconds.
const TARGET: Ns = 5_000_000;
/// Time for which the delay must exceed the target: about the longest round trip.
const INTERVAL: Ns = 100_000_000;
/// Intervals after which the drop rate of the last episode is forgotten.
const MEMORY_INTERVALS: Ns = 16;

/// State of the drops, with the names of RFC 8289.
#[derive(Debug, Clone, Default)]
pub(super) struct Codel {
    first_above_time: Ns,
    drop_next: Ns,
    count: u32,
    last_count: u32,
    dropping: bool,
}

impl Codel {
    /// Returns the next packet to transmit, after dropping those that waited too long.
    pub(super) fn dequeue(
        &mut self,
        fifo: &mut Fifo,
        now: Ns,
        drop: &mut impl FnMut(QueuedPacket),
    ) -> Option<QueuedPacket> {
        let (mut packet, mut may_drop) = self.next(fifo, now)?;
        if self.dropping {
            self.dropping = may_drop;
            while self.dropping && now >= self.drop_next {
                drop(packet);
                self.count += 1;
                (packet, may_drop) = self.next(fifo, now)?;
                self.dropping = may_drop;
                if may_drop {
                    self.drop_next = control_law(self.drop_next, self.count);
                }
            }
        } else if may_drop {
            drop(packet);
            self.begin(now);
            packet = self.next(fifo, now)?.0;
        }
        Some(packet)
    }

    fn begin(&mut self, now: Ns) {
        self.dropping = true;
        let delta = self.count - self.last_count;
        let is_recent = now.saturating_sub(self.drop_next) < MEMORY_INTERVALS * INTERVAL;
        self.count = if delta > 1 && is_recent { delta } else { 1 };
        self.drop_next = control_law(now, self.count);
        self.last_count = self.count;
    }

    /// Takes the next packet, and returns whether it may be dropped. `None` leaves the dropping
    /// state, as the queue is empty.
    fn next(&mut self, fifo: &mut Fifo, now: Ns) -> Option<(QueuedPacket, bool)> {
        let Some(packet) = fifo.pop() else {
            (self.first_above_time, self.dropping) = (0, false);
            return None;
        };
        if now - packet.enqueued_at < TARGET || fifo.bytes <= MTU {
            self.first_above_time = 0;
            return Some((packet, false));
        }
        if self.first_above_time == 0 {
            self.first_above_time = now + INTERVAL;
            return Some((packet, false));
        }
        Some((packet, now >= self.first_above_time))
    }
}

/// Returns the time of the next drop. `sqrt` is exact in IEEE 754, so the same on every platform.
fn control_law(time: Ns, count: u32) -> Ns {
    time + (INTERVAL as f64 / f64::from(count).sqrt()) as Ns
}
