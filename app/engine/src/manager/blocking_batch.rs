//! Batches: several downloads by one call, a few of them at a time.
//!
//! 1. Each batch thread runs one download after the other. A near server keeps few threads busy. On a far
//!    link each thread mostly waits for round trips, so threads are added up to the number of connections
//!    ([`Batch::grow`]). While small files have still to start, connections are kept for these threads: a
//!    second connection to a file that takes one round trip gains nothing.
//! 2. Connections go from one file to the next through the pool ([`SharedResources::pool`]): a small
//!    file takes one request and no more. The batch thread runs the first connection itself and
//!    coordinates the rest once it has ended. If the first connection takes longer than 2 ms, the coordinator
//!    thread takes over ([`CoordinatorTakeover`]): it also flushes and renames the file, while the batch
//!    thread requests the next one.
//! 3. All downloads together have as many connections as a single one would have
//!    ([`ConnectionBudget`]): a long file that is left at the end gets those of the others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Builder, Scope};
use std::time::Duration;

use super::link_saturation::LinkSaturation;
use crate::download::attempt_inputs::{AttemptInputs, Detail};
use crate::download::attempt_result::EndedAttempt;
use crate::download::coordinator;
use crate::download::coordinator_takeover::{CoordinatorTakeover, FirstConnectionEnd};
use crate::download::prepared_attempt;
use crate::download::prepared_attempt::{EventChannel, PreparedAttempt};
use crate::download::restart_loop::Restarts;
use crate::download::shared_resources::SharedResources;
use crate::model::command::DownloadId;
use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadSnapshot;
use crate::model::spec::{DownloadSpec, SMALL_FILE};
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::scheduling::connection_budget::ConnectionBudget;
use crate::scheduling::host_limiter::HostLimiter;
use crate::sync::cancel::CancelToken;
use crate::sync::lock;

/// Number of downloads that run at once at first: enough for a near server and two processors.
const INITIAL_CONCURRENT: usize = 4;
/// Number of threads up to which their number doubles. Their first responses arrive together, ten packets each,
/// and fit the buffer of most bottlenecks. Of more threads one starts each millisecond, which is 117 Mbit/s of
/// first packets: otherwise they overflow the buffer, and each lost one delays a file by a time-out.
const MAX_DOUBLING: usize = 16;
/// Number of threads beyond which each further one needs a sign that the link has room ([`LinkSaturation`]). The
/// responses of 40 to files of 20 kB fill a link of 100 Mbit/s and 50 ms and leave a third of its buffer empty;
/// those of 50 overflow it over 20 ms, and a thread waits for a time-out.
const MAX_UNPROVEN: usize = 40;
/// Time within which a near server serves a small file to each thread, on a machine that is not busy. Four
/// threads finish such a file every half millisecond.
const GROW_AFTER: Duration = Duration::from_millis(3);

/// News of one download of a batch.
pub enum BatchEvent<'a> {
    /// A snapshot, about twenty times a second, more often at first; without log and timeline.
    Progress(&'a Arc<DownloadSnapshot>),
    /// The download has ended.
    Finished(Result<Outcome, FetchError>),
}

