//! Sender side of acknowledgements and timers: loss detection, recovery, tail loss probes and
//! timeouts.

use super::bbr::{BbrAck, LossPhase};
use super::flow::{Ack, Flow, Shared, TimerKind};
use super::random::{Draw, uniform};
use super::recovery::{Prr, RecoveryState};
use super::scoreboard::AckSummary;
use super::timer_queue::NEVER;
use super::{Link, Ns};

impl Flow {
    pub(super) fn on_ack(&mut self, now: Ns, ack: Ack) {
        let prior_in_flight = self.scoreboard.in_flight();
        let summary = self.scoreboard.acknowledge(ack.covers, ack.late, ack.una);
        let advanced = ack.una > self.una;
        let previous_una = self.una;
        (self.una, self.una_bytes) = (ack.una, ack.bytes);
        if let Some(sent_at) = summary.sent_at {
            let sample = now - sent_at;
            self.rtt.sample(sample, summary.late.is_some());
            // Acknowledgements of overtaken segments break the trains that HyStart looks for.
            if advanced || !self.reordering.is_seen() {
                self.window.sample(now, sample, self.una, self.next_segment);
            }
        }
        if summary.spurious_timeout {
            self.undo_timeout();
        }
        self.on_probe_acked(previous_una);
        if let Some(late) = &summary.late {
            self.on_late(late, advanced);
        }
        self.leave_recovery();
        if let Some(segment) = ack.duplicate {
            self.on_duplicate(segment);
        }
        let lost = self.detect_losses(now, ack.out_of_order);
        if self.window.is_bbr() {
            self.on_bbr_ack(now, &summary, lost, prior_in_flight);
            if advanced {
                self.arm(now);
            }
            return;
        }
        match &mut self.state {
            RecoveryState::Recovery { prr, .. } => {
                if summary.delivered > 0 {
                    let (ssthresh, in_flight) =
                        (self.window.ssthresh(), self.scoreboard.in_flight());
                    let cwnd = prr.window(ssthresh, in_flight, summary.delivered, lost, advanced);
                    self.window.set(cwnd);
                }
            }
            RecoveryState::Open | RecoveryState::Loss { .. } => {
                let may_grow = advanced || (self.reordering.is_high() && summary.delivered > 0);
                if may_grow && self.is_cwnd_limited() {
                    self.window.grow(now, summary.delivered);
                }
            }
        }
        if advanced {
            self.arm(now);
        }
    }

    #[cold]
    fn on_bbr_ack(&mut self, now: Ns, summary: &AckSummary, lost: u32, prior_in_flight: u32) {
        let ack = BbrAck {
            last_delivered: (summary.delivered > 0).then_some(summary.last_delivered),
            delivered: summary.delivered,
            lost,
            prior_in_flight,
            in_flight: self.scoreboard.in_flight(),
            rtt: summary.sent_at.map(|sent_at| now - sent_at),
            loss_phase: self.loss_phase(),
        };
        self.window.on_bbr_ack(now, &ack);
    }

    fn loss_phase(&self) -> LossPhase {
        match self.state {
            RecoveryState::Open => LossPhase::Open,
            RecoveryState::Recovery { .. } => LossPhase::Recovery,
            RecoveryState::Loss { .. } => LossPhase::Timeout,
        }
    }

    /// Returns whether the congestion window, and not the application, limited the sender. As in
    /// Linux, using half of it is sufficient in slow start.
    fn is_cwnd_limited(&self) -> bool {
        let half_used = u64::from(self.window.cwnd()) < 2 * self.max_outstanding;
        self.cwnd_limited || (self.window.in_slow_start() && half_used)
    }

    fn leave_recovery(&mut self) {
        match self.state {
            RecoveryState::Recovery { until, .. } if self.una >= until => {
                self.window.set(self.window.ssthresh());
                self.state = RecoveryState::Open;
            }
            RecoveryState::Loss { until } if self.una >= until => self.state = RecoveryState::Open,
            _ => return,
        }
        self.reordering.on_recovery_end();
    }

    /// Detects losses by RACK (RFC 8985): declares suspected segments lost on sufficient evidence,
    /// otherwise waits for reordered packets. `out_of_order` segments have arrived after a missing one.
    fn detect_losses(&mut self, now: Ns, out_of_order: u32) -> u32 {
        self.reorder_at = NEVER;
        let Some(sent_at) = self.scoreboard.suspect_sent_at() else {
            return 0;
        };
        let is_recovering = self.state != RecoveryState::Open;
        let window = self
            .reordering
            .window(&self.rtt, is_recovering, out_of_order);
        let patience = match window {
            0 => 0,
            _ => self.rtt.last() + window,
        };
        if sent_at + patience > now {
            self.reorder_at = sent_at + patience;
            return 0;
        }
        // Without reordering, evidence of one loss is evidence of all.
        let is_seen = self.reordering.is_seen();
        let lost = self.declare_suspects_lost(now - if is_seen { patience } else { 0 });
        if let Some(sent_at) = self.scoreboard.suspect_sent_at() {
            self.reorder_at = sent_at + patience;
        }
        lost
    }

