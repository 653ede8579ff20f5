//! What a sender learns: acknowledgements and timers.

use super::flow::{Ack, Flow, Shared, Timer};
use super::random::{Draw, uniform};
use super::recovery::{Reduction, State};
use super::timer_queue::NEVER;
use super::{Link, Ns};

/// So many segments received behind a gap prove a loss at once (RFC 5681).
const DUPLICATE_ACKS: u32 = 3;

impl Flow {
    pub(super) fn on_ack(&mut self, now: Ns, ack: Ack) {
        let told = self.board.acknowledge(ack.upto, ack.una);
        let advanced = ack.una > self.una;
        let first_before = self.una;
        (self.una, self.una_bytes) = (ack.una, ack.bytes);
        if let Some(sent_at) = told.sent_at {
            let sample = now - sent_at;
            self.rtt.sample(sample);
            self.window.sample(now, sample, self.una, self.next_segment);
        }
        if told.too_early {
            self.undo_timeout();
        }
        self.probe_answered(first_before);
        self.leave_recovery();
        let lost = self.find_losses(now, ack.held);
        match &mut self.state {
            State::Recovery { prr, .. } => {
                if told.delivered > 0 {
                    let (ssthresh, flying) = (self.window.ssthresh(), self.board.in_flight());
                    let cwnd = prr.window(ssthresh, flying, told.delivered, lost, advanced);
                    self.window.set(cwnd);
                }
            }
            State::Open | State::Loss { .. } => {
                if advanced && self.window_limits() {
                    self.window.grow(now, told.delivered);
                }
            }
        }
        if advanced {
            self.arm(now);
        }
    }

    /// Whether the window, and not the application, held the sender back (Linux: in slow start it
    /// is enough that half of it was used).
    fn window_limits(&self) -> bool {
        let half_used = u64::from(self.window.cwnd()) < 2 * self.most_out;
        self.limited || (self.window.in_slow_start() && half_used)
    }

    fn leave_recovery(&mut self) {
        match self.state {
            State::Recovery { until, .. } if self.una >= until => {
                self.window.set(self.window.ssthresh());
                self.state = State::Open;
            }
            State::Loss { until } if self.una >= until => self.state = State::Open,
            _ => {}
        }
    }

    /// RACK (RFC 8985): believes what is suspected when there is proof enough, else waits a little
    /// for packets that were merely overtaken.
    fn find_losses(&mut self, now: Ns, held: u32) -> u32 {
        self.reorder_at = NEVER;
        let Some(sent_at) = self.board.suspect_sent_at() else {
            return 0;
        };
        if self.state != State::Open || held >= DUPLICATE_ACKS {
            return self.believe();
        }
        let patience = (self.rtt.min() / 4).min(self.rtt.smoothed() / 8);
        let until = sent_at + self.rtt.last() + patience;
        if until <= now {
            return self.believe();
        }
        self.reorder_at = until;
        0
    }

    fn believe(&mut self) -> u32 {
        self.reorder_at = NEVER;
        let lost = self.board.believe();
        if lost > 0 && self.state == State::Open {
            let prr = Reduction::new(self.window.cwnd());
            self.window.reduce();
            let until = self.next_segment;
            self.state = State::Recovery { until, prr };
        }
        lost
    }

    /// A probe that repeated a segment came back: that segment was lost, and nothing else tells.
    fn probe_answered(&mut self, first_before: u64) {
        let Some(segment) = self.probing.filter(|segment| *segment < self.una) else {
            return;
        };
        self.probing = None;
        if self.state == State::Open && segment >= first_before && segment != u64::MAX {
            let ssthresh = self.window.reduce();
            self.window.set(ssthresh.min(self.window.cwnd()));
        }
    }

    pub(super) fn timers(&mut self, now: Ns, shared: &mut Shared) {
        if self.reorder_at <= now {
            let lost = self.believe();
            if let State::Recovery { prr, .. } = &mut self.state {
                let (ssthresh, flying) = (self.window.ssthresh(), self.board.in_flight());
                self.window
                    .set(prr.window(ssthresh, flying, 1, lost, false));
            }
        }
        match self.timer {
            Some((Timer::Probe, at)) if at <= now => self.probe(now, shared),
            Some((Timer::Timeout, at)) if at <= now => self.time_out(now, &shared.link),
            _ => {}
        }
    }

    /// Tail loss probe (RFC 8985, section 7): something new if there is, else the last again.
    fn probe(&mut self, now: Ns, shared: &mut Shared) {
        if let Some(len) = self.next_len(now, shared) {
            self.send_new(now, len, shared);
            // Its answer says nothing about a loss of its own.
            self.probing = Some(self.next_segment - 1);
        } else if let Some(last) = self.board.replace_last() {
            self.transmit(now, last, true, shared);
            self.probing = Some(last.0);
        }
        self.timer = Some((Timer::Timeout, now + self.rtt.timeout()));
    }

    fn time_out(&mut self, now: Ns, link: &Link) {
        self.timeouts += 1;
        self.probing = None;
        self.reorder_at = NEVER;
        if !matches!(self.state, State::Loss { .. }) {
            self.before_timeout = Some((self.window.cwnd(), self.window.ssthresh()));
            self.window.reduce();
        }
        self.window.forget();
        self.board.give_up(now.saturating_sub(self.rtt.smoothed()));
        self.window.collapse(self.board.in_flight() + 1);
        let until = self.next_segment;
        self.state = State::Loss { until };
        self.rtt.double();
        // Long timers are coarse: Linux's wheel rounds by up to an eighth. Exact ones could miss
        // the one free place of a full buffer for ever.
        let chance = uniform(link.seed(), self.key, Draw::Timer, self.timeouts);
        let wait = self.rtt.timeout();
        let late = (wait as f64 / 8.0 * chance) as Ns;
        self.timer = Some((Timer::Timeout, now + wait + late));
    }

    /// What had been given up came after all (Eifel, RFC 3522): as if nothing had happened.
    fn undo_timeout(&mut self) {
        if let (State::Loss { .. }, Some((cwnd, ssthresh))) =
            (self.state, self.before_timeout.take())
        {
            self.window.undo(cwnd, ssthresh);
            self.board.take_back();
            self.state = State::Open;
        }
    }

    /// Sets the timer from `now` on.
    pub(super) fn arm(&mut self, now: Ns) {
        let out = self.next_segment - self.una;
        self.timer = if out == 0 {
            None
        } else if self.state == State::Open && self.probing.is_none() && self.reorder_at == NEVER {
            Some((Timer::Probe, now + self.rtt.probe(out == 1)))
        } else {
            Some((Timer::Timeout, now + self.rtt.timeout()))
        };
    }
}
