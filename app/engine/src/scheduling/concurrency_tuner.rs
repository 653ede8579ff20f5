//! Searches for the connection count while a download runs.
//!
//! 1. The search begins with eight connections: fewer leave a long or lossy path idle for most of a
//!    short download, and on a full link eight cost nothing. It begins with 16 for a distant server
//!    and with 32 for a very distant one, because slow start takes many round trips there. If the
//!    first packets show the rate of the link ([`super::packet_train`]), it begins with the count
//!    that fills that rate and keeps it while it does; if it does not, each connection has a limit
//!    of its own, and the count grows to what would fill the link.
//! 2. Steady goodput means that something is saturated. If enough of the file is left, half the
//!    count is tried, and half again, while goodput stays the same: then the link is full, and
//!    fewer connections spare the server.
//! 3. Otherwise each connection has a limit of its own (a cap, its window, losses), and the count
//!    doubles while that raises goodput by more than a tenth and by more than twice the noise. A
//!    step that does not is undone.
//!
//! This is hill climbing with a threshold, as in Yildirim et al., "Application-Level Optimization
//! of Big Data Transfers through Pipelining, Parallelism and Concurrency" (2016), with measured
//! noise.

use std::time::{Duration, Instant};

use self::goodput::{Goodput, Measurement, Samples};
use super::packet_train::CapacityEstimate;
use crate::model::display_text::connections;

mod goodput;
#[cfg(test)]
mod tests;

/// Initial count.
const INITIAL: usize = 8;
/// A first response that takes longer than this, connecting included, means a distant server: a
/// round trip of some 25 ms. Twice as long means a very distant one. (Just below one and two
/// coordinator ticks.)
const DISTANT: Duration = Duration::from_millis(45);
/// Lowest count that is tried.
const MIN_COUNT: usize = 2;
/// Shortest and longest measurement of a step.
const WINDOW: [Duration; 2] = [Duration::from_millis(400), Duration::from_secs(3)];
/// A step up is kept if goodput grows by more than this share; a step down, if it does not fall by
/// as much.
const MIN_GAIN: f64 = 0.10;
/// Goodput with less noise than this is steady.
const STEADY: f64 = 0.04;
/// Goodput above this share of the link rate fills the link; headers and losses take the rest.
const FULL: f64 = 0.85;
/// Goodput above this multiple of the estimated link rate disproves the estimate.
const DISPROVED: f64 = 1.5;
/// Factor by which the count exceeds what would just fill the link.
const MARGIN: f64 = 1.25;
/// A connection in slow start has more than this many times its goodput in the second half of a
/// measurement; it doubles every round trip.
const SLOW_START: f64 = 1.4;
/// Shortest check that the link is full, as a time and in round trips.
const LINK_CHECK: (Duration, u32) = (Duration::from_millis(200), 3);
/// With less than this left to fetch, in seconds, another step cannot pay.
const MIN_SECS_LEFT: f64 = 0.5;
/// With less than this left, in seconds, lower counts are not tried: the remaining connections need
/// time to fill the link again.
const MIN_SECS_TO_REDUCE: f64 = 6.0;

/// A new connection count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adjustment {
    pub count: usize,
    /// The measurement behind it, for the log.
    pub reason: String,
}

/// The link as the first packets showed it.
#[derive(Debug, Clone, Copy)]
struct LinkEstimate {
    /// Bytes a second.
    rate: f64,
    round_trip: Duration,
}

/// Goodput of one count.
#[derive(Debug, Clone, Copy)]
struct Step {
    count: usize,
    /// Bytes a second.
    goodput: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Measures the initial count.
    Initial,
    /// Tries lower counts.
    Down,
    /// Tries higher counts.
    Up,
    Done,
}

/// The search for the connection count of one download.
pub(crate) struct ConcurrencyTuner {
    max: usize,
    count: usize,
    phase: Phase,
    samples: Samples,
    /// Initial count of the search.
    initial: usize,
    /// First tick after the last step.
    stepped: Option<Instant>,
    /// Start of the measurement after the last step.
    measuring_since: Option<Instant>,
    best: Step,
    /// Set once lower counts are known to suffice, or higher ones to be useless.
    is_reduced: bool,
    has_estimate: bool,
    /// Estimate of the link, until it is disproved.
    link: Option<LinkEstimate>,
    /// Count to continue with once the estimate is disproved.
    fallback: usize,
    /// Another count that was measured to be as fast as the present one.
    as_fast_as: Option<usize>,
}

impl ConcurrencyTuner {
    /// Creates a search for at most `max` connections.
    pub fn new(max: usize) -> Self {
        let count = INITIAL.min(max);
        Self {
            max,
            count,
            phase: Phase::Initial,
            samples: Samples::default(),
            initial: count,
            stepped: None,
            measuring_since: None,
            best: Step {
                count,
                goodput: 0.0,
            },
            is_reduced: false,
            has_estimate: false,
            link: None,
            fallback: count,
            as_fast_as: None,
        }
    }

