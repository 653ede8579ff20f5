//! Finds how many connections are worth it, while the download runs.
//!
//! 1. It begins with eight: fewer would leave a long or lossy path idle for most of a short download,
//!    and on a full link eight cost nothing. Where the server is far, with sixteen, and where it is very
//!    far and so many are allowed, with 32: TCP takes many round trips to open up. Where the first bytes
//!    of the answer tell how fast the link is (`flight`), with as many as that needs. They are not changed
//!    as long as they fill it; if they do not, something else limits each, and so many are tried as would.
//! 2. A steady goodput means that something is full. If there is time to gain by it, half as many are
//!    tried, and again half, as long as they bring as much: then it is the link that is full, and the
//!    server is spared.
//! 3. Otherwise each connection has a limit of its own (a cap, its window, losses), and their number is
//!    doubled while that brings more than a tenth and more than twice the noise; the last step that
//!    did not is taken back.
//!
//! It is hill climbing with a threshold, as in Yildirim et al., "Application-Level Optimization of Big
//! Data Transfers through Pipelining, Parallelism and Concurrency" (2016), with the noise measured.

use std::time::{Duration, Instant};

use self::goodput::{Goodput, Samples};
use super::packet_train::CapacityEstimate;

mod goodput;

/// The connections to begin with.
const FIRST: usize = 8;
/// A server whose first answer takes longer than this, the making of the connection included, is far:
/// a round trip of some 25 ms. Twice as long: very far. (A little less than a tick of the director, and two.)
const FAR: Duration = Duration::from_millis(45);
/// The fewest that are tried.
const FEWEST: usize = 2;
/// How long goodput is measured after a step, at least and at most.
const WINDOW: [Duration; 2] = [Duration::from_millis(400), Duration::from_secs(3)];
/// A step up is kept when goodput grows by more than this share; one down when it does not fall by as
/// much.
const WORTH: f64 = 0.10;
/// Goodput with less noise than this is steady.
const STEADY: f64 = 0.04;
/// Who brings this share of what the link can bring fills it: some of it is lost to heads and losses.
const FULL: f64 = 0.85;
/// Who brings so many times what the link was said to bring proves that wrong.
const BEYOND: f64 = 1.5;
/// How many more connections are tried than would fill the link by their rate.
const AMPLE: f64 = 1.25;
/// A connection that opens its window brings more than so many times as much in the second half of a look
/// as in the first: twice as much each round trip.
const OPENS: f64 = 1.4;
/// How long it is looked whether the link is full, at least; and in round trips.
const LOOK: (Duration, u32) = (Duration::from_millis(200), 3);
/// With less than this left to fetch, in seconds, a further step could not pay.
const NOT_WORTH_SECS: f64 = 0.5;
/// With less than this left, in seconds, fewer connections are not tried: those that stay need time to
/// fill the link again.
const SPARING_SECS: f64 = 6.0;

/// A change of the number of connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// How many there are to be.
    pub count: usize,
    /// What was found, in words.
    pub words: String,
}

/// A link whose rate the first bytes told.
#[derive(Debug, Clone, Copy)]
struct TransportState {
    /// Bytes a second.
    rate: f64,
    round_trip: Duration,
}

/// What one number of connections brought.
#[derive(Debug, Clone, Copy)]
struct Step {
    count: usize,
    /// Bytes a second.
    goodput: f64,
}

/// What was measured since the last step.
struct Measured {
    /// Bytes a second.
    goodput: f64,
    /// The goodput's uncertainty as a share of it.
    noise: f64,
    /// Whether it still grows by itself: TCP opens up.
    growing: bool,
    /// Whether no more time is given to it.
    overdue: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The first number is measured.
    First,
    /// Fewer are tried.
    Down,
    /// More are tried.
    Up,
    Done,
}

/// The search for the number of connections of one download.
pub(crate) struct ConcurrencyTuner {
    most: usize,
    count: usize,
    phase: Phase,
    samples: Samples,
    /// How many it began with.
    first: usize,
    /// When the last step was seen to be taken.
    changed: Option<Instant>,
    /// When measuring began after it.
    since: Option<Instant>,
    /// The best step so far.
    best: Step,
    /// Whether fewer than at first are known to be enough, or more to be no use.
    spared: bool,
    /// Whether the first bytes told anything.
    is_told: bool,
    /// What they told of the link, until it proves wrong.
    line: Option<TransportState>,
    /// With how many it goes on then.
    unguessed: usize,
}

