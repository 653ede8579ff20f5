//! The bottleneck: one link that all flows share, with a drop-tail buffer before it.
//!
//! The queue needs no list of packets. When the link will be free again says how much is queued,
//! because everything queued leaves at the link's rate.

use super::{Link, MTU, Ns};

/// The longest delay of an acknowledgement where there is no bottleneck, in nanoseconds.
const MAX_JITTER: f64 = 200_000.0;

/// A link of fixed rate with a buffer of fixed length, or no limit at all.
#[derive(Debug, Clone)]
pub(super) struct Bottleneck {
    /// Time that one byte takes; zero without a rate.
    ns_per_byte: f64,
    buffer_bytes: f64,
    free_at: Ns,
    /// Bytes that went through.
    pub(super) carried: u64,
    /// Packets that found no room.
    pub(super) dropped: u64,
}

impl Bottleneck {
    pub(super) fn new(link: &Link) -> Self {
        Self {
            ns_per_byte: link.rate_bps().map_or(0.0, |rate| 8e9 / rate),
            buffer_bytes: link.buffer_bytes() as f64,
            free_at: 0,
            carried: 0,
            dropped: 0,
        }
    }

    /// When a packet of `wire` bytes that comes at `now` has left the link; `None` when the buffer
    /// has no room for it.
    pub(super) fn admit(&mut self, now: Ns, wire: u64) -> Option<Ns> {
        if self.ns_per_byte > 0.0 && self.queued_bytes(now) + wire as f64 > self.buffer_bytes {
            self.dropped += 1;
            return None;
        }
        self.carried += wire;
        let takes = (wire as f64 * self.ns_per_byte).round() as Ns;
        self.free_at = self.free_at.max(now) + takes;
        Some(self.free_at)
    }

    /// By how much an acknowledgement may be late because machines at both ends are busy, in
    /// nanoseconds.
    ///
    /// Without it flows fall into step with the bottleneck and one phase always finds the buffer
    /// full; a random delay up to the time that one packet takes is the remedy (Floyd and Jacobson
    /// 1992). It stays small beside the round trip, so that windows bring what they should; beside
    /// a round trip shorter than a packet only the queue counts, and the delay is a whole packet's.
    pub(super) fn jitter(&self, rtt: Ns) -> f64 {
        let small = (rtt as f64 / 200.0).min(MAX_JITTER);
        if self.ns_per_byte == 0.0 {
            return small;
        }
        let packet = MTU as f64 * self.ns_per_byte;
        if (rtt as f64) < packet {
            return packet;
        }
        packet.min(small.max(packet / 10.0))
    }

    /// Bytes that wait or are being sent at `now`.
    pub(super) fn queued_bytes(&self, now: Ns) -> f64 {
        if self.ns_per_byte == 0.0 {
            return 0.0;
        }
        self.free_at.saturating_sub(now) as f64 / self.ns_per_byte
    }
}