    /// Returns another count that was measured to be as fast as the present one: then the connections
    /// share a limit.
    pub fn as_fast_as(&self) -> Option<usize> {
        self.as_fast_as
    }

    /// Returns the current count.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Takes the latency of the first response, or the time waited for it so far. Connections that
    /// start before the response need not steal from others later.
    pub fn on_latency(&mut self, latency: Duration) -> Option<Adjustment> {
        let factors = [DISTANT, 2 * DISTANT].map(|limit| if latency > limit { 2 } else { 1 });
        let count = (INITIAL * factors[0] * factors[1]).min(self.max);
        let is_open = self.phase == Phase::Initial && !self.has_estimate;
        let is_higher = is_open && self.count < count;
        is_higher.then(|| {
            self.fallback = count;
            let millis = latency.as_millis();
            let reason = format!(
                "The first response takes {millis} ms or more, as from far away: {count} connections"
            );
            self.restart(count, &reason)
        })
    }

    /// Takes the estimate of the first packets. Returns the count to begin with, once.
    pub fn on_estimate(&mut self, estimate: CapacityEstimate) -> Option<Adjustment> {
        if std::mem::replace(&mut self.has_estimate, true) || self.phase != Phase::Initial {
            return None;
        }
        let CapacityEstimate {
            count, round_trip, ..
        } = estimate;
        self.link = estimate.rate.map(|rate| LinkEstimate { rate, round_trip });
        Some(self.restart(count, &estimate.to_string()))
    }

    fn restart(&mut self, count: usize, reason: &str) -> Adjustment {
        (self.best.count, self.initial) = (count, count);
        self.step(Phase::Initial, count, reason)
    }

    /// Takes the `bytes` received until `now`, the bytes `left`, and the connections that are
    /// `receiving`.
    pub fn tick(
        &mut self,
        now: Instant,
        bytes: u64,
        left: u64,
        receiving: usize,
    ) -> Option<Adjustment> {
        if self.phase == Phase::Done {
            return None;
        }
        // Measures once most connections of the new count receive, and surplus ones no longer do.
        let waited = now.duration_since(*self.stepped.get_or_insert(now));
        let has_surplus = receiving > self.count && waited < WINDOW[1];
        if self.samples.is_empty() && (has_surplus || receiving < self.count.div_ceil(2)) {
            return None;
        }
        self.measuring_since.get_or_insert(now);
        self.samples.push(now, bytes);
        if self.phase == Phase::Initial {
            // Slow start says nothing about the goodput after it.
            self.samples.expire(now, self.window() * 3 / 2);
        }
        let measured = self.measure(now)?;
        let secs_left = left as f64 / measured.goodput.max(1.0);
        if secs_left < MIN_SECS_LEFT {
            self.phase = Phase::Done;
            return None;
        }
        let may_reduce = secs_left > MIN_SECS_TO_REDUCE;
        match self.phase {
            Phase::Initial => self.after_initial(&measured, may_reduce),
            Phase::Down => self.after_down(&measured),
            Phase::Up => self.after_up(&measured, may_reduce),
            Phase::Done => None,
        }
    }

    /// Returns the link that the initial count should fill.
    fn link_to_fill(&self) -> Option<LinkEstimate> {
        self.link.filter(|_| self.phase == Phase::Initial)
    }

    /// Returns the shortest measurement.
    fn window(&self) -> Duration {
        let (least, round_trips) = LINK_CHECK;
        match self.link_to_fill() {
            Some(link) => least.max(link.round_trip * round_trips),
            None => WINDOW[0],
        }
    }

    fn measure(&self, now: Instant) -> Option<Measurement> {
        let Goodput {
            first_half,
            second_half,
            mean,
        } = self.samples.goodput(now, self.window())?;
        let (is_growing, goodput) = match self.link_to_fill() {
            // Slow start says nothing about the goodput after it.
            Some(_) => (second_half > first_half * SLOW_START, second_half.max(mean)),
            None if second_half > first_half * (1.0 + MIN_GAIN) => (true, second_half),
            None => (false, mean),
        };
        Some(Measurement {
            goodput,
            noise: self.samples.noise(goodput),
            is_growing,
            is_overdue: now.duration_since(self.measuring_since?) >= WINDOW[1],
        })
    }

    fn after_initial(&mut self, measured: &Measurement, may_reduce: bool) -> Option<Adjustment> {
        if measured.is_growing && !measured.is_overdue {
            return None;
        }
        self.best.goodput = measured.goodput;
        let reason = format!("Started with {}", connections(self.count));
        if let Some(link) = self.link {
            if measured.goodput > DISPROVED * link.rate {
                return Some(self.drop_estimate(&reason));
            }
            // Eight connections leave slow start soon: if they do not fill the link, a short
            // download ends before more would.
            if measured.goodput < FULL * link.rate && (may_reduce || self.count < INITIAL) {
                return self.grow_to_fill(link.rate / measured.goodput.max(1.0), &reason);
            }
            if !may_reduce {
                return None;
            }
        }
        if may_reduce && measured.noise < STEADY && self.count > MIN_COUNT {
            return Some(self.halve(&reason));
        }
        self.grow(&reason)
    }

