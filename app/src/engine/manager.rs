//! The engine's own thread: owns the downloads, starts their directors, hears when they end.

mod owned;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::command::{Command, DownloadId, Limits};
use super::director::{Ended, direct};
use super::history::{self, History};
use super::list;
use super::published::Published;
use super::recheck::recheck;
use super::report::Past;
use super::request::Request;
use super::snapshot::{Catalogue, Check, DownloadSnapshot, DownloadState};
use super::source::ServerName;
use super::stop::Stop;
use owned::{Attempt, Owned, Recheck};

/// How often the list is kept while nothing but bytes happens to it.
const KEEP_EVERY: Duration = Duration::from_secs(5);
/// How soon it is tried again to keep a list while an earlier one is being written.
const KEEP_AGAIN: Duration = Duration::from_millis(100);

/// What a thread of the engine says when it is done.
enum Done {
    Download(DownloadId, Box<Ended>),
    Browse(ServerName, Catalogue),
    Recheck(DownloadId, Check),
}

pub(super) struct Manager {
    published: Arc<Published>,
    downloads: BTreeMap<DownloadId, Owned>,
    /// Which downloads wait, in the order in which they start.
    queue: VecDeque<DownloadId>,
    limits: Limits,
    browsing: HashMap<ServerName, JoinHandle<()>>,
    history: Option<History>,
    /// Whether the list differs from the one that was kept last.
    changed: bool,
    kept: Instant,
    done: Sender<Done>,
    ended: Receiver<Done>,
}

impl Manager {
    pub fn new(published: Arc<Published>) -> Self {
        let (done, ended) = bounded(64);
        Self {
            published,
            downloads: BTreeMap::new(),
            queue: VecDeque::new(),
            limits: Limits::default(),
            browsing: HashMap::new(),
            history: None,
            changed: false,
            kept: Instant::now(),
            done,
            ended,
        }
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
                        downloads.insert(id, Owned::new(request, snapshot.added));
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
        while !self.browsing.is_empty() || self.downloads.values().any(Owned::is_busy) {
            let Ok(done) = self.ended.recv() else { break };
            self.ended(done);
        }
        if let Some(history) = self.history.take() {
            history.close(self.list());
        }
    }

    /// How long until the list is to be kept, if nothing happens before.
    fn until_kept(&self) -> Duration {
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

    fn keep(&mut self) {
        if let Some(history) = self.history.as_ref().filter(|_| self.changed)
            && history.offer(self.list())
        {
            self.changed = false;
            self.kept = Instant::now();
        }
    }

    fn list(&self) -> Vec<u8> {
        let now = self.published.downloads().into_iter();
        let pair = |now: Arc<DownloadSnapshot>| Some((&self.downloads.get(&now.id)?.request, now));
        history::list(now.filter_map(pair).collect::<Vec<_>>().into_iter())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Add(id, request) => {
                let added = SystemTime::now();
                let snapshot = DownloadSnapshot::asked(id, &request, added);
                self.downloads.insert(id, Owned::new(*request, added));
                self.published.publish(Arc::new(snapshot));
                self.changed = true;
                self.queue.push_back(id);
                self.fill();
            }
            Command::Pause(id) => self.pause(id),
            Command::Resume(id) => self.resume(id),
            Command::Cancel(id) => self.cancel(id),
            Command::Remove(id) => {
                let is_idle = |owned: &Owned| owned.attempt.is_none();
                if self.downloads.get(&id).is_some_and(is_idle) {
                    self.forget(id);
                }
            }
            Command::Verify(id) => self.verify(id),
            Command::Change(id, request) => self.change(id, *request),
            Command::Limit(limits) => {
                self.limits = limits;
                self.fill();
            }
            Command::Browse(server) => self.browse(server),
        }
    }

    fn state(&self, id: DownloadId) -> Option<DownloadState> {
        Some(self.published.download(id)?.state.clone())
    }

    fn set_state(&mut self, id: DownloadId, state: DownloadState) {
        self.published.set_state(id, state);
        self.changed = true;
    }

