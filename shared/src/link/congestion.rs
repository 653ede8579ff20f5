//! Congestion window: slow start, then the algorithm of the profile.
//!
//! It counts whole segments, as Linux does, so that the short windows of many flows behave as in
//! the kernel.

use super::bbr::{Bbr, BbrAck};
use super::cubic::Cubic;
use super::hystart::SlowStartProgress;
use super::{Congestion, INITIAL_WINDOW, Link, Ns};

/// Congestion window of a sender, in segments.
#[derive(Debug, Clone)]
pub(super) struct CongestionWindow {
    cwnd: u32,
    ssthresh: u32,
    /// Segments acknowledged since the window last grew.
    acked_since_growth: u32,
    algorithm: Algorithm,
}

#[derive(Debug, Clone)]
enum Algorithm {
    Cubic(Box<Cubic>),
    Bbr(Box<Bbr>),
    Reno,
    Fixed,
}

/// Maximum window, in segments: larger than any receive window of a profile.
const MAX_CWND: u32 = 1 << 20;

impl CongestionWindow {
    /// Creates the window of the flow `key`.
    pub(super) fn new(congestion: Congestion, link: &Link, key: u64) -> Self {
        let algorithm = match congestion {
            Congestion::Cubic => Algorithm::Cubic(Box::default()),
            Congestion::Bbr => Algorithm::Bbr(Box::new(Bbr::new(link.rtt(), link.seed(), key))),
            Congestion::Reno => Algorithm::Reno,
            Congestion::Fixed => Algorithm::Fixed,
        };
        let fixed = matches!(algorithm, Algorithm::Fixed);
        Self {
            cwnd: if fixed { MAX_CWND } else { INITIAL_WINDOW },
            ssthresh: u32::MAX,
            acked_since_growth: 0,
            algorithm,
        }
    }

    /// Starts in congestion avoidance with a window of `cwnd`, at least the initial one.
    pub(super) fn start_at(&mut self, cwnd: u32) {
        self.cwnd = cwnd.clamp(INITIAL_WINDOW, MAX_CWND);
        match &mut self.algorithm {
            Algorithm::Bbr(bbr) => bbr.start_at(self.cwnd),
            _ => self.ssthresh = self.cwnd,
        }
    }

    /// Returns the state of BBR, if that is the algorithm.
    pub(super) fn bbr(&mut self) -> Option<&mut Bbr> {
        match &mut self.algorithm {
            Algorithm::Bbr(bbr) => Some(bbr),
            _ => None,
        }
    }

    /// Returns whether the algorithm sets the window itself in each state of recovery.
    pub(super) fn is_bbr(&self) -> bool {
        matches!(self.algorithm, Algorithm::Bbr(_))
    }

    /// Sets the window of BBR after an acknowledgement.
    pub(super) fn on_bbr_ack(&mut self, now: Ns, ack: &BbrAck) {
        if let Algorithm::Bbr(bbr) = &mut self.algorithm {
            self.cwnd = bbr.on_ack(now, ack, self.cwnd).min(MAX_CWND);
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

    /// Sets the window during recovery. A fixed window does not change, and BBR sets its own.
    pub(super) fn set(&mut self, cwnd: u32) {
        if !matches!(self.algorithm, Algorithm::Fixed | Algorithm::Bbr(_)) {
            self.cwnd = cwnd.clamp(1, MAX_CWND);
        }
    }

    /// Sets the window after a timeout. This applies to a fixed window too, which then reopens as
    /// in slow start; otherwise retransmissions would pile up in front of a slow link.
    pub(super) fn collapse(&mut self, cwnd: u32) {
        self.cwnd = cwnd.max(1);
    }

    /// Processes a round-trip sample. `HyStart` may end slow start.
    pub(super) fn sample(&mut self, now: Ns, sample: Ns, una: u64, next: u64) {
        let cwnd = self.cwnd;
        let slow_start = self
            .in_slow_start()
            .then_some(SlowStartProgress { cwnd, una, next });
        if let Algorithm::Cubic(cubic) = &mut self.algorithm
            && cubic.sample(now, sample, slow_start)
        {
            self.ssthresh = self.cwnd;
        }
    }

    /// Grows the window after `acked` segments were acknowledged while the window limited the
    /// sender.
    pub(super) fn grow(&mut self, now: Ns, acked: u32) {
        let mut acked = acked;
        if self.in_slow_start() {
            let grown = self.cwnd.saturating_add(acked).min(self.ssthresh);
            acked -= grown - self.cwnd;
            self.cwnd = grown.min(MAX_CWND);
            if acked == 0 {
                return;
            }
        }
        let acks_per_increment = match &mut self.algorithm {
            Algorithm::Cubic(cubic) => cubic.acks_per_increment(now, self.cwnd, acked),
            Algorithm::Reno => self.cwnd,
            Algorithm::Fixed => {
                self.cwnd = MAX_CWND;
                return;
            }
            Algorithm::Bbr(_) => return,
        };
        if self.acked_since_growth >= acks_per_increment {
            self.acked_since_growth = 0;
            self.cwnd += 1;
        }
        self.acked_since_growth += acked;
        if self.acked_since_growth >= acks_per_increment {
            self.cwnd += self.acked_since_growth / acks_per_increment;
            self.acked_since_growth %= acks_per_increment;
        }
        self.cwnd = self.cwnd.min(MAX_CWND);
    }

    /// Lowers the slow-start threshold after a loss and returns it. Recovery then lowers the window
    /// itself.
    pub(super) fn reduce(&mut self) -> u32 {
        self.acked_since_growth = 0;
        self.ssthresh = match &mut self.algorithm {
            Algorithm::Cubic(cubic) => cubic.reduce(self.cwnd),
            Algorithm::Reno => (self.cwnd / 2).max(2),
            Algorithm::Bbr(bbr) => {
                bbr.save_cwnd(self.cwnd);
                self.ssthresh
            }
            Algorithm::Fixed => self.ssthresh,
        };
        self.ssthresh
    }

    /// Resets the state of the algorithm, which is obsolete after a timeout.
    pub(super) fn reset(&mut self) {
        match &mut self.algorithm {
            Algorithm::Cubic(cubic) => cubic.reset(),
            Algorithm::Bbr(bbr) => bbr.on_timeout(),
            Algorithm::Reno | Algorithm::Fixed => {}
        }
    }

    /// Undoes a spurious reduction.
    pub(super) fn undo(&mut self, cwnd: u32, ssthresh: u32) {
        if let Algorithm::Bbr(bbr) = &mut self.algorithm {
            bbr.on_undo();
            return;
        }
        self.set(self.cwnd.max(cwnd));
        self.ssthresh = ssthresh;
    }

    /// Halves the window for each `timeout` of an `idle` period, down to the initial window (RFC
    /// 2861, as in Linux).
    pub(super) fn on_idle(&mut self, now: Ns, idle: Ns, timeout: Ns) {
        if let Algorithm::Cubic(cubic) = &mut self.algorithm {
            cubic.on_idle(now, idle);
        }
        if idle <= timeout || matches!(self.algorithm, Algorithm::Fixed | Algorithm::Bbr(_)) {
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
