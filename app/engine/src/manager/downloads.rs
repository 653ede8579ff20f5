//! The engine's own thread: owns the downloads, starts their directors, hears when they end.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, bounded, select};

use super::history;
use super::history::History;
use super::managed_download::ManagedDownload;
use super::snapshot_store::SnapshotStore;
use crate::download::finished::Finished;
use crate::model::command::{Command, DownloadId, Limits};
use crate::model::http_options::ProxyChoice;
use crate::model::snapshot::{Catalogue, Check, DownloadSnapshot, DownloadState};
use crate::model::source_url::ServerName;
use crate::protocol::http::ConnectionPool;
use crate::scheduling::host_limiter::HostLimiter;
use crate::sync::cancel::CancelToken;
use crate::sync::rate_limiter::RateLimiter;
use crate::sync::thread_spawner::ThreadSpawner;

/// How often the list is kept while nothing but bytes happens to it.
const KEEP_EVERY: Duration = Duration::from_secs(5);
/// How soon it is tried again to keep a list while an earlier one is being written.
const KEEP_AGAIN: Duration = Duration::from_millis(100);

/// What a thread of the engine says when it is done.
pub(super) enum Done {
    /// How it ended, or why no thread led it to an end.
    Download(DownloadId, Result<Box<Finished>, String>),
    Browse(ServerName, Catalogue),
    Recheck(DownloadId, Check),
}

/// Owns the downloads. `attempts` has what begins and ends one of them, `errands` what else a thread
/// does for it.
pub(crate) struct Manager {
    pub(super) published: Arc<SnapshotStore>,
    /// Connections that one download leaves to the next, as long as they follow each other.
    pub(super) kept_connections: Arc<ConnectionPool>,
    pub(super) downloads: BTreeMap<DownloadId, ManagedDownload>,
    /// Which downloads wait, in the order in which they start.
    pub(super) queue: VecDeque<DownloadId>,
    pub(super) limits: Limits,
    /// What all downloads together may bring.
    pub(super) throttle: Arc<RateLimiter>,
    /// How many connections all downloads together may have to one server.
    pub(super) places: Arc<HostLimiter>,
    /// How HTTP servers are reached, where a download does not say.
    pub(super) proxy: ProxyChoice,
    pub(super) browsing: HashSet<ServerName>,
    pub(super) history: Option<History>,
    /// Whether the list differs from the one that was kept last.
    pub(super) changed: bool,
    pub(super) kept: Instant,
    pub(super) threads: ThreadSpawner<Done>,
    pub(super) ended: Receiver<Done>,
}

