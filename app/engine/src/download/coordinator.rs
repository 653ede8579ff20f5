//! The director of one attempt: starts its threads, hears what happens, and decides how it ends.
//!
//! All threads are scoped: when [`lead`] returns, none is left.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use lanes_shared::checksum::Digest;

use super::attempt::Attempt;
use super::connection_ramp::ConnectionRamp;
use super::connection_worker;
use super::finish;
use super::finished::{Finished, Observer};
use super::progress_reporter::Reporter;
use super::shared_limits::SharedLimits;
use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadState;
use crate::scheduling::concurrency_tuner::ConcurrencyTuner;
use crate::storage::tree_hasher;
use crate::transfer::repair_pass::RepairPass;
use crate::transfer::shared::{Event, Transfer};

/// How often rates are measured and a snapshot is given out.
const TICK: Duration = Duration::from_millis(50);
/// How often the journal is written.
const JOURNAL_EVERY: Duration = Duration::from_secs(1);

/// What has happened so far.
#[derive(Default)]
struct Progress {
    /// Which connections have a worker.
    working: Vec<bool>,
    /// Which have left because fewer were wanted, and may come back.
    spared: Vec<bool>,
    opening: ConnectionRamp,
    /// Whether the journal has its thread.
    keeps: bool,
    hashing: bool,
    complete: bool,
    hashed: Option<io::Result<Option<Digest>>>,
    fatal: Option<FetchError>,
    /// Why connections were lost or refused.
    lost: Vec<String>,
}

/// Leads an attempt until none of its threads is left. Returns how it ended; and what the next is to know, if it
/// is to fetch again what came wrong.
pub(crate) fn lead(mut attempt: Attempt, observe: Observer<'_>) -> (Finished, Option<RepairPass>) {
    let transfer = Arc::clone(&attempt.transfer);
    let mut reporter = Reporter::new(attempt.context.clone(), &transfer);
    let result = run(&mut attempt, &mut reporter, observe);
    let state = match &result {
        Ok(_) => DownloadState::Finished,
        Err(FetchError::Stopped) => DownloadState::Paused,
        Err(error) => DownloadState::Failed(error.to_string()),
    };
    match &result {
        Ok(outcome) => tracing::info!(
            "finished in {:.6} s over {} connections: {}",
            outcome.elapsed.as_secs_f64(),
            outcome.connections,
            outcome.path.display()
        ),
        Err(error) => tracing::info!("not finished: {error}: {}", transfer.request.source),
    }
    reporter.has_changed = matches!(result, Err(FetchError::Changed(_)));
    reporter.is_metalink = matches!(result, Err(FetchError::Metalink));
    let last = reporter.last(state, result.as_ref().ok());
    observe(&last);
    let next = match &result {
        Err(FetchError::Damaged(reason)) => {
            reporter.notice(format!("Fetched again: {reason}"));
            let anew = transfer.unsized_bytes.load(Ordering::Relaxed) > 0;
            let notices = std::mem::take(&mut reporter.notices);
            transfer.round.next(notices, transfer.resumed(), anew)
        }
        _ => None,
    };
    let unfinished = transfer.active().filter(|_| result.is_err());
    let kept = unfinished.map(|active| active.paths.clone());
    let ended = Finished { result, last, kept };
    (ended, next)
}

