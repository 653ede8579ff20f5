//! Batches: several downloads by one call, a few of them at a time.
//!
//! 1. A batch thread runs one download after the other, so that none waits for a slow one.
//! 2. Connections go from one file to the next through the pool ([`SharedLimits::pool`]): a small
//!    file takes one request and no more. The batch thread itself runs the first connection, and
//!    coordinates the download afterwards, unless that takes longer ([`StandbyCoordinator`]).
//! 3. All downloads together have as many connections as a single one would have
//!    ([`ConnectionBudget`]): a long file that is left at the end gets those of the others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::Builder;

use crate::download::download_context::{Detail, DownloadContext};
use crate::download::retry_loop;
use crate::download::shared_limits::SharedLimits;
use crate::download::standby_coordinator::StandbyCoordinator;
use crate::model::command::DownloadId;
use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadSnapshot;
use crate::model::spec::DownloadSpec;
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::scheduling::connection_budget::ConnectionBudget;
use crate::scheduling::host_limiter::HostLimiter;
use crate::sync::cancel::CancelToken;
use crate::sync::lock;

/// Largest number of downloads that run at once.
const MAX_CONCURRENT: usize = 4;

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
    let memory = specs.iter().find_map(|spec| spec.host_memory.as_deref());
    let hosts = HostLimiter::with_memory(per_host.unwrap_or(1), memory);
    let threads = MAX_CONCURRENT.min(max_connections).min(specs.len());
    let budget = Arc::new(ConnectionBudget::new(max_connections - threads));
    let batch = Batch {
        specs,
        cancel,
        next: AtomicUsize::new(0),
        observe: Mutex::new(observe),
        limits: SharedLimits {
            rate: None,
            hosts: Some(Arc::new(hosts)),
            budget: Some(Arc::clone(&budget)),
            pool: Arc::new(ConnectionPool::with_reuse()),
        },
        budget,
    };
    std::thread::scope(|scope| {
        for number in 2..=threads {
            let batch = &batch;
            let thread = Builder::new().name(format!("batch-{number}"));
            if let Err(error) = thread.spawn_scoped(scope, move || batch.run_thread(number)) {
                // The other threads do its work.
                tracing::warn!("cannot start a batch thread: {error}");
            }
        }
        batch.run_thread(1);
    });
}

/// State that the threads of a batch share.
struct Batch<'a> {
    specs: &'a [DownloadSpec],
    cancel: &'a CancelToken,
    /// Index of the next download.
    next: AtomicUsize,
    observe: Mutex<BatchObserver<'a>>,
    limits: SharedLimits,
    budget: Arc<ConnectionBudget>,
}

impl Batch<'_> {
    /// Runs one download after the other until none is left.
    fn run_thread(&self, number: usize) {
        let standby = StandbyCoordinator::default();
        std::thread::scope(|scope| {
            let run_standby = || {
                let mut observe = |snapshot: &Arc<DownloadSnapshot>| {
                    self.send(snapshot.id.0 as usize, BatchEvent::Progress(snapshot));
                };
                standby.run(&mut observe);
            };
            let thread = Builder::new().name(format!("standby-{number}"));
            let has_standby = thread.spawn_scoped(scope, run_standby).is_ok();
            let _guard = standby.shutdown_guard();
            // Without it, each download starts a thread for its first connection.
            self.run_downloads(has_standby.then_some(&standby));
        });
        self.budget.release(1);
    }

    fn run_downloads(&self, standby: Option<&StandbyCoordinator>) {
        let cancel = self.cancel.child_token();
        while !self.cancel.is_cancelled() {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(spec) = self.specs.get(index) else {
                break;
            };
            cancel.reset();
            let mut spec = spec.clone();
            // So that no download notifies the user of the limit per server.
            spec.connections = spec.max_connections();
            let id = DownloadId(index as u64);
            let context = DownloadContext::new(id, Detail::None, self.limits.clone());
            let mut observe = |snapshot: &Arc<DownloadSnapshot>| {
                self.send(index, BatchEvent::Progress(snapshot));
            };
            let finished = retry_loop::run(&context, spec.into(), &cancel, standby, &mut observe);
            self.send(index, BatchEvent::Finished(finished.result));
        }
    }

    fn send(&self, index: usize, event: BatchEvent<'_>) {
        (lock(&self.observe))(index, event);
    }
}
