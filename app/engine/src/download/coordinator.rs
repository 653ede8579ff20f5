//! Coordinator of one attempt: starts its threads, handles their events, and decides how it ends.
//!
//! All threads are scoped: none is left when [`run`] returns.

use std::sync::atomic::Ordering;
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::attempt_inputs::AttemptInputs;
use super::attempt_result::{AttemptResult, EndedAttempt, Observer};
use super::checksum_search;
use super::chosen_connections::ChosenConnections;
use super::connection_retry_loop;
use super::finalize_file;
use super::finalize_file::ThreadResults;
use super::journal_thread;
use super::prepared_attempt::PreparedAttempt;
use super::progress_reporter::ProgressReporter;
use super::shared_resources::SharedResources;
use super::thread_states::ThreadStates;
use super::way_watch::WayWatch;
use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadState;
use crate::model::spec::SMALL_FILE;
use crate::protocol::http::worker::final_recheck;
use crate::scheduling::concurrency_tuner::ConcurrencyTuner;
use crate::storage::tree_hasher;
use crate::storage::tree_hasher::CompleteGroups;
use crate::sync::nice::inherited;
use crate::transfer::carried_state::CarriedState;
use crate::transfer::events::{Event, EventReceiver};
use crate::transfer::shared::Transfer;

/// Interval at which rates are measured and a snapshot is published.
const TICK: Duration = Duration::from_millis(50);
/// Time after which a small file gets further connections: a server may limit the rate of each.
const SLOW_SMALL_FILE: Duration = Duration::from_secs(1);

/// Runs an attempt until all of its threads have ended.
pub(crate) fn run(attempt: PreparedAttempt, observe: Observer<'_>) -> EndedAttempt {
    let PreparedAttempt {
        inputs,
        transfer,
        events,
        tuner,
        started,
        ready,
        runs_first_connection,
    } = attempt;
    let transfer = &*transfer;
    let mut reporter = ProgressReporter::new(&inputs, transfer);
    let result = ready.and_then(|()| {
        let progress =
            ThreadStates::new(transfer.counters.connections().len(), runs_first_connection);
        reporter.started = usize::from(runs_first_connection);
        let results = std::thread::scope(|scope| {
            let search = checksum_search::start(scope, transfer);
            let coordinator = Coordinator {
                scope,
                transfer,
                inputs: &inputs,
                choice: ChosenConnections::new(inputs.options.as_deref()),
                reporter: &mut reporter,
                tuner,
                started,
                progress,
                way_watch: WayWatch::default(),
            };
            let results = coordinator.run(&events, &mut *observe);
            // A file that is not complete is not compared.
            if let Some(search) =
                search.filter(|_| results.fatal.is_some() || !transfer.is_settled())
            {
                search.cancel();
            }
            results
        });
        let results = revalidate(transfer, &inputs.limits, &events, results);
        finalize_file::finish(transfer, results, &mut reporter)
    });
    log_result(&result, transfer);
    let state = match &result {
        Ok(_) => DownloadState::Finished,
        Err(FetchError::Stopped) => DownloadState::Paused,
        Err(error) => DownloadState::failed(error),
    };
    reporter.source_changed = matches!(result, Err(FetchError::Changed(_)));
    reporter.is_metalink = matches!(result, Err(FetchError::Metalink));
    let last = reporter.final_snapshot(state, result.as_ref().ok());
    observe(&last);
    let next = next_pass(&result, transfer, &mut reporter);
    let unfinished = transfer
        .context
        .active()
        .filter(|active| result.is_err() && active.file.is_part());
    let partial = unfinished.map(|active| active.paths.clone());
    let finished = AttemptResult {
        result,
        last,
        partial,
    };
    (finished, next)
}

/// Revalidates the file of a complete download, if no worker did.
fn revalidate(
    transfer: &Transfer,
    limits: &SharedResources,
    events: &EventReceiver,
    mut results: ThreadResults,
) -> ThreadResults {
    if transfer.is_settled() && results.fatal.is_none() && !transfer.cancel.is_cancelled() {
        final_recheck::run_alone(transfer, &limits.pool);
        for event in events.try_iter() {
            match event {
                Event::Fatal(error) => results.fatal = Some(error),
                Event::Notice(notice) => results.notices.push(notice),
                _ => {}
            }
        }
    }
    results
}

fn log_result(result: &Result<Outcome, FetchError>, transfer: &Transfer) {
    match result {
        Ok(outcome) => tracing::info!(
            "finished in {:.6} s over {} connections: {}",
            outcome.elapsed.as_secs_f64(),
            outcome.connections,
            outcome.path.display()
        ),
        Err(error) => tracing::info!("not finished: {error}: {}", transfer.context.spec.source),
    }
}