impl Manager {
    /// One without downloads. `settle` is what each of its threads does first.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(published: Arc<SnapshotStore>, settle: fn()) -> io::Result<Self> {
        let (done, ended) = bounded(64);
        Ok(Self {
            published,
            kept_connections: Arc::default(),
            downloads: BTreeMap::new(),
            queue: VecDeque::new(),
            limits: Limits::default(),
            throttle: Arc::new(RateLimiter::new(None)),
            places: Arc::new(HostLimiter::new(Limits::default().per_host)),
            proxy: ProxyChoice::default(),
            browsing: HashSet::new(),
            history: None,
            changed: false,
            kept: Instant::now(),
            threads: ThreadSpawner::start(settle, done)?,
            ended,
        })
    }

    /// Takes up the list of an earlier time: its downloads have the numbers from 1 on.
    pub fn take_up(
        &mut self,
        history: Result<(History, Vec<history::Past>, Option<String>), String>,
    ) {
        match history {
            Ok((history, past, remark)) => {
                self.history = Some(history);
                let numbered = (1..).map(DownloadId).zip(past);
                let downloads = &mut self.downloads;
                self.published
                    .publish_all(numbered.map(|(id, (request, snapshot))| {
                        downloads.insert(id, ManagedDownload::new(request, snapshot.added));
                        DownloadSnapshot { id, ..snapshot }
                    }));
                if let Some(remark) = remark {
                    self.published.remark(remark);
                }
            }
            Err(words) => self.published.remark(words),
        }
    }

    /// Obeys until nobody can send an order any more, and then brings everything to a halt.
    pub fn run(mut self, inbox: &Receiver<Command>) {
        loop {
            select! {
                recv(inbox) -> command => match command {
                    Ok(command) => self.obey(command),
                    Err(_) => break,
                },
                recv(self.ended) -> done => if let Ok(done) = done {
                    self.ended(done);
                },
                default(self.until_kept()) => self.changed = true,
            }
            self.keep();
        }
        self.queue.clear();
        for owned in self.downloads.values() {
            owned.stop();
        }
        while !self.browsing.is_empty() || self.downloads.values().any(ManagedDownload::is_busy) {
            let Ok(done) = self.ended.recv() else { break };
            self.ended(done);
        }
        if let Some(history) = self.history.take() {
            history.close(self.list());
        }
    }

    /// How long until the list is to be kept, if nothing happens before.
    pub(super) fn until_kept(&self) -> Duration {
        if self.history.is_none() {
            Duration::MAX
        } else if self.changed {
            KEEP_AGAIN
        } else if self.running() > 0 {
            KEEP_EVERY.saturating_sub(self.kept.elapsed())
        } else {
            Duration::MAX
        }
    }

    pub(super) fn keep(&mut self) {
        if let Some(history) = self.history.as_ref().filter(|_| self.changed)
            && history.offer(self.list())
        {
            self.changed = false;
            self.kept = Instant::now();
        }
    }

    pub(super) fn list(&self) -> Vec<u8> {
        let now = self.published.downloads().into_iter();
        let pair = |now: Arc<DownloadSnapshot>| Some((&self.downloads.get(&now.id)?.request, now));
        history::list(now.filter_map(pair).collect::<Vec<_>>().into_iter())
    }

    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Add(id, mut request) => {
                request.per_host = self.limits.per_host;
                let added = SystemTime::now();
                let snapshot = DownloadSnapshot::asked(id, &request, added);
                self.downloads
                    .insert(id, ManagedDownload::new(*request, added));
                self.published.publish(Arc::new(snapshot));
                self.changed = true;
                self.queue.push_back(id);
                self.fill();
            }
            Command::Pause(id) => self.pause(id),
            Command::Resume(id) => self.resume(id),
            Command::BeginAnew(id) => self.begin_anew(id),
            Command::Cancel(id) => self.cancel(id),
            Command::Remove(id) => {
                let is_idle = |owned: &ManagedDownload| owned.attempt.is_none();
                if self.downloads.get(&id).is_some_and(is_idle) {
                    self.forget(id);
                }
            }
            Command::Verify(id) => self.verify(id),
            Command::Change(id, request) => self.change(id, *request),
            Command::Limit(limits) => {
                self.limits = limits;
                self.throttle.set_limit(limits.bytes_per_sec);
                self.places.set(limits.per_host);
                self.fill();
            }
            Command::Proxy(proxy) => self.proxy = proxy,
            Command::Browse(server) => self.browse(server),
        }
    }

    pub(super) fn state(&self, id: DownloadId) -> Option<DownloadState> {
        Some(self.published.download(id)?.state.clone())
    }

    pub(super) fn set_state(&mut self, id: DownloadId, state: &DownloadState) {
        self.published.set_state(id, state);
        self.changed = true;
    }

    pub(super) fn running(&self) -> usize {
        let owned = self.downloads.values();
        owned.filter(|owned| owned.attempt.is_some()).count()
    }

    /// Starts what waits, as far as the limit has room.
    pub(super) fn fill(&mut self) {
        while self.running() < self.limits.downloads.max(1)
            && let Some(id) = self.queue.pop_front()
        {
            self.start(id);
        }
    }

    pub(super) fn pause(&mut self, id: DownloadId) {
        let owned = self.downloads.get(&id);
        if let Some(attempt) = owned.and_then(|owned| owned.attempt.as_ref()) {
            // Who has cancelled it wants more than that it stops.
            if !attempt.cancelled {
                let cancel = attempt.cancel.clone();
                self.halt(id, &DownloadState::Stopping, &cancel);
            }
        } else if self.state(id) == Some(DownloadState::Waiting) {
            self.queue.retain(|waiting| *waiting != id);
            self.set_state(id, &DownloadState::Paused);
        }
    }

    /// Has an attempt end soon, and says at once that this was heard: a thread that looks up a name, or many that
    /// end, may take seconds.
    pub(super) fn halt(&mut self, id: DownloadId, state: &DownloadState, cancel: &CancelToken) {
        self.set_state(id, state);
        cancel.cancel();
    }

    pub(super) fn resume(&mut self, id: DownloadId) {
        match self.state(id) {
            Some(DownloadState::Waiting) => {
                self.queue.retain(|waiting| *waiting != id);
                self.start(id);
            }
            Some(state) if state.can_resume() => {
                self.set_state(id, &DownloadState::Waiting);
                self.queue.push_back(id);
                self.fill();
            }
            _ => {}
        }
    }

    pub(super) fn forget(&mut self, id: DownloadId) {
        self.queue.retain(|waiting| *waiting != id);
        // What reads its file says so when it has stopped, and goes with it.
        if let Some(recheck) = self
            .downloads
            .get(&id)
            .and_then(|owned| owned.recheck.as_ref())
        {
            recheck.cancel.cancel();
        } else {
            self.downloads.remove(&id);
        }
        self.published.remove(id);
        self.changed = true;
    }

    pub(super) fn ended(&mut self, done: Done) {
        match done {
            Done::Download(id, ended) => self.download_ended(id, ended),
            Done::Recheck(id, check) => self.recheck_ended(id, &check),
            Done::Browse(server, catalogue) => self.browse_ended(server, catalogue),
        }
    }
}