    fn running(&self) -> usize {
        let owned = self.downloads.values();
        owned.filter(|owned| owned.attempt.is_some()).count()
    }

    /// Starts what waits, as far as the limit has room.
    fn fill(&mut self) {
        while self.running() < self.limits.downloads.max(1)
            && let Some(id) = self.queue.pop_front()
        {
            self.start(id);
        }
    }

    fn pause(&mut self, id: DownloadId) {
        if let Some(attempt) = self
            .downloads
            .get(&id)
            .and_then(|owned| owned.attempt.as_ref())
        {
            attempt.stop.stop();
        } else if self.state(id) == Some(DownloadState::Waiting) {
            self.queue.retain(|waiting| *waiting != id);
            self.set_state(id, DownloadState::Paused);
        }
    }

    fn resume(&mut self, id: DownloadId) {
        match self.state(id) {
            Some(DownloadState::Waiting) => {
                self.queue.retain(|waiting| *waiting != id);
                self.start(id);
            }
            Some(state) if state.can_resume() => {
                self.set_state(id, DownloadState::Waiting);
                self.queue.push_back(id);
                self.fill();
            }
            _ => {}
        }
    }

    fn start(&mut self, id: DownloadId) {
        let Some(owned) = self
            .downloads
            .get_mut(&id)
            .filter(|owned| owned.attempt.is_none())
        else {
            return;
        };
        let log = self.published.download(id).map(|now| Arc::clone(&now.log));
        let past = Past {
            id,
            added: owned.added,
            log: log.unwrap_or_else(|| Arc::from([])),
        };
        // Before its thread can say anything newer.
        self.published.set_state(id, DownloadState::Starting);
        self.changed = true;
        let stop = Stop::default();
        let (request, published) = (owned.request.clone(), Arc::clone(&self.published));
        let (switch, done) = (stop.clone(), self.done.clone());
        let thread = Builder::new()
            .name(format!("download-{}", id.0))
            .spawn(move || {
                let mut observe = |snapshot: &Arc<DownloadSnapshot>| {
                    // The last one is published by the engine, together with what follows from it.
                    if snapshot.state.is_active() {
                        published.publish(Arc::clone(snapshot));
                    }
                };
                let ended = direct(&past, &request, &switch, &mut observe);
                // The engine's thread reads until every director has said this.
                let _ = done.send(Done::Download(id, Box::new(ended)));
            });
        match thread {
            Ok(thread) => {
                owned.attempt = Some(Attempt {
                    thread,
                    stop,
                    cancelled: false,
                });
            }
            Err(error) => {
                let words = format!("the system gives no thread for it: {error}");
                self.set_state(id, DownloadState::Failed(words));
            }
        }
    }

    fn cancel(&mut self, id: DownloadId) {
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        if let Some(attempt) = &mut owned.attempt {
            attempt.cancelled = true;
            attempt.stop.stop();
        } else if self.state(id) != Some(DownloadState::Finished) {
            self.queue.retain(|waiting| *waiting != id);
            self.discard(id);
            self.set_state(id, DownloadState::Cancelled);
        }
    }

    /// Deletes what an attempt that did not finish left on the disk.
    fn discard(&mut self, id: DownloadId) {
        let now = self.published.download(id);
        let target = now.as_ref().and_then(|now| now.path.as_deref());
        let owned = self.downloads.get_mut(&id);
        if let Some(kept) = owned.and_then(|owned| owned.take_kept(target)) {
            kept.discard();
        }
    }

    fn forget(&mut self, id: DownloadId) {
        self.queue.retain(|waiting| *waiting != id);
        // What reads its file says so when it has stopped, and goes with it.
        if let Some(recheck) = self
            .downloads
            .get(&id)
            .and_then(|owned| owned.recheck.as_ref())
        {
            recheck.stop.stop();
        } else {
            self.downloads.remove(&id);
        }
        self.published.remove(id);
        self.changed = true;
    }