    /// Declares the suspected segments that were sent by `by` lost.
    fn declare_suspects_lost(&mut self, by: Ns) -> u32 {
        let lost = self.scoreboard.declare_suspects_lost(by);
        if lost > 0 && self.state == RecoveryState::Open {
            let prr = Prr::new(self.window.cwnd());
            let before = (self.window.cwnd(), self.window.ssthresh());
            self.reordering.on_reduction(before, self.una);
            self.window.reduce();
            let until = self.next_segment;
            self.state = RecoveryState::Recovery { until, prr };
        }
        lost
    }

    /// Processes the acknowledgement of a probe that retransmitted a segment: the original was
    /// lost, and there is no other evidence of it.
    fn on_probe_acked(&mut self, previous_una: u64) {
        let Some(segment) = self.probe_segment.filter(|segment| *segment < self.una) else {
            return;
        };
        self.probe_segment = None;
        if self.state == RecoveryState::Open && segment >= previous_una && segment != u64::MAX {
            let ssthresh = self.window.reduce();
            self.window.set(ssthresh.min(self.window.cwnd()));
        }
    }

    pub(super) fn on_timers(&mut self, now: Ns, shared: &mut Shared) {
        if self.reorder_at <= now {
            let lost = self.detect_losses(now, 0);
            if let Some(bbr) = self.window.bbr() {
                bbr.on_lost(lost);
            }
            if let RecoveryState::Recovery { prr, .. } = &mut self.state {
                let (ssthresh, in_flight) = (self.window.ssthresh(), self.scoreboard.in_flight());
                self.window
                    .set(prr.window(ssthresh, in_flight, 1, lost, false));
            }
        }
        match self.timer {
            Some((TimerKind::Probe, at)) if at <= now => self.probe(now, shared),
            Some((TimerKind::Timeout, at)) if at <= now => self.on_timeout(now, &shared.link),
            _ => {}
        }
    }

    /// Sends a tail loss probe (RFC 8985, section 7): a new segment if there is one, else the last
    /// one again.
    fn probe(&mut self, now: Ns, shared: &mut Shared) {
        if let Some(len) = self.next_len(now, shared) {
            self.send_new(now, len, shared);
            // A probe with new data says nothing about a loss; the marker only delays the next
            // probe.
            self.probe_segment = Some(self.next_segment - 1);
        } else if let Some(last) = self.scoreboard.take_last_in_flight() {
            self.transmit(now, last, true, shared);
            self.probe_segment = Some(last.0);
        }
        self.timer = Some((TimerKind::Timeout, now + self.rtt.timeout()));
    }

    fn on_timeout(&mut self, now: Ns, link: &Link) {
        self.timeouts += 1;
        self.probe_segment = None;
        self.reorder_at = NEVER;
        self.reordering.on_timeout();
        if !matches!(self.state, RecoveryState::Loss { .. }) {
            self.prior_cwnd = Some((self.window.cwnd(), self.window.ssthresh()));
            self.window.reduce();
        }
        self.window.reset();
        let lost = self
            .scoreboard
            .presume_lost(now.saturating_sub(self.rtt.smoothed()));
        if let Some(bbr) = self.window.bbr() {
            bbr.on_lost(lost);
        }
        self.window.collapse(self.scoreboard.in_flight() + 1);
        let until = self.next_segment;
        self.state = RecoveryState::Loss { until };
        self.rtt.back_off();
        // Long timers are coarse: the timer wheel of Linux rounds by up to an eighth. With exact
        // timers a flow could miss the one free slot of a full buffer forever.
        let chance = uniform(link.seed(), self.key, Draw::Timer, self.timeouts);
        let wait = self.rtt.timeout();
        let rounding = (wait as f64 / 8.0 * chance) as Ns;
        self.timer = Some((TimerKind::Timeout, now + wait + rounding));
    }

    /// Undoes a spurious timeout: a segment presumed lost has arrived (Eifel, RFC 3522).
    fn undo_timeout(&mut self) {
        if let (RecoveryState::Loss { .. }, Some((cwnd, ssthresh))) =
            (self.state, self.prior_cwnd.take())
        {
            self.window.undo(cwnd, ssthresh);
            self.scoreboard.undo_presumed_losses();
            self.state = RecoveryState::Open;
        }
    }

    /// Restarts the timer at `now`.
    pub(super) fn arm(&mut self, now: Ns) {
        let out = self.next_segment - self.una;
        self.timer = if out == 0 {
            None
        } else if self.state == RecoveryState::Open
            && self.probe_segment.is_none()
            && self.reorder_at == NEVER
        {
            Some((TimerKind::Probe, now + self.rtt.probe(out == 1)))
        } else {
            Some((TimerKind::Timeout, now + self.rtt.timeout()))
        };
    }
}