impl ConcurrencyTuner {
    /// A search for at most `most` connections.
    pub fn new(most: usize) -> Self {
        let count = FIRST.min(most);
        Self {
            most,
            count,
            phase: Phase::First,
            samples: Samples::default(),
            first: count,
            changed: None,
            since: None,
            best: Step {
                count,
                goodput: 0.0,
            },
            spared: false,
            is_told: false,
            line: None,
            unguessed: count,
        }
    }

    /// How many connections there are to be now.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first answer took so long, or has not come for so long. Says when the number of connections
    /// should change: best before the answer, since who comes later has to rob the others.
    pub fn heard(&mut self, latency: Duration) -> Option<Change> {
        let times = [FAR, 2 * FAR].map(|far| if latency > far { 2 } else { 1 });
        let count = (FIRST * times[0] * times[1]).min(self.most);
        let untold = self.phase == Phase::First && !self.is_told;
        let fits = untold && self.count < count;
        fits.then(|| {
            self.unguessed = count;
            let millis = latency.as_millis();
            let words = format!(
                "The server is far (it answers in {millis} ms or later): {count} connections"
            );
            self.begin(count, &words)
        })
    }

    /// The first bytes have told something. Says, once, with how many connections to begin.
    pub fn told(&mut self, guess: CapacityEstimate) -> Option<Change> {
        if std::mem::replace(&mut self.is_told, true) || self.phase != Phase::First {
            return None;
        }
        let CapacityEstimate {
            count, round_trip, ..
        } = guess;
        self.line = guess.rate.map(|rate| TransportState { rate, round_trip });
        Some(self.begin(count, &guess.words()))
    }

    fn begin(&mut self, count: usize, words: &str) -> Change {
        (self.best.count, self.first) = (count, count);
        self.go(Phase::First, count, words)
    }

    /// Looks at the `bytes` that came until `now`, with `left` still to come and `alive`
    /// connections that bring any. Says when the number of connections should change.
    pub fn tick(&mut self, now: Instant, bytes: u64, left: u64, alive: usize) -> Option<Change> {
        if self.phase == Phase::Done {
            return None;
        }
        // What comes counts from when most connections bring something, and nobody else any more.
        let waited = now.duration_since(*self.changed.get_or_insert(now));
        let others_bring = alive > self.count && waited < WINDOW[1];
        if self.samples.is_empty() && (others_bring || alive < self.count.div_ceil(2)) {
            return None;
        }
        self.since.get_or_insert(now);
        self.samples.push(now, bytes);
        if self.phase == Phase::First {
            // How TCP opened up says nothing about how it goes on.
            self.samples.forget(now, self.window() * 3 / 2);
        }
        let measured = self.measure(now)?;
        let left_secs = left as f64 / measured.goodput.max(1.0);
        if left_secs < NOT_WORTH_SECS {
            self.phase = Phase::Done;
            return None;
        }
        let sparing = left_secs > SPARING_SECS;
        match self.phase {
            Phase::First => self.first(&measured, sparing),
            Phase::Down => self.down(&measured),
            Phase::Up => self.up(&measured, sparing),
            Phase::Done => None,
        }
    }

    /// The link that the first number of connections should fill.
    fn line_to_fill(&self) -> Option<TransportState> {
        self.line.filter(|_| self.phase == Phase::First)
    }

    /// How long goodput is measured at least.
    fn window(&self) -> Duration {
        let (least, round_trips) = LOOK;
        match self.line_to_fill() {
            Some(line) => least.max(line.round_trip * round_trips),
            None => WINDOW[0],
        }
    }

    fn measure(&self, now: Instant) -> Option<Measured> {
        let Goodput {
            earlier,
            later,
            whole,
        } = self.samples.goodput(now, self.window())?;
        let (growing, goodput) = match self.line_to_fill() {
            // How TCP opened up says nothing about how it goes on.
            Some(_) => (later > earlier * OPENS, later.max(whole)),
            None if later > earlier * (1.0 + WORTH) => (true, later),
            None => (false, whole),
        };
        Some(Measured {
            goodput,
            noise: self.samples.noise(goodput),
            growing,
            overdue: now.duration_since(self.since?) >= WINDOW[1],
        })
    }

