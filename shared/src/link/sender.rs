//! Transmission of a flow's segments, and the limits on it: congestion window, receive window, send
//! buffer, stalls and the server's cap.

use super::flow::{Flow, Shared};
use super::recovery::RecoveryState;
use super::timer_queue::NEVER;
use super::{MSS, Ns};

/// File data that the send buffer of a socket holds, in bytes: the maximum of Linux, 4 MiB, less
/// the overhead per packet.
const SEND_BUFFER: u64 = 3_980_000;
/// Burst of a capped connection after a pause, in segments.
const CAP_BURST: u64 = 4;

impl Flow {
    /// Sends as many segments as the windows and the cap allow: retransmissions first, then new
    /// ones.
    pub(super) fn send(&mut self, now: Ns, shared: &mut Shared) {
        self.release_at = NEVER;
        let is_bbr = self.window.is_bbr();
        let mut sent = false;
        let mut new = false;
        let mut limited = false;
        loop {
            let lost = self.scoreboard.first_lost();
            let full = self.scoreboard.in_flight() >= self.window.cwnd();
            if let Some(segment) = lost {
                if full || (is_bbr && self.is_paced(now)) {
                    break;
                }
                self.scoreboard.pop_lost();
                self.transmit(now, segment, true, shared);
                sent = true;
                if segment.0 == self.una {
                    self.arm(now);
                }
            } else if let Some(len) = self.next_len(now, shared) {
                if full {
                    limited = true;
                    break;
                }
                if (is_bbr && self.is_paced(now)) || self.is_delayed_by_cap(now, len, shared) {
                    break;
                }
                self.send_new(now, len, shared);
                sent = true;
                new = true;
            } else {
                if is_bbr {
                    self.on_app_limited(full);
                }
                break;
            }
        }
        if is_bbr && let Some(bbr) = self.window.bbr() {
            bbr.end_burst(now);
        }
        limited |= self.scoreboard.in_flight() >= self.window.cwnd();
        if sent || limited {
            self.record_usage(limited);
        }
        if new || (sent && self.timer.is_none()) {
            self.arm_after_new(now);
        }
    }

    /// Returns whether pacing delays the next segment.
    #[cold]
    fn is_paced(&mut self, now: Ns) -> bool {
        let Some(next) = self.window.bbr().and_then(|bbr| bbr.paced_until(now)) else {
            return false;
        };
        self.release_at = next;
        true
    }

    /// Records that there is no data for the room in the window, unless the client's window is the
    /// limit.
    #[cold]
    fn on_app_limited(&mut self, full: bool) {
        let unacked = self.sent_bytes - self.una_bytes;
        if full || self.window_bytes <= unacked {
            return;
        }
        let in_flight = self.scoreboard.in_flight();
        if let Some(bbr) = self.window.bbr() {
            bbr.on_app_limited(in_flight);
        }
    }

    /// Restarts the timer after new data: a probe counts from the last new segment, a timeout from
    /// the last progress.
    fn arm_after_new(&mut self, now: Ns) {
        if self.timer.is_none() || self.state == RecoveryState::Open {
            let earlier = self.timer;
            self.arm(now);
            // Sending more does not postpone a running timeout.
            if let (Some((kind, at)), Some((new_kind, _))) = (earlier, self.timer)
                && kind == new_kind
                && kind == super::flow::TimerKind::Timeout
            {
                self.timer = Some((kind, at));
            }
        }
    }

    /// Returns the length of the next new segment, regardless of the congestion window; `None` when
    /// nothing may be sent now.
    pub(super) fn next_len(&mut self, now: Ns, shared: &Shared) -> Option<u16> {
        if self.unsent == 0 || self.paused || now < self.accepted_at || self.is_stalled(now, shared)
        {
            return None;
        }
        let unacked = self.sent_bytes - self.una_bytes;
        let window = self.window_bytes.saturating_sub(unacked);
        let room = window.min(self.refill_send_buffer() - self.sent_bytes);
        let len = MSS.min(self.unsent).min(room);
        (len > 0).then_some(len as u16)
    }

    /// Refills the send buffer and returns the offset of its end. It holds unacknowledged data, and
    /// Linux wakes the writing program only when a third of it is free: a long recovery empties it,
    /// and a burst follows.
    fn refill_send_buffer(&mut self) -> u64 {
        if self.buffered_until - self.una_bytes <= SEND_BUFFER / 3 * 2 {
            self.buffered_until = self.una_bytes + SEND_BUFFER;
        }
        self.buffered_until
    }

    /// Returns whether a stall delays unsent data. A stall that began during a pause is skipped.
    fn is_stalled(&mut self, now: Ns, shared: &Shared) -> bool {
        while self.next_stall <= now {
            self.stalled_until = self.next_stall.saturating_add(shared.link.stall());
            self.draw_stall(self.stalled_until, &shared.link);
        }
        if self.stalled_until <= now {
            self.stalled_until = 0;
        }
        self.stalled_until > now
    }

    /// Applies the server's cap on this connection: a token bucket of a few segments. Returns
    /// whether it delays the segment.
    fn is_delayed_by_cap(&mut self, now: Ns, len: u16, shared: &Shared) -> bool {
        let Some(cap) = shared.link.cap_bps() else {
            return false;
        };
        let per_byte = 8e9 / cap;
        let burst = (CAP_BURST * MSS) as f64 * per_byte;
        let due = self.cap_next.max(now as f64 - burst);
        if due > now as f64 {
            self.release_at = due.ceil() as Ns;
            return true;
        }
        self.cap_next = due + f64::from(len) * per_byte;
        false
    }

    pub(super) fn send_new(&mut self, now: Ns, len: u16, shared: &mut Shared) {
        if self.next_segment == self.una && self.next_segment > 0 {
            self.window
                .on_idle(now, now - self.last_sent, self.rtt.timeout());
        }
        let segment = self.next_segment;
        self.next_segment += 1;
        self.unsent -= u64::from(len);
        self.sent_bytes += u64::from(len);
        self.transmit(now, (segment, len), false, shared);
    }

    /// Records for one round trip whether the window limited the sender, as Linux does.
    fn record_usage(&mut self, limited: bool) {
        let out = self.next_segment - self.una;
        if self.una >= self.usage_window_end
            || limited
            || (!self.cwnd_limited && out > self.max_outstanding)
        {
            self.cwnd_limited = limited;
            self.max_outstanding = out;
            self.usage_window_end = self.next_segment;
        }
    }
}