    /// Grows the count on a link that carries `ratio` times the measured goodput.
    fn grow_to_fill(&mut self, ratio: f64, reason: &str) -> Option<Adjustment> {
        let percent = 100.0 / ratio;
        let reason = format!("{reason}, {percent:.0} % of that rate");
        let needed = (self.count as f64 * ratio * MARGIN).ceil() as usize;
        self.grow_to(needed.max(self.count * 2).max(INITIAL), &reason)
    }

    /// Discards the estimate of the link, which the goodput exceeds.
    fn drop_estimate(&mut self, reason: &str) -> Adjustment {
        self.link = None;
        let count = self.fallback.max(self.count);
        let reason = format!("{reason}, faster than that: {}", connections(count));
        self.restart(count, &reason)
    }

    fn after_down(&mut self, measured: &Measurement) -> Option<Adjustment> {
        let change = measured.goodput / self.best.goodput.max(1.0) - 1.0;
        let count = self.count;
        if change < -MIN_GAIN.max(2.0 * measured.noise) {
            // The remaining connections may still be filling the link again.
            if measured.is_growing && !measured.is_overdue {
                return None;
            }
            let reason = format!("{count} connections are slower ({:+.0} %)", change * 100.0);
            self.as_fast_as = self.as_fast_as.filter(|_| self.is_reduced);
            self.count = self.best.count;
            if self.is_reduced {
                return Some(self.step(Phase::Done, self.count, &reason));
            }
            return self.grow(&reason);
        }
        if measured.noise > MIN_GAIN / 2.0 && !measured.is_overdue {
            return None;
        }
        let reason = format!("{count} connections are as fast as {}", self.best.count);
        self.as_fast_as = Some(self.best.count);
        self.best.count = count;
        self.is_reduced = true;
        if count > MIN_COUNT {
            return Some(self.halve(&reason));
        }
        let reason = format!("{reason}: the link is full");
        Some(self.step(Phase::Done, count, &reason))
    }

    fn after_up(&mut self, measured: &Measurement, may_reduce: bool) -> Option<Adjustment> {
        let gain = measured.goodput / self.best.goodput.max(1.0) - 1.0;
        let percent = gain * 100.0;
        if gain > MIN_GAIN.max(2.0 * measured.noise) {
            let count = self.count;
            self.best = Step {
                count,
                goodput: measured.goodput,
            };
            let reason = format!("{count} connections are faster ({percent:+.0} %)");
            self.as_fast_as = None;
            let fills = |link: LinkEstimate| measured.goodput >= FULL * link.rate;
            if self.link.is_some_and(fills) {
                // The initial phase goes on checking that the count fills the link.
                let reason = format!("{reason}: the link is full");
                return Some(self.step(Phase::Initial, count, &reason));
            }
            return self.grow(&reason);
        }
        let is_useless = !measured.is_growing && gain + 2.0 * measured.noise < MIN_GAIN;
        if !is_useless && !measured.is_overdue {
            return None;
        }
        let best = self.best.count;
        let more = self.count - best;
        let effect = match gain < -MIN_GAIN {
            true => "made it slower",
            false => "gained nothing",
        };
        let best_count = connections(best);
        let reason = format!("{best_count}: {more} more {effect} ({percent:+.0} %)");
        self.as_fast_as = Some(self.count).filter(|_| gain.abs() <= MIN_GAIN);
        // No more than the initial count are useful; fewer may suffice.
        if may_reduce && best == self.initial && best > MIN_COUNT {
            self.count = best;
            self.is_reduced = true;
            return Some(self.halve(&reason));
        }
        Some(self.step(Phase::Done, best, &reason))
    }

    fn halve(&mut self, reason: &str) -> Adjustment {
        let count = (self.count / 2).max(MIN_COUNT);
        self.step(Phase::Down, count, reason)
    }

    fn grow(&mut self, reason: &str) -> Option<Adjustment> {
        self.grow_to(self.count * 2, reason)
    }

    fn grow_to(&mut self, count: usize, reason: &str) -> Option<Adjustment> {
        let count = count.min(self.max);
        if count == self.count {
            let reason = format!("{reason}; the limit is reached");
            return Some(self.step(Phase::Done, count, &reason));
        }
        Some(self.step(Phase::Up, count, reason))
    }

    fn step(&mut self, phase: Phase, count: usize, reason: &str) -> Adjustment {
        let trying = match phase {
            Phase::Initial | Phase::Done => String::new(),
            Phase::Up | Phase::Down => format!("; trying {count}"),
        };
        (self.phase, self.count) = (phase, count);
        self.samples.clear();
        (self.stepped, self.measuring_since) = (None, None);
        Adjustment {
            count,
            reason: format!("{reason}{trying}"),
        }
    }
}
