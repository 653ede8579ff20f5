//! 20 downloads of 64 connections each, all at once in one engine: every one gets its share, none
//! stands still, and the engine answers all the while. It wants a machine for itself, 6,000 descriptors
//! (`ulimit -n`) and 6 GB where temporary files are (`TMPDIR=/dev/shm`):
//!
//! ```text
//! cargo test --release -p lanes --test fairness_under_load -- --ignored --nocapture
//! ```
#![allow(clippy::print_stdout, reason = "it says what it measured")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{request, serve_at_most};
use lanes_engine::{Command, DownloadId, DownloadSpec, DownloadState, Engine, Limits};

const DOWNLOADS: usize = 20;
const CONNECTIONS: u16 = 64;
const NAME: &str = "sample-300MB.bin";
const LEN: u64 = 300_000_000;
/// As often as a window looks.
const LOOK: Duration = Duration::from_millis(16);

/// The slowest may take so many times the median.
const SLOWEST: f64 = 1.5;
/// One that brings nothing for longer has lost a wake-up, or its turn.
const STILL: Duration = Duration::from_secs(5);
/// An order that a person has to wait for longer has not been answered: they lose the thread.
const ANSWER: Duration = Duration::from_secs(1);

/// How one download got on.
struct Watched {
    id: DownloadId,
    done: u64,
    since: Instant,
    /// When it brought its first byte.
    first: Option<Duration>,
    /// The longest that it brought nothing after that.
    still: Duration,
    finished: Option<Duration>,
}

#[test]
#[ignore = "a figure, not a verdict: it takes all of the machine"]
fn each_of_twenty_gets_its_share_and_the_engine_answers() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve_at_most(root.path(), DOWNLOADS * usize::from(CONNECTIONS) + 64);
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    engine.send(Command::Limit(Limits {
        downloads: DOWNLOADS + 1,
        ..Limits::default()
    }));
    let wanted = |connections| DownloadSpec {
        connections,
        ..request(server.addr(), NAME, folder.path())
    };
    let begun = Instant::now();
    let mut all: Vec<Watched> = (0..DOWNLOADS)
        .map(|_| Watched {
            id: engine.add(wanted(CONNECTIONS)),
            done: 0,
            since: begun,
            first: None,
            still: Duration::ZERO,
            finished: None,
        })
        .collect();
    let mut answers = Answers::new(engine.add(DownloadSpec {
        // It is there to be ordered about.
        rate_limit: Some(1_000_000),
        ..wanted(1)
    }));
    while all.iter().any(|one| one.finished.is_none()) {
        let now = Instant::now();
        let snapshot = engine.snapshot();
        for one in all.iter_mut().filter(|one| one.finished.is_none()) {
            let Some(download) = snapshot.download(one.id) else {
                continue;
            };
            if let DownloadState::Failed(reason) = &download.state {
                panic!("{reason}");
            }
            // Once all is there, what is left is to check it.
            let moves = download.done > one.done || download.done == LEN;
            if one.first.is_some() {
                one.still = one.still.max(now - one.since);
            }
            if moves {
                one.first.get_or_insert(now - begun);
                (one.done, one.since) = (download.done, now);
            }
            if download.state == DownloadState::Finished {
                one.finished = Some(begun.elapsed());
            }
        }
        answers.look(&engine);
        assert!(begun.elapsed() < Duration::from_secs(300), "it hangs");
        std::thread::sleep(LOOK.saturating_sub(now.elapsed()));
    }
    let mut took: Vec<f64> = all
        .iter()
        .filter_map(|one| one.finished)
        .map(|took| took.as_secs_f64())
        .collect();
    took.sort_by(f64::total_cmp);
    answers.carried_out.sort();
    let (first, median, last) = (took[0], took[DOWNLOADS / 2], took[DOWNLOADS - 1]);
    let still = all.iter().map(|one| one.still).max().unwrap();
    let begin = all.iter().filter_map(|one| one.first).max().unwrap();
    println!(
        "{DOWNLOADS} downloads of {CONNECTIONS} connections, {} MB each: the first after {first:.2} s, median {median:.2} s, \
         the last after {last:.2} s ({:.2} times the median), {:.0} MB/s in all; every one had bytes after {begin:.2?}, and then the longest that one stood still was {still:.2?}; \
         {} orders, the slowest answered after {:.3?}, carried out after {:.2?} (median {:.2?}); {} cores",
        LEN / 1_000_000,
        last / median,
        LEN as f64 * DOWNLOADS as f64 / 1e6 / last,
        answers.carried_out.len(),
        answers.slowest,
        answers.carried_out.last().unwrap(),
        answers.carried_out[answers.carried_out.len() / 2],
        std::thread::available_parallelism().unwrap()
    );
    assert!(last < SLOWEST * median, "one did not get its share");
    assert!(still < STILL, "one stood still for {still:?}");
    assert!(answers.slowest < ANSWER, "no answer");
}

/// Pauses and resumes one download again and again, and says how long that took.
struct Answers {
    id: DownloadId,
    asked: Option<Asked>,
    /// The longest until an order was seen to be heard.
    slowest: Duration,
    /// How long each took until it was carried out.
    carried_out: Vec<Duration>,
}

/// An order that is not carried out yet.
struct Asked {
    at: Instant,
    to_pause: bool,
    is_heard: bool,
}

impl Answers {
    fn new(id: DownloadId) -> Self {
        Self {
            id,
            asked: None,
            slowest: Duration::ZERO,
            carried_out: Vec::new(),
        }
    }

    fn look(&mut self, engine: &Engine) {
        let snapshot = engine.snapshot();
        let Some(download) = snapshot.download(self.id) else {
            return;
        };
        let state = &download.state;
        let is_paused = *state == DownloadState::Paused;
        let runs = state.is_active() && !state.is_ending();
        if let Some(asked) = &mut self.asked {
            let is_heard = if asked.to_pause { !runs } else { !is_paused };
            if !asked.is_heard {
                self.slowest = self.slowest.max(asked.at.elapsed());
            }
            asked.is_heard |= is_heard;
            if !(if asked.to_pause { is_paused } else { runs }) {
                return;
            }
            self.carried_out.push(asked.at.elapsed());
        } else if !runs {
            return;
        }
        let order = if is_paused {
            Command::Resume(self.id)
        } else {
            Command::Pause(self.id)
        };
        self.asked = Some(Asked {
            at: Instant::now(),
            to_pause: !is_paused,
            is_heard: false,
        });
        engine.send(order);
    }
}
