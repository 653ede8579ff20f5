//! Several downloads, a few of them at a time.
//!
//! 1. A lane is a thread that directs one download after the other, so that none waits for a slow one.
//! 2. Connections are kept from one to the next ([`SharedLimits::pool`]): a small file takes one request and
//!    no more. It is fetched by the thread of its lane, unless it takes longer ([`StandbyCoordinator`]).
//! 3. All of them together have so many connections as one alone would have ([`ConnectionBudget`]): a long file
//!    that is left at the end gets those of the others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use crate::download::download_context::{Detail, DownloadContext};
use crate::download::retry_loop;
use crate::download::shared_limits::SharedLimits;
use crate::download::standby_coordinator::StandbyCoordinator;
use crate::model::command::DownloadId;
use crate::model::outcome::{FetchError, Outcome};
use crate::model::snapshot::DownloadSnapshot;
use crate::model::spec::DownloadSpec;
use crate::scheduling::connection_budget::ConnectionBudget;
use crate::scheduling::host_limiter::HostLimiter;
use crate::sync::cancel::CancelToken;

/// How many are under way at once.
const AT_ONCE: usize = 4;

/// What is new of one of several downloads.
pub enum BatchEvent<'a> {
    /// How it is getting on, about twenty times a second, more often at first; without log and time line.
    Now(&'a Arc<DownloadSnapshot>),
    /// It has ended.
    Finished(Result<Outcome, FetchError>),
}

/// Who is told which of several downloads has news.
pub type Observer<'a> = &'a mut (dyn FnMut(usize, BatchEvent<'_>) + Send);

/// Downloads several files on this thread and a few more, and returns when all have ended, or those
/// under way once `stop` was thrown. `observe` is told by which of `requests` there is news; it is called
/// by any thread, and by one at a time.
pub fn fetch_all(requests: &[DownloadSpec], cancel: &CancelToken, observe: Observer<'_>) {
    let most = requests.iter().map(DownloadSpec::most_connections).max();
    let most = usize::from(most.unwrap_or(1));
    let per_host = requests.iter().map(|request| request.per_host).max();
    let lanes = AT_ONCE.min(most).min(requests.len());
    let budget = Arc::new(ConnectionBudget::new(most - lanes));
    let several = Batch {
        requests,
        cancel,
        next: AtomicUsize::new(0),
        observe: Mutex::new(observe),
        limits: SharedLimits {
            rate: None,
            hosts: Some(Arc::new(HostLimiter::new(per_host.unwrap_or(1)))),
            budget: Some(Arc::clone(&budget)),
            pool: Some(Arc::default()),
        },
        budget,
    };
    std::thread::scope(|scope| {
        for number in 2..=lanes {
            let lane = Builder::new().name(format!("lane-{number}"));
            let several = &several;
            if let Err(error) = lane.spawn_scoped(scope, move || several.run_lane(number)) {
                // The others do its work.
                tracing::warn!("the system gives no thread for one more download: {error}");
            }
        }
        several.run_lane(1);
    });
}

/// What the lanes share.
struct Batch<'a> {
    requests: &'a [DownloadSpec],
    cancel: &'a CancelToken,
    /// Which request comes next.
    next: AtomicUsize,
    observe: Mutex<Observer<'a>>,
    limits: SharedLimits,
    budget: Arc<ConnectionBudget>,
}

impl Batch<'_> {
    /// One download after the other, until none is left.
    fn run_lane(&self, number: usize) {
        let deputy = StandbyCoordinator::default();
        std::thread::scope(|scope| {
            let stand_in = || {
                let mut observe = |now: &Arc<DownloadSnapshot>| {
                    self.tell(now.id.0 as usize, BatchEvent::Now(now))
                };
                deputy.stand_in(&mut observe);
            };
            let thread = Builder::new().name(format!("deputy-{number}"));
            let has_deputy = thread.spawn_scoped(scope, stand_in).is_ok();
            let _end = deputy.dismissed_at_last();
            // Without one each download starts a thread of its own for its first connection.
            self.fetch_one_after_another(has_deputy.then_some(&deputy));
        });
        self.budget.release(1);
    }

    fn fetch_one_after_another(&self, deputy: Option<&StandbyCoordinator>) {
        let cancel = self.cancel.child_token();
        while !self.cancel.is_cancelled() {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = self.requests.get(index) else {
                break;
            };
            cancel.reset();
            let mut request = request.clone();
            // Who asked for fewer to a server need not be told with each file.
            request.connections = request.most_connections();
            let id = DownloadId(index as u64);
            let context = DownloadContext::new(id, Detail::None, self.limits.clone());
            let mut observe = |now: &Arc<DownloadSnapshot>| self.tell(index, BatchEvent::Now(now));
            let ended = retry_loop::run(&context, request.into(), &cancel, deputy, &mut observe);
            self.tell(index, BatchEvent::Finished(ended.result));
        }
    }

    fn tell(&self, index: usize, news: BatchEvent<'_>) {
        let mut observe = self.observe.lock().unwrap_or_else(PoisonError::into_inner);
        observe(index, news);
    }
}
