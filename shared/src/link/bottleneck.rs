//! Bottleneck: one link that all flows share, with a drop-tail buffer.
//!
//! The queue needs no list of packets: everything queued leaves at the rate of the link, so the
//! time at which the link becomes free determines the queue length.

use super::{Link, MTU, Ns};

/// Maximum delay of an acknowledgement without a bottleneck, in nanoseconds.
const MAX_JITTER: f64 = 200_000.0;

/// A link with a fixed rate and a buffer, or without a limit.
#[derive(Debug, Clone)]
pub(super) struct Bottleneck {
    /// Transmission time of one byte; zero when the rate is unlimited.
    ns_per_byte: f64,
    buffer_bytes: f64,
    free_at: Ns,
    /// Bytes transmitted.
    pub(super) carried: u64,
    /// Packets dropped because the buffer was full.
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

    /// Queues a packet of `wire` bytes at `now`. Returns the time at which it has left the link, or
    /// `None` when the buffer is full.
    pub(super) fn enqueue(&mut self, now: Ns, wire: u64) -> Option<Ns> {
        if self.ns_per_byte > 0.0 && self.queued_bytes(now) + wire as f64 > self.buffer_bytes {
            self.dropped += 1;
            return None;
        }
        self.carried += wire;
        let duration = (wire as f64 * self.ns_per_byte).round() as Ns;
        self.free_at = self.free_at.max(now) + duration;
        Some(self.free_at)
    }

    /// Returns the maximum random delay of an acknowledgement, caused by load on the hosts, in
    /// nanoseconds.
    ///
    /// Without it flows synchronize with the bottleneck and the same flow always finds the buffer
    /// full; a random delay of up to one packet time prevents that (Floyd and Jacobson 1992). It is
    /// small compared with the round-trip time, so that window-limited rates stay accurate. With a
    /// round-trip time shorter than one packet time only the queue matters, and the delay is one
    /// packet time.
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

    /// Returns how long a packet that arrives at `now` waits.
    pub(super) fn queuing_delay(&self, now: Ns) -> Ns {
        self.free_at.saturating_sub(now)
    }

    /// Returns the bytes that are queued or being transmitted at `now`.
    pub(super) fn queued_bytes(&self, now: Ns) -> f64 {
        if self.ns_per_byte == 0.0 {
            return 0.0;
        }
        self.free_at.saturating_sub(now) as f64 / self.ns_per_byte
    }
}