fn run(
    attempt: &mut Attempt,
    reporter: &mut Reporter<'_>,
    observe: Observer<'_>,
) -> Result<Outcome, FetchError> {
    std::mem::replace(&mut attempt.begun, Ok(()))?;
    let (transfer, inbox, started) = (&*attempt.transfer, &attempt.inbox, attempt.started);
    let (tuner, limits) = (&mut attempt.tuner, &attempt.context.limits);
    let mut course = Progress {
        working: vec![false; transfer.meters.len()],
        spared: vec![false; transfer.meters.len()],
        ..Progress::default()
    };
    std::thread::scope(|scope| {
        let (keeper_stops, keep) = bounded(0);
        course.working[0] = attempt.has_first;
        reporter.started = usize::from(attempt.has_first);
        start_workers(scope, transfer, limits, &mut course, reporter);
        while course.is_busy() {
            match inbox.recv_timeout(reporter.until_tick(TICK)) {
                Ok(event) => hear(scope, transfer, limits, event, &mut course, reporter),
                Err(RecvTimeoutError::Timeout) => {
                    observe(&reporter.tick(course.complete));
                    if let Some(tuner) = tuner.as_mut().filter(|_| reporter.has_measured) {
                        tune(tuner, started, transfer, reporter);
                    }
                    start_workers(scope, transfer, limits, &mut course, reporter);
                    // What is over before needs no journal but the one that it began with.
                    if !course.keeps && started.elapsed() >= JOURNAL_EVERY {
                        course.keeps = true;
                        start_keeper(scope, transfer, &keep);
                    }
                }
                // The transfer holds a sender, so the channel cannot close before it.
                Err(RecvTimeoutError::Disconnected) => break,
            }
            wind_up(transfer, &course);
        }
        drop::<Sender<()>>(keeper_stops);
    });
    finish::conclude(transfer, course.into(), reporter)
}

impl Progress {
    fn workers(&self) -> usize {
        self.working.iter().filter(|working| **working).count()
    }

    fn is_busy(&self) -> bool {
        self.workers() > 0 || self.hashing
    }
}

impl From<Progress> for finish::Progress {
    fn from(course: Progress) -> Self {
        let hashed = course.hashed.unwrap_or(Ok(None));
        Self {
            fatal: course.fatal,
            lost: course.lost,
            hashed,
        }
    }
}

fn start_keeper<'scope>(
    scope: &'scope Scope<'scope, '_>,
    transfer: &'scope Transfer,
    keep: &Receiver<()>,
) {
    let keep = keep.clone();
    // Without this thread the download still works; a crash would cost more of it.
    let keeper = Builder::new().name("journal".into());
    let kept = keeper.spawn_scoped(scope, move || keep_journal(transfer, &keep));
    if let Err(error) = kept {
        tracing::warn!("no thread for the journal: {error}");
    }
}

/// Starts the workers that are wanted and not there, the first one or all of them.
fn start_workers<'scope>(
    scope: &'scope Scope<'scope, '_>,
    transfer: &'scope Transfer,
    limits: &'scope SharedLimits,
    course: &mut Progress,
    reporter: &mut Reporter<'_>,
) {
    for index in 0..transfer.target_connections() {
        if index < reporter.started && !course.spared[index] {
            continue;
        }
        if index > 0 && !(course.opening.is_due(transfer) && take_seat(transfer, limits)) {
            return;
        }
        if let (1, Some(reason)) = (index, course.opening.reason()) {
            reporter.say(reason);
        }
        let work = move || {
            let lost = connection_worker::run(transfer, limits.pool.as_deref(), index);
            transfer.send(Event::Finished(index, lost));
        };
        match connection_worker::thread(index).spawn_scoped(scope, work) {
            Ok(_) => (course.working[index], course.spared[index]) = (true, false),
            Err(error) => {
                let words = format!("the system gives no more threads: {error}");
                course.lost.push(words);
                leave_seat(limits, index);
            }
        }
        reporter.started = reporter.started.max(index + 1);
    }
}

/// Whether there may be one more connection.
fn take_seat(transfer: &Transfer, limits: &SharedLimits) -> bool {
    let budget = limits.budget.as_ref();
    !transfer.is_complete() && budget.is_none_or(|budget| budget.try_acquire())
}

/// Connection `index` is gone.
fn leave_seat(limits: &SharedLimits, index: usize) {
    if let Some(budget) = limits.budget.as_ref().filter(|_| index > 0) {
        budget.release(1);
    }
}

