//! The engine's own thread: owns the downloads, starts their directors, hears when they end.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::command::{Command, DownloadId};
use super::director::{Ended, direct};
use super::file::Paths;
use super::request::Request;
use super::snapshot::{Catalogue, DownloadSnapshot, DownloadState, Snapshot};
use super::source::ServerName;
use super::stop::Stop;
use super::{Waker, list};

/// The engine: owns the downloads and their threads. Dropping it pauses every download, keeps what
/// came, and joins every thread.
pub struct Engine {
    /// `None` only while the engine is being dropped.
    commands: Option<Sender<Command>>,
    next_id: AtomicU64,
    published: Arc<Published>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine's thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(waker: Waker) -> io::Result<Self> {
        let (commands, inbox) = bounded(256);
        let published = Arc::new(Published {
            waker,
            snapshot: Mutex::default(),
        });
        let manager = Manager::new(Arc::clone(&published));
        let thread = Builder::new()
            .name("engine".into())
            .spawn(move || manager.run(&inbox))?;
        let commands = Some(commands);
        Ok(Self {
            commands,
            next_id: AtomicU64::new(1),
            published,
            thread: Some(thread),
        })
    }

    /// Starts a download and says which number it has.
    pub fn add(&self, request: Request) -> DownloadId {
        let id = DownloadId(self.next_id.fetch_add(1, Ordering::Relaxed));
        self.send(Command::Add(id, Box::new(request)));
        id
    }

    /// Sends an order. The engine's thread never waits, so neither does this.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // The engine's thread lives as long as the sender.
            let _ = commands.send(command);
        }
    }

    /// Everything the engine knows now. Cheap: clones pointers.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.published.lock();
        Snapshot {
            downloads: state.downloads.values().cloned().collect(),
            catalogues: state.catalogues.clone(),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

/// What screens see.
struct Published {
    waker: Waker,
    snapshot: Mutex<State>,
}

#[derive(Default)]
struct State {
    downloads: BTreeMap<DownloadId, Arc<DownloadSnapshot>>,
    catalogues: BTreeMap<ServerName, Catalogue>,
}

impl Published {
    fn download(&self, snapshot: Arc<DownloadSnapshot>) {
        self.lock().downloads.insert(snapshot.id, snapshot);
        (self.waker)();
    }

    fn catalogue(&self, server: ServerName, catalogue: Catalogue) {
        self.lock().catalogues.insert(server, catalogue);
        (self.waker)();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Plain values, whole at every moment.
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One download that the engine owns.
struct Owned {
    request: Request,
    attempt: Option<Attempt>,
    /// What is kept on the disk of an attempt that did not finish.
    kept: Option<Paths>,
}

/// A director at work.
struct Attempt {
    thread: JoinHandle<()>,
    stop: Stop,
    /// Whether what comes is to be deleted when it has stopped.
    cancelled: bool,
}

/// What a thread of the engine says when it is done.
enum Done {
    Download(DownloadId, Box<Ended>),
    Browse(ServerName, Catalogue),
}

struct Manager {
    published: Arc<Published>,
    downloads: HashMap<DownloadId, Owned>,
    browsing: HashMap<ServerName, JoinHandle<()>>,
    done: Sender<Done>,
    ended: Receiver<Done>,
}

impl Manager {
    fn new(published: Arc<Published>) -> Self {
        let (done, ended) = bounded(64);
        Self {
            published,
            downloads: HashMap::new(),
            browsing: HashMap::new(),
            done,
            ended,
        }
    }

    fn run(mut self, inbox: &Receiver<Command>) {
        loop {
            select! {
                recv(inbox) -> command => match command {
                    Ok(command) => self.obey(command),
                    Err(_) => break,
                },
                recv(self.ended) -> done => if let Ok(done) = done {
                    self.ended(done);
                },
            }
        }
        for attempt in self
            .downloads
            .values()
            .filter_map(|owned| owned.attempt.as_ref())
        {
            attempt.stop.stop();
        }
        while !self.browsing.is_empty() || self.downloads.values().any(|o| o.attempt.is_some()) {
            let Ok(done) = self.ended.recv() else { break };
            self.ended(done);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Add(id, request) => {
                let owned = Owned {
                    request: *request,
                    attempt: None,
                    kept: None,
                };
                self.downloads.insert(id, owned);
                self.start(id);
            }
            Command::Pause(id) => {
                if let Some(attempt) = self.attempt(id) {
                    attempt.stop.stop();
                }
            }
            Command::Resume(id) => {
                let state = self
                    .published
                    .lock()
                    .downloads
                    .get(&id)
                    .map(|d| d.state.clone());
                if state.is_some_and(|state| state.can_resume()) {
                    self.start(id);
                }
            }
            Command::Cancel(id) => self.cancel(id),
            Command::Remove(id) => {
                if self
                    .downloads
                    .get(&id)
                    .is_some_and(|owned| owned.attempt.is_none())
                {
                    self.downloads.remove(&id);
                    self.published.lock().downloads.remove(&id);
                    (self.published.waker)();
                }
            }
            Command::Browse(server) => self.browse(server),
        }
    }

    fn attempt(&mut self, id: DownloadId) -> Option<&mut Attempt> {
        self.downloads.get_mut(&id)?.attempt.as_mut()
    }

    fn start(&mut self, id: DownloadId) {
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        if owned.attempt.is_some() {
            return;
        }
        let stop = Stop::default();
        let (request, published) = (owned.request.clone(), Arc::clone(&self.published));
        let (switch, done) = (stop.clone(), self.done.clone());
        let thread = Builder::new()
            .name(format!("download-{}", id.0))
            .spawn(move || {
                let mut observe = |snapshot: &Arc<DownloadSnapshot>| {
                    // The last one is published by the engine, together with what follows from it.
                    if snapshot.state.is_active() {
                        published.download(Arc::clone(snapshot));
                    }
                };
                let ended = direct(id, &request, &switch, &mut observe);
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
            Err(error) => tracing::error!("no thread for a download: {error}"),
        }
    }

    fn cancel(&mut self, id: DownloadId) {
        if let Some(attempt) = self.attempt(id) {
            attempt.cancelled = true;
            attempt.stop.stop();
            return;
        }
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        if let Some(kept) = owned.kept.take() {
            kept.discard();
        }
        let last = self.published.lock().downloads.get(&id).cloned();
        if let Some(last) = last.filter(|last| last.state != DownloadState::Finished) {
            self.published
                .download(with_state(&last, DownloadState::Cancelled));
        }
    }

    fn ended(&mut self, done: Done) {
        match done {
            Done::Download(id, ended) => self.download_ended(id, *ended),
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
        let mut last = ended.last;
        if let Some(attempt) = owned.attempt.take() {
            // It has said its last word, so this does not wait.
            let _ = attempt.thread.join();
            if attempt.cancelled && ended.result.is_err() {
                if let Some(kept) = owned.kept.take() {
                    kept.discard();
                }
                last = with_state(&last, DownloadState::Cancelled);
            }
        }
        self.published.download(last);
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

fn with_state(snapshot: &DownloadSnapshot, state: DownloadState) -> Arc<DownloadSnapshot> {
    Arc::new(DownloadSnapshot {
        state,
        ..snapshot.clone()
    })
}
