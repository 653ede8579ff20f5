//! CUBIC (RFC 9438) as in the Linux kernel, with [`HyStart`].
//!
//! Growth is expressed as in Linux: the window grows by one segment per `acks_per_increment` acknowledged
//! segments. In conflicts between Linux and the RFC this follows Linux, because servers run it:
//! before the first loss the window grows by at least 5 % per round trip, and a timeout resets all
//! state.

use super::hystart::{HyStart, SlowStartProgress};
use super::{Ns, SECOND, secs};

/// Steepness of the cubic function, in segments per second³ (RFC 9438, section 5).
const C: f64 = 0.4;
/// Factor of the window after a loss (RFC 9438, section 4.6).
pub(super) const BETA: f64 = 0.7;
/// Fraction of the window that must be acknowledged for Reno's estimate to grow by one: 1/α with α
/// = 3 (1 − β) / (1 + β) (RFC 9438, section 4.3).
const RENO_FRACTION: f64 = (1.0 + BETA) / (3.0 * (1.0 - BETA));
/// Minimum interval between evaluations of the curve at an unchanged window.
const REEVALUATION_INTERVAL: Ns = SECOND / 32;

/// State of CUBIC and of its slow-start exit.
#[derive(Debug, Clone, Default)]
pub(super) struct Cubic {
    /// Window before the last reduction; zero before the first.
    w_max: f64,
    /// Plateau of the curve, and its time since the start of the epoch.
    origin: f64,
    k: f64,
    epoch: Option<Ns>,
    /// Window of the Reno estimate, and the segments acknowledged since it last grew.
    w_est: f64,
    acked: f64,
    acks_per_increment: u32,
    last_evaluation: (u32, Ns),
    /// Shortest round-trip time of this flow's data, queue included.
    delay_min: Option<Ns>,
    hystart: HyStart,
}

impl Cubic {
    /// Returns the number of acknowledged segments per which the window grows by one.
    pub(super) fn acks_per_increment(&mut self, now: Ns, cwnd: u32, acked: u32) -> u32 {
        self.acked += f64::from(acked);
        if self.last_evaluation.0 == cwnd
            && now.saturating_sub(self.last_evaluation.1) <= REEVALUATION_INTERVAL
        {
            return self.acks_per_increment.max(2);
        }
        self.last_evaluation = (cwnd, now);
        let window = f64::from(cwnd);
        let epoch = self.begin_epoch(now, window, acked);
        let t = secs(now - epoch + self.delay_min.unwrap_or(0));
        let target = self.origin + C * (t - self.k).powi(3);
        let max_acks = cwnd.saturating_mul(100);
        self.acks_per_increment = if target > window {
            ((window / (target - window)) as u32).min(max_acks)
        } else {
            max_acks
        };
        if self.w_max == 0.0 {
            self.acks_per_increment = self.acks_per_increment.min(20);
        }
        self.apply_reno_friendliness(window);
        // The window grows by at most half per round trip (RFC 9438, section 4.4).
        self.acks_per_increment = self.acks_per_increment.max(2);
        self.acks_per_increment
    }

    fn begin_epoch(&mut self, now: Ns, window: f64, acked: u32) -> Ns {
        if let Some(epoch) = self.epoch {
            return epoch;
        }
        self.epoch = Some(now);
        self.acked = f64::from(acked);
        self.w_est = window;
        self.k = ((self.w_max - window).max(0.0) / C).cbrt();
        self.origin = self.w_max.max(window);
        now
    }

    fn apply_reno_friendliness(&mut self, window: f64) {
        let step = window * RENO_FRACTION;
        let steps = (self.acked / step).floor();
        self.acked -= steps * step;
        self.w_est += steps;
        if self.w_est > window {
            let acks = window / (self.w_est - window);
            self.acks_per_increment = self.acks_per_increment.min(acks as u32);
        }
    }

    /// Returns the window after a loss (RFC 9438, sections 4.6 and 4.7).
    pub(super) fn reduce(&mut self, cwnd: u32) -> u32 {
        let window = f64::from(cwnd);
        self.epoch = None;
        self.last_evaluation = (0, 0);
        self.w_max = if window < self.w_max {
            window * (1.0 + BETA) / 2.0
        } else {
            window
        };
        ((window * BETA) as u32).max(2)
    }

    /// Resets all state after a timeout, as Linux does.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Shifts the epoch by an idle period, during which the curve must not advance.
    pub(super) fn on_idle(&mut self, now: Ns, idle: Ns) {
        self.epoch = self.epoch.map(|epoch| epoch.saturating_add(idle).min(now));
    }

    /// Processes a round-trip sample. Returns whether to leave slow start.
    pub(super) fn sample(
        &mut self,
        now: Ns,
        sample: Ns,
        slow_start: Option<SlowStartProgress>,
    ) -> bool {
        // The queue changes just after a recovery.
        if self.epoch.is_some_and(|epoch| now - epoch < SECOND) {
            return false;
        }
        let min = self.delay_min.map_or(sample, |min| min.min(sample));
        self.delay_min = Some(min);
        slow_start.is_some_and(|progress| self.hystart.should_exit(now, sample, min, progress))
    }
}
