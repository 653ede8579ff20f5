//! Benchmark: 20 concurrent downloads of 64 connections each in one engine. The downloads must take about the
//! same time, none may stall, and commands must be handled quickly. Needs an idle machine, 6,000 file
//! descriptors (`ulimit -n`) and 6 GB for temporary files (`TMPDIR=/dev/shm`):
//!
//! ```text
//! cargo test --release -p lanes --test fairness_under_load -- --ignored --nocapture
//! ```
#![allow(clippy::print_stdout, reason = "prints its measurements")]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{request, serve_at_most};
use lanes_engine::{Command, DownloadId, DownloadSpec, DownloadState, Engine, Limits};

const DOWNLOADS: usize = 20;
const CONNECTIONS: u16 = 64;
const NAME: &str = "sample-300MB.bin";
const LEN: u64 = 300_000_000;
/// Interval of the window's redraws.
const POLL_INTERVAL: Duration = Duration::from_millis(16);

/// Limit of the slowest download, as a multiple of the median time.
const MAX_SLOWDOWN: f64 = 1.5;
/// Limit of a pause without received bytes; a longer one points to a lost wake-up or to starvation.
const MAX_STALL: Duration = Duration::from_secs(5);
/// Limit of the time until a command shows in the snapshot; users notice longer delays.
const MAX_COMMAND_DELAY: Duration = Duration::from_secs(1);

/// Progress of one download.
struct Watched {
    id: DownloadId,
    done: u64,
    /// Time of the last received byte.
    last_progress: Instant,
    /// Time from the start to the first byte.
    first_byte: Option<Duration>,
    /// Longest pause without received bytes after the first byte.
    longest_stall: Duration,
    finished: Option<Duration>,
}

#[test]
#[ignore = "benchmark that needs an idle machine"]
fn twenty_downloads_of_64_connections_are_fair_and_the_engine_stays_responsive() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve_at_most(root.path(), DOWNLOADS * usize::from(CONNECTIONS) + 64);
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    engine.send(Command::Limit(Limits {
        downloads: DOWNLOADS + 1,
        ..Limits::default()
    }));
    let sample = |connections| DownloadSpec {
        connections,
        ..request(server.addr(), NAME, folder.path())
    };
    let begun = Instant::now();
    let mut all: Vec<Watched> = (0..DOWNLOADS)
        .map(|_| Watched {
            id: engine.add(sample(CONNECTIONS)),
            done: 0,
            last_progress: begun,
            first_byte: None,
            longest_stall: Duration::ZERO,
            finished: None,
        })
        .collect();
    let mut commands = CommandProbe::new(engine.add(DownloadSpec {
        // Slow, so that the download of the probe does not complete.
        rate_limit: Some(1_000_000),
        ..sample(1)
    }));
    while all.iter().any(|watched| watched.finished.is_none()) {
        let now = Instant::now();
        let snapshot = engine.snapshot();
        for watched in all.iter_mut().filter(|watched| watched.finished.is_none()) {
            let Some(download) = snapshot.download(watched.id) else {
                continue;
            };
            if let DownloadState::Failed(reason) = &download.state {
                panic!("{reason}");
            }
            // A complete file is still verified, which is no stall.
            let has_progress = download.done > watched.done || download.done == LEN;
            if watched.first_byte.is_some() {
                watched.longest_stall = watched.longest_stall.max(now - watched.last_progress);
            }
            if has_progress {
                watched.first_byte.get_or_insert(now - begun);
                (watched.done, watched.last_progress) = (download.done, now);
            }
            if download.state == DownloadState::Finished {
                watched.finished = Some(begun.elapsed());
            }
        }
        commands.poll(&engine);
        assert!(begun.elapsed() < Duration::from_secs(300), "hung");
        std::thread::sleep(POLL_INTERVAL.saturating_sub(now.elapsed()));
    }
    let mut seconds: Vec<f64> = all
        .iter()
        .filter_map(|watched| watched.finished)
        .map(|time| time.as_secs_f64())
        .collect();
    seconds.sort_by(f64::total_cmp);
    commands.completed.sort();
    let (first, median, last) = (seconds[0], seconds[DOWNLOADS / 2], seconds[DOWNLOADS - 1]);
    let stall = all
        .iter()
        .map(|watched| watched.longest_stall)
        .max()
        .unwrap();
    let first_bytes = all
        .iter()
        .filter_map(|watched| watched.first_byte)
        .max()
        .unwrap();
    println!(
        "{DOWNLOADS} downloads of {CONNECTIONS} connections, {} MB each: first finished after {first:.2} s, median {median:.2} s, \
         last {last:.2} s ({:.2} × median), {:.0} MB/s in total; all had a first byte after {first_bytes:.2?}, longest stall after that {stall:.2?}; \
         {} commands, slowest accepted after {:.3?}, completed after at most {:.2?} (median {:.2?}); {} cores",
        LEN / 1_000_000,
        last / median,
        LEN as f64 * DOWNLOADS as f64 / 1e6 / last,
        commands.completed.len(),
        commands.slowest_accepted,
        commands.completed.last().unwrap(),
        commands.completed[commands.completed.len() / 2],
        std::thread::available_parallelism().unwrap()
    );
    assert!(
        last < MAX_SLOWDOWN * median,
        "the slowest download took more than {MAX_SLOWDOWN} times the median"
    );
    assert!(stall < MAX_STALL, "a download stalled for {stall:?}");
    assert!(
        commands.slowest_accepted < MAX_COMMAND_DELAY,
        "a command was accepted only after {:?}",
        commands.slowest_accepted
    );
}

/// Pauses and resumes one download in a loop and measures the delays.
struct CommandProbe {
    id: DownloadId,
    pending: Option<PendingCommand>,
    /// Longest time until a snapshot showed that a command was accepted.
    slowest_accepted: Duration,
    /// Time of each command until it was completed.
    completed: Vec<Duration>,
}

/// A command that is not completed yet.
struct PendingCommand {
    sent: Instant,
    /// True if the command is a pause; otherwise it is a resume.
    is_pause: bool,
    is_accepted: bool,
}

impl CommandProbe {
    fn new(id: DownloadId) -> Self {
        Self {
            id,
            pending: None,
            slowest_accepted: Duration::ZERO,
            completed: Vec::new(),
        }
    }

    fn poll(&mut self, engine: &Engine) {
        let snapshot = engine.snapshot();
        let Some(download) = snapshot.download(self.id) else {
            return;
        };
        let state = &download.state;
        let is_paused = *state == DownloadState::Paused;
        let runs = state.is_active() && !state.is_ending();
        if let Some(pending) = &mut self.pending {
            let is_accepted = if pending.is_pause { !runs } else { !is_paused };
            if !pending.is_accepted {
                self.slowest_accepted = self.slowest_accepted.max(pending.sent.elapsed());
            }
            pending.is_accepted |= is_accepted;
            if !(if pending.is_pause { is_paused } else { runs }) {
                return;
            }
            self.completed.push(pending.sent.elapsed());
        } else if !runs {
            return;
        }
        let command = if is_paused {
            Command::Resume(self.id)
        } else {
            Command::Pause(self.id)
        };
        self.pending = Some(PendingCommand {
            sent: Instant::now(),
            is_pause: !is_paused,
            is_accepted: false,
        });
        engine.send(command);
    }
}
