//! What a sender sends, and what holds it back.

use super::flow::{Flow, Shared};
use super::recovery::State;
use super::timer_queue::NEVER;
use super::{MSS, Ns};

/// What a socket's send buffer holds of a file, in bytes: Linux's greatest, 4 MiB, less what it
/// keeps beside each packet.
const SEND_BUFFER: u64 = 3_980_000;
/// How much a capped connection may send in one go after a pause, in segments.
const CAP_BURST: u64 = 4;

impl Flow {
    /// Sends what the windows and the cap allow: lost segments first, then new ones.
    pub(super) fn send(&mut self, now: Ns, shared: &mut Shared) {
        self.cap_wait = NEVER;
        let mut sent = false;
        let mut new = false;
        let mut limited = false;
        loop {
            let lost = self.board.first_lost();
            let full = self.board.in_flight() >= self.window.cwnd();
            if let Some(segment) = lost {
                if full {
                    break;
                }
                self.board.pop_lost();
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
                if self.held_by_cap(now, len, shared) {
                    break;
                }
                self.send_new(now, len, shared);
                sent = true;
                new = true;
            } else {
                break;
            }
        }
        limited |= self.board.in_flight() >= self.window.cwnd();
        if sent || limited {
            self.note_usage(limited);
        }
        if new || (sent && self.timer.is_none()) {
            self.arm_after_new(now);
        }
    }

    /// A probe waits from the last new segment on; a time-out from the last progress.
    fn arm_after_new(&mut self, now: Ns) {
        if self.timer.is_none() || self.state == State::Open {
            let earlier = self.timer;
            self.arm(now);
            // A time-out that runs already is not put off by sending more.
            if let (Some((kind, at)), Some((new_kind, _))) = (earlier, self.timer)
                && kind == new_kind
                && kind == super::flow::Timer::Timeout
            {
                self.timer = Some((kind, at));
            }
        }
    }

    /// The length of the next new segment; `None` when there is none to send now, whatever the
    /// congestion window.
    pub(super) fn next_len(&mut self, now: Ns, shared: &Shared) -> Option<u16> {
        if self.unsent == 0 || self.paused || now < self.ready_at || self.stalls(now, shared) {
            return None;
        }
        let unacked = self.sent_bytes - self.una_bytes;
        let window = self.window_bytes.saturating_sub(unacked);
        let room = window.min(self.refill() - self.sent_bytes);
        let len = MSS.min(self.unsent).min(room);
        (len > 0).then_some(len as u16)
    }

    /// The socket's send buffer keeps what is not acknowledged, and Linux timers the program that
    /// fills it only when a third of it is free: a long recovery empties it, and a burst follows.
    fn refill(&mut self) -> u64 {
        if self.filled_until - self.una_bytes <= SEND_BUFFER / 3 * 2 {
            self.filled_until = self.una_bytes + SEND_BUFFER;
        }
        self.filled_until
    }

    /// A stall holds back what has not been sent yet; a stall that fell into a pause is over.
    fn stalls(&mut self, now: Ns, shared: &Shared) -> bool {
        while self.next_stall <= now {
            self.stalled_until = self.next_stall.saturating_add(shared.link.stall());
            self.draw_stall(self.stalled_until, &shared.link);
        }
        if self.stalled_until <= now {
            self.stalled_until = 0;
        }
        self.stalled_until > now
    }

    /// The server's own cap on this connection: a token bucket of a few segments.
    fn held_by_cap(&mut self, now: Ns, len: u16, shared: &Shared) -> bool {
        let Some(cap) = shared.link.cap_bps() else {
            return false;
        };
        let per_byte = 8e9 / cap;
        let burst = (CAP_BURST * MSS) as f64 * per_byte;
        let due = self.cap_next.max(now as f64 - burst);
        if due > now as f64 {
            self.cap_wait = due.ceil() as Ns;
            return true;
        }
        self.cap_next = due + f64::from(len) * per_byte;
        false
    }

    pub(super) fn send_new(&mut self, now: Ns, len: u16, shared: &mut Shared) {
        if self.next_segment == self.una && self.next_segment > 0 {
            self.window
                .rested(now, now - self.last_sent, self.rtt.timeout());
        }
        let segment = self.next_segment;
        self.next_segment += 1;
        self.unsent -= u64::from(len);
        self.sent_bytes += u64::from(len);
        self.transmit(now, (segment, len), false, shared);
    }

    /// Linux remembers for a round trip that the window was what held it back.
    fn note_usage(&mut self, limited: bool) {
        let out = self.next_segment - self.una;
        if self.una >= self.usage_until || limited || (!self.limited && out > self.most_out) {
            self.limited = limited;
            self.most_out = out;
            self.usage_until = self.next_segment;
        }
    }
}
