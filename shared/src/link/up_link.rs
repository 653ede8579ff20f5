//! The way back: a link with a rate and a drop-tail buffer that carries acknowledgements.

use super::{Link, Ns};

/// Length of an acknowledgement on the link, in bytes: the IPv4 and TCP headers with timestamps.
const ACK_LEN: u64 = 52;
/// Bytes by which a first block of selective acknowledgements lengthens it (RFC 2018).
const SACK_LEN: u64 = 12;

/// Queue of acknowledgements.
#[derive(Debug, Clone)]
pub(super) struct UpLink {
    ns_per_byte: f64,
    buffer_bytes: u64,
    free_at: Ns,
}

impl UpLink {
    /// Creates the way back of a link; `None` when its rate is unlimited.
    pub(super) fn new(link: &Link) -> Option<Self> {
        Some(Self {
            ns_per_byte: 8e9 / link.up_bps()?,
            buffer_bytes: link.up_buffer_bytes(),
            free_at: 0,
        })
    }

    /// Queues an acknowledgement at `now`. Returns the time at which it has left the link; `None`
    /// when the buffer is full.
    pub(super) fn enqueue(&mut self, now: Ns, is_selective: bool) -> Option<Ns> {
        let len = ACK_LEN + if is_selective { SACK_LEN } else { 0 };
        let queued = self.free_at.saturating_sub(now) as f64 / self.ns_per_byte;
        if queued + len as f64 > self.buffer_bytes as f64 {
            return None;
        }
        self.free_at = self.free_at.max(now) + (len as f64 * self.ns_per_byte).round() as Ns;
        Some(self.free_at)
    }
}
