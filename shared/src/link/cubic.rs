//! CUBIC (RFC 9438), as the Linux kernel has it, with [`HyStart`].
//!
//! Growth is expressed as Linux does: `per` acknowledged segments make the window one segment
//! wider. Where Linux and the RFC differ, this follows Linux, because that is what servers run:
//! before the first loss the window grows by 5 % a round trip at least, and after a time-out
//! everything is forgotten.

use super::hystart::{HyStart, Progress};
use super::{Ns, SECOND, secs};

/// The cubic's steepness, in segments per second³ (RFC 9438, section 5).
const C: f64 = 0.4;
/// What is left of the window after a loss (RFC 9438, section 4.6).
pub(super) const BETA: f64 = 0.7;
/// Segments acknowledged, as a share of the window, for Reno's estimate to grow by one: 1/α with
/// α = 3 (1 − β) / (1 + β) (RFC 9438, section 4.3).
const RENO_SHARE: f64 = (1.0 + BETA) / (3.0 * (1.0 - BETA));
/// While the window has not changed, the curve is looked at again only after this long.
const LOOK_AGAIN: Ns = SECOND / 32;

/// The state of CUBIC and of its slow-start exit.
#[derive(Debug, Clone, Default)]
pub(super) struct Cubic {
    /// The window before the last reduction; zero before the first.
    w_max: f64,
    /// What the curve levels off at, and when, from the epoch.
    origin: f64,
    k: f64,
    epoch: Option<Ns>,
    /// What Reno's window would be, and what was acknowledged since it last grew.
    w_est: f64,
    acked: f64,
    per: u32,
    looked: (u32, Ns),
    /// The shortest round trip of this flow's own data, queue included.
    delay_min: Option<Ns>,
    hystart: HyStart,
}

impl Cubic {
    /// `acked` segments more per which the window grows by one.
    pub(super) fn per(&mut self, now: Ns, cwnd: u32, acked: u32) -> u32 {
        self.acked += f64::from(acked);
        if self.looked.0 == cwnd && now.saturating_sub(self.looked.1) <= LOOK_AGAIN {
            return self.per.max(2);
        }
        self.looked = (cwnd, now);
        let window = f64::from(cwnd);
        let epoch = self.begin_epoch(now, window, acked);
        let t = secs(now - epoch + self.delay_min.unwrap_or(0));
        let target = self.origin + C * (t - self.k).powi(3);
        let slowest = cwnd.saturating_mul(100);
        self.per = if target > window {
            ((window / (target - window)) as u32).min(slowest)
        } else {
            slowest
        };
        if self.w_max == 0.0 {
            self.per = self.per.min(20);
        }
        self.be_reno_friendly(window);
        // The window grows by half a round trip's worth at most (RFC 9438, section 4.4).
        self.per = self.per.max(2);
        self.per
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

    fn be_reno_friendly(&mut self, window: f64) {
        let step = window * RENO_SHARE;
        let steps = (self.acked / step).floor();
        self.acked -= steps * step;
        self.w_est += steps;
        if self.w_est > window {
            let most = window / (self.w_est - window);
            self.per = self.per.min(most as u32);
        }
    }

    /// The window after a loss (RFC 9438, sections 4.6 and 4.7).
    pub(super) fn reduce(&mut self, cwnd: u32) -> u32 {
        let window = f64::from(cwnd);
        self.epoch = None;
        self.looked = (0, 0);
        self.w_max = if window < self.w_max {
            window * (1.0 + BETA) / 2.0
        } else {
            window
        };
        ((window * BETA) as u32).max(2)
    }

    /// After a time-out Linux starts from nothing.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The sender had nothing to send for `idle`: the curve must not have moved on meanwhile.
    pub(super) fn rested(&mut self, now: Ns, idle: Ns) {
        self.epoch = self.epoch.map(|epoch| epoch.saturating_add(idle).min(now));
    }

    /// Takes a round-trip sample; in slow start says whether to leave it.
    pub(super) fn sample(&mut self, now: Ns, sample: Ns, slow_start: Option<Progress>) -> bool {
        // Just after a recovery the queue is another.
        if self.epoch.is_some_and(|epoch| now - epoch < SECOND) {
            return false;
        }
        let min = self.delay_min.map_or(sample, |min| min.min(sample));
        self.delay_min = Some(min);
        slow_start.is_some_and(|progress| self.hystart.leave(now, sample, min, progress))
    }
}