/// Changes the number of connections when the tuner, at work since `started`, finds a better one.
fn tune(
    tuner: &mut ConcurrencyTuner,
    started: Instant,
    transfer: &Transfer,
    reporter: &mut Reporter<'_>,
) {
    if transfer.is_complete() {
        return;
    }
    let active = transfer.active();
    let latency = match transfer.latency() {
        Duration::ZERO => started.elapsed(),
        known => known,
    };
    let told = transfer
        .capacity_estimate()
        .and_then(|guess| tuner.on_estimate(guess));
    if let Some(change) = tuner.on_latency(latency) {
        transfer.set_provisional_connections(change.count);
        reporter.notice(change.reason);
        return;
    }
    let change = told.or_else(|| {
        let active = active?;
        let left = active.info.len - active.done.load(Ordering::Acquire);
        tuner.tick(Instant::now(), reporter.bytes(), left, reporter.alive())
    });
    if let Some(change) = change {
        transfer.set_target_connections(change.count);
        reporter.notice(change.reason);
    }
}

/// Takes one event into account.
fn hear<'scope>(
    scope: &'scope Scope<'scope, '_>,
    transfer: &'scope Transfer,
    limits: &'scope SharedLimits,
    event: Event,
    course: &mut Progress,
    reporter: &mut Reporter<'_>,
) {
    match event {
        Event::Confirmed(None) => course.hashed = Some(Ok(None)),
        Event::Confirmed(Some(groups)) => {
            let hasher = move || {
                let Some(active) = transfer.active() else {
                    return;
                };
                let complete = || transfer.is_complete();
                let len = active.info.len;
                let digest =
                    tree_hasher::hash(&active.file, len, &groups, complete, &transfer.cancel);
                transfer.send(Event::Hashed(digest));
            };
            match Builder::new()
                .name("hash".into())
                .spawn_scoped(scope, hasher)
            {
                Ok(_) => course.hashing = true,
                Err(error) => course.hashed = Some(Err(error)),
            }
        }
        Event::Complete => {
            course.complete = true;
            finish_hashing(transfer);
        }
        // Seen in the transfer itself; the events only wake the director.
        Event::DigestKnown | Event::LinkKnown => {}
        Event::Hashed(digest) => {
            course.hashing = false;
            course.hashed = Some(digest);
        }
        Event::Fatal(error) => {
            course.fatal.get_or_insert(error);
        }
        Event::Notice(notice) => reporter.notice(notice),
        Event::Finished(index, lost) => {
            course.working[index] = false;
            course.spared[index] = lost.is_none() && transfer.is_surplus(index);
            course.lost.extend(lost);
            leave_seat(limits, index);
            if !transfer.is_complete() && !transfer.cancel.is_cancelled() && course.workers() == 0 {
                course.opening.set_due();
                start_workers(scope, transfer, limits, course, reporter);
            }
        }
    }
}

/// Ends what need not go on: everything once it is stopped or hopeless, the hasher once no worker
/// is left to bring it more.
fn wind_up(transfer: &Transfer, course: &Progress) {
    if course.fatal.is_some() && !transfer.cancel.is_cancelled() {
        transfer.cancel.abort();
    }
    if transfer.is_settled() && transfer.has_link_report() && course.workers() > 0 {
        // A connection whose first answer is late must not hold a whole file up.
        transfer.cancel.close_connections();
    }
    if transfer.cancel.is_cancelled() {
        transfer.wake_idle();
    }
    if course.workers() == 0 && course.hashing && !course.complete {
        finish_hashing(transfer);
    }
}

fn finish_hashing(transfer: &Transfer) {
    let groups = transfer.active().and_then(|active| active.hasher.as_ref());
    if let Some(groups) = groups {
        groups.finish();
    }
}

/// Writes the journal every second while bytes come.
fn keep_journal(transfer: &Transfer, keep: &Receiver<()>) {
    let mut last = 0;
    loop {
        let known = transfer
            .active()
            .map(|active| (active, active.done.load(Ordering::Acquire)));
        if let Some((active, done)) = known.filter(|(_, done)| *done != last) {
            last = done;
            if let Err(error) = finish::write_journal(transfer, active) {
                // The next second may do better; the bytes themselves are not in danger.
                tracing::warn!("cannot write the journal: {error}");
            }
        }
        let Err(RecvTimeoutError::Timeout) = keep.recv_timeout(JOURNAL_EVERY) else {
            return;
        };
    }
}