/// Callback that receives the events of a batch, with the index of the download.
pub type BatchObserver<'a> = &'a mut (dyn FnMut(usize, BatchEvent<'_>) + Send);

/// Downloads several files on this thread and a few more; returns when all have ended, or, after a
/// cancellation, when those that run have ended.
///
/// `observe` receives events with an index into `specs`. It is called by several threads, but never
/// by two at the same time.
pub fn fetch_all(specs: &[DownloadSpec], cancel: &CancelToken, observe: BatchObserver<'_>) {
    let max_connections = specs.iter().map(DownloadSpec::max_connections).max();
    let max_connections = usize::from(max_connections.unwrap_or(1));
    let per_host = specs.iter().map(|spec| spec.per_host).max();
    let max_threads = max_connections.min(specs.len());
    let threads = INITIAL_CONCURRENT.min(max_threads);
    let memory = specs.iter().find_map(|spec| spec.host_memory.as_deref());
    let hosts = HostLimiter::with_memory(per_host.unwrap_or(1), memory);
    let budget = Arc::new(ConnectionBudget::new(max_connections - threads));
    budget.set_reserved(max_threads - threads);
    let batch = Batch {
        specs,
        cancel,
        next: AtomicUsize::new(0),
        finished: AtomicUsize::new(0),
        link_saturation: LinkSaturation::default(),
        observe: Mutex::new(observe),
        limits: SharedResources {
            hosts: Some(Arc::new(hosts)),
            budget: Some(Arc::clone(&budget)),
            pool: Arc::new(ConnectionPool::with_reuse()),
            expects_small: false,
        },
        budget,
    };
    thread::scope(|scope| {
        for number in 2..=threads {
            batch.spawn(scope, number);
        }
        let grow = || batch.grow(scope, threads, max_threads);
        let grower = (threads < max_threads).then(|| {
            Builder::new()
                .name("batch-growth".into())
                .spawn_scoped(scope, grow)
        });
        batch.run_thread(1);
        if let Some(Ok(grower)) = grower {
            grower.thread().unpark();
        }
    });
}

/// State that the threads of a batch share.
struct Batch<'a> {
    specs: &'a [DownloadSpec],
    cancel: &'a CancelToken,
    /// Index of the next download.
    next: AtomicUsize,
    /// Number of downloads that have ended.
    finished: AtomicUsize,
    link_saturation: LinkSaturation,
    observe: Mutex<BatchObserver<'a>>,
    limits: SharedResources,
    budget: Arc<ConnectionBudget>,
}

impl Batch<'_> {
    /// Starts a thread that runs downloads.
    fn spawn<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, number: usize) {
        let thread = Builder::new().name(format!("batch-{number}"));
        if let Err(error) = thread.spawn_scoped(scope, move || self.run_thread(number)) {
            // The other threads do its work.
            tracing::warn!("cannot start a batch thread: {error}");
            self.budget.release(1);
        }
    }

    /// Starts further threads beside the `threads` that run, up to `max` in all, each time that they have not
    /// finished a download each within [`GROW_AFTER`]: then they wait for the network and not for a processor.
    /// Returns when there are `max`, or when all downloads have begun.
    fn grow<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        mut threads: usize,
        max: usize,
    ) {
        let mut finished = 0;
        while threads < max && !self.cancel.is_cancelled() {
            thread::park_timeout(GROW_AFTER);
            let before = std::mem::replace(&mut finished, self.finished.load(Ordering::Relaxed));
            let Some(spec) = self.specs.get(self.next.load(Ordering::Relaxed)) else {
                break;
            };
            let is_small = spec.len.is_none_or(|len| len <= SMALL_FILE);
            self.budget
                .set_reserved(if is_small { max - threads } else { 0 });
            let is_full = threads >= MAX_UNPROVEN && !self.has_room(threads);
            if finished - before >= threads || !is_small || is_full {
                continue;
            }
            for _ in 0..further_threads(threads).min(max - threads) {
                // Long files may have taken all connections.
                if !self.budget.try_acquire_reserved() {
                    break;
                }
                threads += 1;
                self.spawn(scope, threads);
            }
        }
        self.budget.set_reserved(0);
    }

    /// Returns whether a thread more pays: the link has room, and each thread has several files to come. A
    /// new connection takes three round trips for its first file, as long as another for three.
    fn has_room(&self, threads: usize) -> bool {
        let begun = self.next.load(Ordering::Relaxed);
        let left = self.specs.len().saturating_sub(begun);
        left >= threads * 4 && self.link_saturation.has_room(threads)
    }

    /// Runs one download after the other until none is left.
    fn run_thread(&self, number: usize) {
        let deferred = CoordinatorTakeover::default();
        thread::scope(|scope| {
            let thread = Builder::new().name(format!("coordinator-{number}"));
            let run_deferred = || deferred.run(&mut |snapshot| self.send_progress(snapshot));
            let has_deferred = thread.spawn_scoped(scope, run_deferred).is_ok();
            let _guard = deferred.shutdown_guard();
            // Without it, each download starts a thread for its first connection.
            self.run_downloads(has_deferred.then_some(&deferred));
        });
        self.budget.release(1);
    }

    fn run_downloads(&self, deferred: Option<&CoordinatorTakeover>) {
        // Two downloads of a thread overlap: the coordinator thread completes the file of one while the bytes
        // of the next are on their way.
        let slots = [Slot::new(self.cancel), Slot::new(self.cancel)];
        let mut completing = None;
        for slot in slots.iter().cycle() {
            let Some(download) = self.next_download(slot) else {
                break;
            };
            completing = self.run_download(download, completing, deferred);
        }
        if let (Some(mut download), Some(deferred)) = (completing, deferred) {
            self.complete(&mut download, deferred.wait());
        }
    }

    /// Returns the next download, which uses `slot`; `None` if none is left, or after a cancellation.
    fn next_download(&self, slot: &Slot) -> Option<Download> {
        if self.cancel.is_cancelled() {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let mut spec = self.specs.get(index)?.clone();
        // So that no download notifies the user of the limit per server.
        spec.connections = spec.max_connections();
        slot.cancel.reset();
        let id = DownloadId(index as u64);
        let inputs = AttemptInputs::new(id, Detail::None, self.limits.clone());
        let attempts = Restarts::new(&inputs, spec.into(), &slot.cancel, slot.channel.clone());
        Some(Download { index, attempts })
    }

    /// Runs a download, and ends the one `before` it, which the coordinator thread completes meanwhile. Returns
    /// the download if the coordinator thread completes it now.
    fn run_download(
        &self,
        mut download: Download,
        mut before: Option<Download>,
        deferred: Option<&CoordinatorTakeover>,
    ) -> Option<Download> {
        loop {
            let attempt = download.attempts.next();
            let first = deferred.filter(|_| attempt.starts_with_one_connection());
            let end = match first {
                Some(deferred) => {
                    deferred.run_attempt(attempt, &mut |snapshot| self.send_progress(snapshot))
                }
                None => FirstConnectionEnd::Ended(Box::new(self.coordinate(attempt))),
            };
            if let (Some(mut before), Some(deferred)) = (before.take(), deferred) {
                self.complete(&mut before, deferred.wait());
            }
            let ended = match (end, first) {
                (FirstConnectionEnd::Ended(ended), _) => *ended,
                (FirstConnectionEnd::Running, Some(deferred)) => deferred.wait(),
                // Only a coordinator thread completes an attempt.
                (FirstConnectionEnd::Completing | FirstConnectionEnd::Running, _) => {
                    return Some(download);
                }
            };
            if self.on_ended(&mut download, ended) {
                return None;
            }
        }
    }

    /// Ends a download with the result of its attempt, or after further attempts if that one calls for them.
    fn complete(&self, download: &mut Download, mut ended: EndedAttempt) {
        while !self.on_ended(download, ended) {
            ended = self.coordinate(download.attempts.next());
        }
    }

    fn coordinate(&self, attempt: PreparedAttempt) -> EndedAttempt {
        coordinator::run(attempt, &mut |snapshot| self.send_progress(snapshot))
    }

    /// Reports the end of a download. Returns `false` if another attempt follows.
    fn on_ended(&self, download: &mut Download, ended: EndedAttempt) -> bool {
        let Some(finished) = download.attempts.on_ended(ended) else {
            return false;
        };
        self.finished.fetch_add(1, Ordering::Relaxed);
        if finished.result.is_ok() {
            self.link_saturation.record(finished.last.elapsed);
        }
        self.send(download.index, BatchEvent::Finished(finished.result));
        true
    }

    fn send_progress(&self, snapshot: &Arc<DownloadSnapshot>) {
        self.send(snapshot.id.0 as usize, BatchEvent::Progress(snapshot));
    }

    fn send(&self, index: usize, event: BatchEvent<'_>) {
        (lock(&self.observe))(index, event);
    }
}

/// Returns the number of threads to start at once beside those that run.
fn further_threads(threads: usize) -> usize {
    match threads < MAX_DOUBLING {
        true => threads,
        false => GROW_AFTER.as_millis() as usize,
    }
}

/// A download of the batch.
struct Download {
    index: usize,
    attempts: Restarts,
}

/// Resources that the downloads of a thread use one after the other.
struct Slot {
    cancel: CancelToken,
    channel: EventChannel,
}

impl Slot {
    fn new(cancel: &CancelToken) -> Self {
        Self {
            cancel: cancel.child_token(),
            channel: prepared_attempt::event_channel(),
        }
    }
}