    fn change(&mut self, id: DownloadId, request: Request) {
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        let unfinished = self
            .published
            .download(id)
            .filter(|now| now.state.can_resume());
        let Some(now) = unfinished.filter(|_| owned.attempt.is_none()) else {
            return;
        };
        let moves = owned.request.destination != request.destination;
        if moves {
            self.discard(id);
        }
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        let asked = DownloadSnapshot::asked(id, &request, owned.added);
        owned.request = request;
        self.published.publish(Arc::new(DownloadSnapshot {
            log: Arc::clone(&now.log),
            ..asked
        }));
        self.changed = true;
        self.queue.retain(|waiting| *waiting != id);
        self.queue.push_back(id);
        self.fill();
    }

    fn verify(&mut self, id: DownloadId) {
        let Some(owned) = self
            .downloads
            .get_mut(&id)
            .filter(|owned| owned.recheck.is_none())
        else {
            return;
        };
        let now = self
            .published
            .download(id)
            .filter(|now| now.state == DownloadState::Finished);
        let Some((path, digest)) = now.and_then(|now| Some((now.path.clone()?, now.digest?)))
        else {
            return;
        };
        let stop = Stop::default();
        let (switch, done, published) =
            (stop.clone(), self.done.clone(), Arc::clone(&self.published));
        let thread = Builder::new()
            .name(format!("recheck-{}", id.0))
            .spawn(move || {
                let tell = |share| published.set_check(id, Check::Running(share));
                let check = recheck(&path, digest, &switch, tell).unwrap_or(Check::None);
                // Read by the engine's thread until every recheck has said this.
                let _ = done.send(Done::Recheck(id, check));
            });
        match thread {
            Ok(thread) => {
                owned.recheck = Some(Recheck { thread, stop });
                self.published.set_check(id, Check::Running(0.0));
            }
            Err(error) => {
                let words = format!("the system gives no thread for it: {error}");
                self.published.set_check(id, Check::Bad(words));
            }
        }
    }

    fn ended(&mut self, done: Done) {
        match done {
            Done::Download(id, ended) => self.download_ended(id, *ended),
            Done::Recheck(id, check) => {
                if let Some(recheck) = self.downloads.get_mut(&id).and_then(|o| o.recheck.take()) {
                    let _ = recheck.thread.join();
                }
                if self.published.download(id).is_some() {
                    self.published.set_check(id, check);
                } else {
                    self.downloads.remove(&id);
                }
            }
            Done::Browse(server, catalogue) => {
                if let Some(thread) = self.browsing.remove(&server) {
                    let _ = thread.join();
                }
                self.published.catalogue(server, catalogue);
            }
        }
    }

    fn download_ended(&mut self, id: DownloadId, ended: Ended) {
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        owned.kept = ended.kept;
        let cancelled = owned.attempt.take().is_some_and(|attempt| {
            // It has said its last word, so this does not wait.
            let _ = attempt.thread.join();
            attempt.cancelled
        });
        self.published.publish(ended.last);
        if cancelled && ended.result.is_err() {
            self.discard(id);
            self.set_state(id, DownloadState::Cancelled);
        }
        self.published.forget_timelines();
        self.changed = true;
        self.fill();
    }

    fn browse(&mut self, server: ServerName) {
        if self.browsing.contains_key(&server) {
            return;
        }
        let (asked, done) = (server.clone(), self.done.clone());
        let thread = Builder::new().name("browse".into()).spawn(move || {
            let catalogue = match list(&asked) {
                Ok(entries) => Catalogue::Ready(entries.into()),
                Err(reason) => Catalogue::Failed(reason),
            };
            // Read by the engine's thread until every browse has said this.
            let _ = done.send(Done::Browse(asked, catalogue));
        });
        match thread {
            Ok(thread) => {
                self.published.catalogue(server.clone(), Catalogue::Loading);
                self.browsing.insert(server, thread);
            }
            Err(error) => {
                self.published
                    .catalogue(server, Catalogue::Failed(error.to_string()));
            }
        }
    }
}
