//! Rate of a link over time: constant, or in steps.

use crate::link::timer_queue::NEVER;
use crate::link::{Link, Ns};

/// Rate of a link, as the time that a byte takes.
#[derive(Debug, Clone)]
pub(super) struct RateSchedule {
    /// Times from which on a rate holds, in bit/s; the first is at zero.
    steps: Vec<(Ns, f64)>,
    /// Time after which the steps repeat; [`NEVER`] when they do not.
    period: Ns,
    /// Time of the first step's zero.
    origin: Ns,
}

impl RateSchedule {
    /// Creates the schedule of a link; `None` when its rate is unlimited.
    pub(super) fn new(link: &Link) -> Option<Self> {
        let mut steps = vec![(0, link.rate_bps()?)];
        for step in link.steps() {
            steps.retain(|other| other.0 < step.at);
            steps.push((step.at, step.rate_bps));
        }
        Some(Self {
            steps,
            period: link.step_period(),
            origin: 0,
        })
    }

    /// Lets the steps begin at `origin`.
    pub(super) fn start(&mut self, origin: Ns) {
        self.origin = origin;
    }

    /// Returns the rate at `now`, in bit/s, and the time at which it changes.
    fn at(&self, now: Ns) -> (f64, Ns) {
        if let [(_, rate)] = self.steps[..] {
            return (rate, NEVER);
        }
        let time = now.saturating_sub(self.origin);
        let into_cycle = time % self.period;
        let start = time - into_cycle + self.origin;
        let next = self.steps.partition_point(|step| step.0 <= into_cycle);
        let (rate, end) = (self.steps[next - 1].1, self.steps.get(next));
        let end = match end {
            Some(step) => start + step.0,
            None => start.saturating_add(self.period),
        };
        (rate, end)
    }

    /// Returns the first time from `now` on at which the link carries something.
    pub(super) fn next_transmission(&self, now: Ns) -> Ns {
        let (mut at, mut changes) = (now, 0);
        loop {
            let (rate, end) = self.at(at);
            if rate > 0.0 {
                return at;
            }
            changes += 1;
            if end == NEVER || changes > self.steps.len() {
                return NEVER;
            }
            at = end;
        }
    }

    /// Returns the transmission time of `len` bytes at the rate of `now`.
    pub(super) fn duration(&self, now: Ns, len: u64) -> Ns {
        let (rate, _) = self.at(now);
        if rate <= 0.0 {
            0
        } else {
            (len as f64 * 8e9 / rate).round() as Ns
        }
    }

    /// Returns the bytes that the link carries in `time` at the rate of `now`.
    pub(super) fn bytes_in(&self, now: Ns, time: Ns) -> u64 {
        (time as f64 * self.at(now).0 / 8e9) as u64
    }
}
