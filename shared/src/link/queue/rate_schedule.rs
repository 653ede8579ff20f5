//! Rate of a link over time: constant, in steps, or by the opportunities of a delivery trace.

use crate::link::timer_queue::NEVER;
use crate::link::{Link, Ns, Trace};

/// Rate of a link, as the time that a byte takes.
#[derive(Debug, Clone)]
pub(super) struct RateSchedule {
    /// Times from which on a rate holds, in bit/s; the first is at zero.
    steps: Vec<(Ns, f64)>,
    /// Time after which the steps repeat; [`NEVER`] when they do not.
    period: Ns,
    /// Time of the first step's zero, and of the trace's.
    origin: Ns,
    trace: Option<TraceCursor>,
}

/// A delivery trace and its first opportunity that is not used yet.
#[derive(Debug, Clone)]
struct TraceCursor {
    trace: Trace,
    next: u64,
}

impl TraceCursor {
    /// Returns the first unused opportunity at `time` or later, since the start of the trace.
    fn first_from(&self, time: Ns) -> u64 {
        self.trace.first_from(time).max(self.next)
    }
}

impl RateSchedule {
    /// Creates the schedule of a link; `None` when its rate is unlimited.
    pub(super) fn new(link: &Link) -> Option<Self> {
        // With a trace this is its mean rate, for estimates only.
        let mut steps = vec![(0, link.rate_bps()?)];
        for step in link.steps() {
            steps.retain(|other| other.0 < step.at);
            steps.push((step.at, step.rate_bps));
        }
        Some(Self {
            steps,
            period: link.step_period(),
            origin: 0,
            trace: link
                .trace()
                .cloned()
                .map(|trace| TraceCursor { trace, next: 0 }),
        })
    }

    /// Lets the steps, or the trace, begin at `origin`.
    pub(super) fn start(&mut self, origin: Ns) {
        self.origin = origin;
        if let Some(cursor) = &mut self.trace {
            cursor.next = 0;
        }
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
        if let Some(cursor) = &self.trace {
            let opportunity = cursor.first_from(now.saturating_sub(self.origin));
            return self.origin.saturating_add(cursor.trace.time(opportunity));
        }
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

    /// Transmits `len` bytes at `now`, an opportunity of the trace if there is one. Returns the end of the
    /// transmission.
    pub(super) fn transmit(&mut self, now: Ns, len: u64) -> Ns {
        let Some(cursor) = &mut self.trace else {
            return now + self.duration(now, len);
        };
        cursor.next = cursor.first_from(now.saturating_sub(self.origin)) + 1;
        now
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