/// Returns the further attempt that fetches damaged pieces again, if there are any and a attempt is left.
fn next_pass(
    result: &Result<Outcome, FetchError>,
    transfer: &Transfer,
    reporter: &mut ProgressReporter<'_>,
) -> Option<CarriedState> {
    let Err(FetchError::Damaged(reason)) = result else {
        return None;
    };
    reporter.notice(format!("Fetching again: {reason}"));
    let from_scratch = transfer.counters.unsized_bytes.load(Ordering::Relaxed) > 0;
    let notices = std::mem::take(&mut reporter.notices);
    let context = &transfer.context;
    context
        .carried
        .next(notices, context.resumed(), from_scratch)
}

/// Starts the threads of an attempt, and ends them.
struct Coordinator<'scope, 'env, 'a> {
    scope: &'scope Scope<'scope, 'env>,
    transfer: &'env Transfer,
    inputs: &'env AttemptInputs,
    choice: ChosenConnections<'env>,
    reporter: &'a mut ProgressReporter<'env>,
    tuner: Option<ConcurrencyTuner>,
    started: Instant,
    progress: ThreadStates,
    way_watch: WayWatch,
}

impl<'scope, 'env> Coordinator<'scope, 'env, '_> {
    /// Handles events and ticks until every worker and the hasher have ended.
    fn run(mut self, events: &EventReceiver, observe: Observer<'_>) -> ThreadResults {
        // Dropping the sender at the end stops the journal thread.
        let (_stop_journal, journal_stopped): (Sender<()>, _) = bounded(0);
        self.start_workers();
        while self.progress.is_busy() {
            match events.recv_timeout(self.reporter.until_tick(TICK)) {
                Some(event) => self.on_event(event),
                None => {
                    observe(&self.reporter.tick(self.progress.is_complete));
                    self.on_tick(&journal_stopped);
                }
            }
            self.shut_down();
        }
        self.progress.into()
    }

    fn on_tick(&mut self, journal_stopped: &Receiver<()>) {
        for notice in self.way_watch.tick(self.transfer) {
            self.reporter.notice(notice);
        }
        self.transfer.tick_far_range();
        if let Some(tuner) = self
            .choice
            .apply(self.transfer, &mut self.progress, self.reporter)
        {
            self.tuner = tuner;
        }
        if self.transfer.cold_cache.is_in_step() {
            self.tuner = None;
        }
        if self.reporter.has_measured && !self.transfer.cold_cache.is_pending() {
            self.tune();
        }
        self.start_workers();
        // A download that ends before needs no journal but the first one.
        if !self.progress.is_journal_running && self.started.elapsed() >= journal_thread::INTERVAL {
            self.progress.is_journal_running = true;
            journal_thread::start(self.scope, self.transfer, journal_stopped);
        }
    }

    /// Starts the workers that are due and do not run: the first one, or all of them.
    fn start_workers(&mut self) {
        let (transfer, limits) = (self.transfer, &self.inputs.limits);
        for index in 0..transfer.scheduler.target_connections() {
            if index < self.reporter.started && !self.progress.surplus[index] {
                continue;
            }
            if index > 0 && !(self.progress.ramp.is_due(&transfer.context) && self.acquire_budget())
            {
                return;
            }
            if let (1, Some(reason)) = (index, self.progress.ramp.reason()) {
                self.reporter.log(reason);
            }
            let work = move || {
                let lost = connection_retry_loop::run(transfer, &limits.pool, index);
                transfer.events.send(Event::Finished(index, lost));
            };
            match connection_retry_loop::thread_builder(index)
                .spawn_scoped(self.scope, inherited(work))
            {
                Ok(_) => {
                    self.progress.running[index] = true;
                    self.progress.surplus[index] = false;
                }
                Err(error) => {
                    let reason = format!("cannot start a connection thread: {error}");
                    self.progress.lost.push(reason);
                    self.release_budget(index);
                }
            }
            self.reporter.started = self.reporter.started.max(index + 1);
        }
    }

    /// Returns whether one more connection may be opened.
    fn acquire_budget(&self) -> bool {
        let budget = self.inputs.limits.budget.as_ref();
        !self.transfer.scheduler.is_complete()
            && !self.is_small_file()
            && budget.is_none_or(|budget| budget.try_acquire())
    }

    /// Returns whether further connections would bring nothing: the file is small, or probably so, and one
    /// connection has not shown to be slow.
    fn is_small_file(&self) -> bool {
        let len = self.transfer.context.active().map(|active| active.info.len);
        self.inputs.limits.expects_small
            && len.is_none_or(|len| len <= SMALL_FILE)
            && self.started.elapsed() < SLOW_SMALL_FILE
    }

    /// Returns the budget of connection `index`; the first connection needs none.
    fn release_budget(&self, index: usize) {
        if let Some(budget) = self.inputs.limits.budget.as_ref().filter(|_| index > 0) {
            budget.release(1);
        }
    }

    /// Changes the number of connections when the tuner finds a better one.
    fn tune(&mut self) {
        let (transfer, reporter) = (self.transfer, &mut *self.reporter);
        let Some(tuner) = self
            .tuner
            .as_mut()
            .filter(|_| !transfer.scheduler.is_complete())
        else {
            return;
        };
        let latency = match transfer.counters.latency() {
            Duration::ZERO => self.started.elapsed(),
            known => known,
        };
        let by_estimate = transfer
            .context
            .capacity_estimate()
            .and_then(|estimate| tuner.on_estimate(estimate));
        if let Some(change) = tuner.on_latency(latency) {
            transfer.set_provisional_connections(change.count);
            reporter.notice(change.reason);
            return;
        }
        let change = by_estimate.or_else(|| {
            let active = transfer.context.active()?;
            let left = active.info.len - active.done.load(Ordering::Acquire);
            tuner.tick(
                Instant::now(),
                reporter.bytes(),
                left,
                reporter.receiving_connections(),
            )
        });
        reporter.bottleneck.as_fast_as = tuner.as_fast_as();
        if let Some(change) = change {
            transfer.scheduler.set_target_connections(change.count);
            reporter.notice(change.reason);
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Confirmed(None) => self.progress.hash_result = Some(Ok(None)),
            Event::Confirmed(Some(groups)) => self.start_hasher(groups),
            Event::Complete => {
                self.progress.is_complete = true;
                self.finish_hashing();
            }
            // The transfer holds the values; these events only wake the coordinator.
            Event::DigestKnown | Event::LinkKnown => {}
            Event::Hashed(digest) => {
                self.progress.is_hashing = false;
                self.progress.hash_result = Some(digest);
            }
            Event::Fatal(error) => {
                self.progress.fatal.get_or_insert(error);
            }
            Event::Notice(notice) => self.reporter.notice(notice),
            Event::Finished(index, lost) => self.on_worker_finished(index, lost),
        }
    }

    fn on_worker_finished(&mut self, index: usize, lost: Option<String>) {
        let transfer = self.transfer;
        self.progress.running[index] = false;
        self.progress.surplus[index] = lost.is_none() && transfer.scheduler.is_surplus(index);
        self.progress.lost.extend(lost);
        self.release_budget(index);
        if !transfer.scheduler.is_complete()
            && !transfer.cancel.is_cancelled()
            && self.progress.workers() == 0
        {
            self.progress.ramp.set_due();
            self.start_workers();
        }
    }

    fn start_hasher(&mut self, groups: CompleteGroups) {
        let transfer = self.transfer;
        let work = move || {
            let Some(active) = transfer.context.active() else {
                return;
            };
            let is_complete = || transfer.scheduler.is_complete();
            let len = active.info.len;
            let digest =
                tree_hasher::hash(&active.file, len, &groups, is_complete, &transfer.cancel);
            transfer.events.send(Event::Hashed(digest));
        };
        let thread = Builder::new().name("hash".into());
        match thread.spawn_scoped(self.scope, inherited(work)) {
            Ok(_) => self.progress.is_hashing = true,
            Err(error) => self.progress.hash_result = Some(Err(error)),
        }
    }

    /// Ends threads that are no longer needed: all of them after a cancellation or a fatal error,
    /// the hasher once no worker is left to feed it.
    fn shut_down(&self) {
        let (transfer, progress) = (self.transfer, &self.progress);
        if progress.fatal.is_some() && !transfer.cancel.is_cancelled() {
            transfer.cancel.abort();
        }
        let are_duties_settled =
            transfer.duties.is_report_settled() && transfer.duties.revalidation.is_settled();
        if transfer.is_settled() && are_duties_settled && progress.workers() > 0 {
            // A connection whose first response is late must not delay a complete file.
            transfer.cancel.close_connections();
        }
        if transfer.cancel.is_cancelled() {
            transfer.scheduler.wake_idle();
        }
        if progress.workers() == 0 && progress.is_hashing && !progress.is_complete {
            self.finish_hashing();
        }
    }

    fn finish_hashing(&self) {
        let active = self.transfer.context.active();
        if let Some(hasher) = active.and_then(|active| active.hasher.as_ref()) {
            hasher.finish();
        }
    }
}
