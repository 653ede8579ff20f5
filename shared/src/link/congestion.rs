//! The congestion window: slow start, then the algorithm of the profile.
//!
//! Whole segments and a counter, as in Linux, so that the short windows of many flows behave as
//! the kernel's do.

use super::cubic::Cubic;
use super::hystart::Progress;
use super::{Congestion, INITIAL_WINDOW, Ns};

/// A sender's congestion window, in segments.
#[derive(Debug, Clone)]
pub(super) struct Window {
    cwnd: u32,
    ssthresh: u32,
    /// Segments acknowledged since the window last grew.
    counted: u32,
    algorithm: Algorithm,
}

#[derive(Debug, Clone)]
enum Algorithm {
    Cubic(Box<Cubic>),
    Reno,
    Fixed,
}

/// The widest window, in segments: wider than any receive window of a profile.
const WIDEST: u32 = 1 << 20;

impl Window {
    pub(super) fn new(congestion: Congestion) -> Self {
        let algorithm = match congestion {
            Congestion::Cubic => Algorithm::Cubic(Box::default()),
            Congestion::Reno => Algorithm::Reno,
            Congestion::Fixed => Algorithm::Fixed,
        };
        let fixed = matches!(algorithm, Algorithm::Fixed);
        Self {
            cwnd: if fixed { WIDEST } else { INITIAL_WINDOW },
            ssthresh: u32::MAX,
            counted: 0,
            algorithm,
        }
    }

    pub(super) fn cwnd(&self) -> u32 {
        self.cwnd
    }

    pub(super) fn ssthresh(&self) -> u32 {
        self.ssthresh
    }

    pub(super) fn in_slow_start(&self) -> bool {
        self.cwnd < self.ssthresh
    }

    /// Sets the window, as recovery does. A fixed window stays.
    pub(super) fn set(&mut self, cwnd: u32) {
        if !matches!(self.algorithm, Algorithm::Fixed) {
            self.cwnd = cwnd.clamp(1, WIDEST);
        }
    }

    /// A time-out: begins again with this window. A fixed one too, and it opens again
    /// as in slow start, or repetitions would pile up before a slow link faster than it carries them.
    pub(super) fn collapse(&mut self, cwnd: u32) {
        self.cwnd = cwnd.max(1);
    }

    /// A round trip was measured. `HyStart` may end slow start.
    pub(super) fn sample(&mut self, now: Ns, sample: Ns, una: u64, next: u64) {
        let cwnd = self.cwnd;
        let slow_start = self.in_slow_start().then_some(Progress { cwnd, una, next });
        if let Algorithm::Cubic(cubic) = &mut self.algorithm
            && cubic.sample(now, sample, slow_start)
        {
            self.ssthresh = self.cwnd;
        }
    }

    /// `acked` segments were acknowledged while the window was what held the sender back.
    pub(super) fn grow(&mut self, now: Ns, acked: u32) {
        let mut acked = acked;
        if self.in_slow_start() {
            let wider = self.cwnd.saturating_add(acked).min(self.ssthresh);
            acked -= wider - self.cwnd;
            self.cwnd = wider.min(WIDEST);
            if acked == 0 {
                return;
            }
        }
        let per = match &mut self.algorithm {
            Algorithm::Cubic(cubic) => cubic.per(now, self.cwnd, acked),
            Algorithm::Reno => self.cwnd,
            Algorithm::Fixed => {
                self.cwnd = WIDEST;
                return;
            }
        };
        if self.counted >= per {
            self.counted = 0;
            self.cwnd += 1;
        }
        self.counted += acked;
        if self.counted >= per {
            self.cwnd += self.counted / per;
            self.counted %= per;
        }
        self.cwnd = self.cwnd.min(WIDEST);
    }

    /// A loss: lowers the slow-start threshold and returns it. The window itself comes down as
    /// recovery goes on.
    pub(super) fn reduce(&mut self) -> u32 {
        self.counted = 0;
        self.ssthresh = match &mut self.algorithm {
            Algorithm::Cubic(cubic) => cubic.reduce(self.cwnd),
            Algorithm::Reno => (self.cwnd / 2).max(2),
            Algorithm::Fixed => self.ssthresh,
        };
        self.ssthresh
    }

    /// A time-out is over and done: what the algorithm remembers is worth nothing now.
    pub(super) fn forget(&mut self) {
        if let Algorithm::Cubic(cubic) = &mut self.algorithm {
            cubic.forget();
        }
    }

    /// Undoes a reduction that was not called for.
    pub(super) fn undo(&mut self, cwnd: u32, ssthresh: u32) {
        self.set(self.cwnd.max(cwnd));
        self.ssthresh = ssthresh;
    }

    /// The sender had nothing to send for `idle`, longer than `timeout`: the window is halved for
    /// each, down to the initial one (RFC 2861, as in Linux).
    pub(super) fn rested(&mut self, now: Ns, idle: Ns, timeout: Ns) {
        if let Algorithm::Cubic(cubic) = &mut self.algorithm {
            cubic.rested(now, idle);
        }
        if idle <= timeout || matches!(self.algorithm, Algorithm::Fixed) {
            return;
        }
        self.ssthresh = self.ssthresh.max(self.cwnd / 4 * 3);
        let mut left = idle;
        while left > timeout && self.cwnd > INITIAL_WINDOW {
            left -= timeout;
            self.cwnd = (self.cwnd / 2).max(INITIAL_WINDOW);
        }
    }
}