    fn first(&mut self, measured: &Measured, sparing: bool) -> Option<Change> {
        if measured.growing && !measured.overdue {
            return None;
        }
        self.best.goodput = measured.goodput;
        let words = format!("Began with {} connections", self.count);
        if let Some(line) = self.line {
            if measured.goodput > BEYOND * line.rate {
                return Some(self.guessed_wrong(&words));
            }
            // Eight open up soon: if they do not fill it, a short download ends before more have.
            if measured.goodput < FULL * line.rate && (sparing || self.count < FIRST) {
                return self.grow_to_fill(line.rate / measured.goodput.max(1.0), &words);
            }
            if !sparing {
                return None;
            }
        }
        if sparing && measured.noise < STEADY && self.count > FEWEST {
            return Some(self.halve(&words));
        }
        self.grow(&words)
    }

    /// The link can bring so many times what comes.
    fn grow_to_fill(&mut self, times: f64, words: &str) -> Option<Change> {
        let percent = 100.0 / times;
        let words = format!("{words}, which bring {percent:.0} % of that");
        let needed = (self.count as f64 * times * AMPLE).ceil() as usize;
        self.grow_to(needed.max(self.count * 2).max(FIRST), &words)
    }

    /// More comes than the first bytes told.
    fn guessed_wrong(&mut self, words: &str) -> Change {
        self.line = None;
        let count = self.unguessed.max(self.count);
        let words = format!("{words}, which bring more than that: {count} connections");
        self.begin(count, &words)
    }

    fn down(&mut self, measured: &Measured) -> Option<Change> {
        let change = measured.goodput / self.best.goodput.max(1.0) - 1.0;
        let fewer = self.count;
        if change < -WORTH.max(2.0 * measured.noise) {
            // Those that stayed may still be filling the link again.
            if measured.growing && !measured.overdue {
                return None;
            }
            let words = format!("{fewer} connections bring less ({:+.0} %)", change * 100.0);
            self.count = self.best.count;
            if self.spared {
                return Some(self.go(Phase::Done, self.count, &words));
            }
            return self.grow(&words);
        }
        if measured.noise > WORTH / 2.0 && !measured.overdue {
            return None;
        }
        let words = format!("{fewer} connections bring as much as {}", self.best.count);
        self.best.count = fewer;
        self.spared = true;
        if fewer > FEWEST {
            return Some(self.halve(&words));
        }
        let words = format!("{words}: the link is full");
        Some(self.go(Phase::Done, fewer, &words))
    }

    fn up(&mut self, measured: &Measured, sparing: bool) -> Option<Change> {
        let gain = measured.goodput / self.best.goodput.max(1.0) - 1.0;
        let percent = gain * 100.0;
        if gain > WORTH.max(2.0 * measured.noise) {
            let count = self.count;
            self.best = Step {
                count,
                goodput: measured.goodput,
            };
            let words = format!("{count} connections bring more ({percent:+.0} %)");
            if self
                .line
                .is_some_and(|line| measured.goodput >= FULL * line.rate)
            {
                // As long as it stays so.
                let words = format!("{words}: the link is full");
                return Some(self.go(Phase::First, count, &words));
            }
            return self.grow(&words);
        }
        let hopeless = !measured.growing && gain + 2.0 * measured.noise < WORTH;
        if !hopeless && !measured.overdue {
            return None;
        }
        let best = self.best.count;
        let more = self.count - best;
        let what = match gain < -WORTH {
            true => "did harm",
            false => "brought nothing",
        };
        let words = format!("{best} connections: {more} more {what} ({percent:+.0} %)");
        // More than the first number was no use: perhaps fewer are enough.
        if sparing && best == self.first && best > FEWEST {
            self.count = best;
            self.spared = true;
            return Some(self.halve(&words));
        }
        Some(self.go(Phase::Done, best, &words))
    }

    fn halve(&mut self, so_far: &str) -> Change {
        let count = (self.count / 2).max(FEWEST);
        self.go(Phase::Down, count, so_far)
    }

    fn grow(&mut self, so_far: &str) -> Option<Change> {
        self.grow_to(self.count * 2, so_far)
    }

    fn grow_to(&mut self, count: usize, so_far: &str) -> Option<Change> {
        let count = count.min(self.most);
        if count == self.count {
            let words = format!("{so_far}; more are not allowed");
            return Some(self.go(Phase::Done, count, &words));
        }
        Some(self.go(Phase::Up, count, so_far))
    }

    fn go(&mut self, phase: Phase, count: usize, words: &str) -> Change {
        let trying = match phase {
            Phase::First | Phase::Done => String::new(),
            Phase::Up | Phase::Down => format!("; trying {count}"),
        };
        (self.phase, self.count) = (phase, count);
        self.samples.clear();
        (self.changed, self.since) = (None, None);
        Change {
            count,
            words: format!("{words}{trying}"),
        }
    }
}

#[cfg(test)]
mod tests;
