//! The daemon: a queue of downloads over the engine, kept over restarts.
//!
//! 1. The queue decides which downloads run; the engine gets a download only to run it, and forgets it when the
//!    attempt ends. So memory holds what runs, and little of what waits.
//! 2. One lock guards the queue. Nothing waits for a network while holding it; each change is written to the
//!    state file before the call is answered.
//! 3. A state that a client asks for shows at once; the attempt's threads may end later, and the slot is free
//!    only then.

mod add;
mod calls;
mod control;
mod settings;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanes_engine::{Command, DownloadId, DownloadSnapshot, DownloadState, Engine, Limits};

use super::download_spec;
use super::gid::Gid;
use super::job::{Attempt, Job, Phase};
use super::notify::{Event, Notifier};
use super::options::Options;
use super::queue::Queue;
use super::save_root::SaveRoot;
use super::session_id;
use super::state_file::{StateError, StateFile};
use super::stop_signal::StopSignal;

/// Shortest time between two looks at the engine.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Most downloads that run at once.
const MAX_RUNNING: u64 = 64;

/// Error that keeps the daemon from starting.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The folder for downloads cannot be used.
    #[error("cannot save to {path}: {error}")]
    Root {
        /// The folder.
        path: String,
        /// Reason.
        error: std::io::Error,
    },
    /// The state cannot be opened.
    #[error(transparent)]
    State(#[from] StateError),
    /// The engine cannot start a thread.
    #[error("cannot start the engine: {0}")]
    Engine(std::io::Error),
}

/// The daemon. All of its methods may be called from any thread.
pub(crate) struct Daemon {
    engine: Engine,
    state: Mutex<State>,
    signal: Arc<StopSignal>,
    notifier: Notifier,
    root: SaveRoot,
    session_id: String,
}

/// The lock's content.
pub(super) struct State {
    pub queue: Queue,
    /// Options of the daemon, over the defaults.
    pub global: Options,
    /// Defaults of all options.
    pub defaults: Options,
    file: StateFile,
    /// Set once the daemon is ending: attempts that end then keep their place.
    is_closing: bool,
}

impl Daemon {
    /// Starts the engine and restores the queue from the folder `state`. Downloads that ran start again. Returns
    /// a notice about a damaged state with the daemon.
    ///
    /// # Errors
    /// See [`StartError`].
    pub(crate) fn start(root: &Path, state: &Path) -> Result<(Self, Option<String>), StartError> {
        let root = SaveRoot::new(root).map_err(|error| StartError::Root {
            path: root.display().to_string(),
            error,
        })?;
        let (file, restored) = StateFile::open(state)?;
        let signal = Arc::new(StopSignal::default());
        let waker = Arc::clone(&signal);
        let engine = Engine::start(Arc::new(move || waker.wake())).map_err(StartError::Engine)?;
        let mut queue = Queue::default();
        for job in restored.jobs {
            queue.insert(job, None);
        }
        let daemon = Self {
            engine,
            state: Mutex::new(State {
                queue,
                global: restored.global,
                defaults: Options::defaults(&root.path().display().to_string()),
                file,
                is_closing: false,
            }),
            signal,
            notifier: Notifier::default(),
            root,
            session_id: session_id::random(),
        };
        let mut state = daemon.lock();
        daemon.apply_limits(&state);
        daemon.schedule(&mut state);
        drop(state);
        Ok((daemon, restored.notice))
    }

    /// Follows the engine until the daemon is stopped: notices ends and starts the next downloads.
    pub(crate) fn run(&self) {
        while self.signal.wait_for_news() {
            let mut state = self.lock();
            self.refresh(&mut state);
            drop(state);
            if self.signal.wait_stopped(LOOK_INTERVAL) {
                break;
            }
        }
    }

    /// Saves the queue and ends the engine. Its threads end at once, but for one that resolves a name.
    pub(crate) fn close(self) {
        let mut state = self.lock();
        self.refresh(&mut state);
        state.is_closing = true;
        self.notifier.close();
        let State {
            queue,
            file,
            global,
            ..
        } = &mut *state;
        if let Err(error) = file.compact(queue.all(), global) {
            tracing::warn!("cannot save the queue: {error}");
        }
        drop(state);
        drop(self.engine);
    }

    /// Locks the queue and brings it up to date.
    pub(super) fn current(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        self.refresh(&mut state);
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Safe after a panic: each change of the queue keeps it consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over the engine's snapshots, and handles attempts that have ended.
    fn refresh(&self, state: &mut State) {
        if state.queue.attempts.is_empty() {
            return;
        }
        let now = self.engine.snapshot();
        let mut has_ended = false;
        for snapshot in &now.downloads {
            let Some(gid) = state.queue.attempts.get(&snapshot.id).copied() else {
                continue;
            };
            let mut is_new = false;
            if let Some(job) = state.queue.job_mut(gid) {
                is_new = job.progress.path.is_none() && snapshot.path.is_some();
                job.observe(snapshot);
            }
            // The length and the name are known now.
            if is_new {
                state.save(gid);
            }
            if !snapshot.state.is_active() && snapshot.state != DownloadState::Queued {
                has_ended = true;
                self.on_ended(state, gid, snapshot);
            }
        }
        if has_ended {
            self.schedule(state);
        }
    }

    /// Handles the end of an attempt.
    fn on_ended(&self, state: &mut State, gid: Gid, snapshot: &Arc<DownloadSnapshot>) {
        state.queue.attempts.remove(&snapshot.id);
        self.engine.send(Command::Remove(snapshot.id));
        let Some(job) = state.queue.job_mut(gid) else {
            return;
        };
        let was_stopping = job
            .attempt
            .take()
            .is_some_and(|attempt| attempt.is_stopping);
        let event = match &snapshot.state {
            _ if job.phase == Phase::Removed => None,
            DownloadState::Finished => {
                job.phase = Phase::Complete;
                Some(Event::Complete)
            }
            DownloadState::Failed(reason) if !was_stopping => {
                job.phase = Phase::Failed(reason.clone());
                Some(Event::Error)
            }
            _ => None,
        };
        if let Some(event) = event {
            state.queue.set_stopped(gid);
            self.notifier.publish(event, gid);
        } else {
            state.queue.set_waiting(gid);
        }
        state.save(gid);
        state.forget_oldest();
    }

    /// Starts downloads that wait, as many as the limit allows.
    fn schedule(&self, state: &mut State) {
        if state.is_closing {
            return;
        }
        let most = state.max_running();
        while state.queue.attempts.len() < most
            && let Some(gid) = state.queue.next()
        {
            self.start_attempt(state, gid);
        }
    }

    fn start_attempt(&self, state: &mut State, gid: Gid) {
        let effective = state.effective(gid);
        let Some(job) = state.queue.job_mut(gid) else {
            return;
        };
        match download_spec::build(&job.uris, &effective, &self.root) {
            Ok(spec) => {
                let id: DownloadId = self.engine.add(spec);
                job.attempt = Some(Attempt {
                    id,
                    is_stopping: false,
                    latest: None,
                });
                state.queue.attempts.insert(id, gid);
                state.queue.set_active(gid);
                self.notifier.publish(Event::Start, gid);
            }
            // The folder of the daemon, or its options, have changed since the download was added.
            Err(error) => {
                job.phase = Phase::Failed(error.to_string());
                state.queue.set_stopped(gid);
                self.notifier.publish(Event::Error, gid);
            }
        }
        state.save(gid);
    }

    /// Asks the engine to end the attempt of a download. The part file is kept.
    fn stop_attempt(&self, job: &mut Job) {
        if let Some(attempt) = &mut job.attempt {
            attempt.is_stopping = true;
            self.engine.send(Command::Pause(attempt.id));
        }
    }

    fn apply_limits(&self, state: &State) {
        let global = state.global.over(&state.defaults);
        let per_host = global.number("max-connection-per-server", (1, u64::MAX));
        self.engine.send(Command::Limit(Limits {
            // The queue of the daemon decides.
            downloads: usize::MAX,
            bytes_per_sec: global
                .rate("max-overall-download-limit")
                .unwrap_or_default(),
            per_host: per_host
                .ok()
                .flatten()
                .map_or(lanes_engine::DEFAULT_PER_HOST, |number| {
                    number.min(u64::from(lanes_engine::MAX_CONNECTIONS)) as u16
                }),
        }));
    }
}

impl State {
    /// Returns the options of a download over those of the daemon.
    pub(super) fn effective(&self, gid: Gid) -> Options {
        let own = self.queue.job(gid).map(|job| job.options.clone());
        own.unwrap_or_default().over(&self.global)
    }

    /// Returns how many downloads may run at once.
    fn max_running(&self) -> usize {
        let number = |options: &Options| {
            options
                .number("max-concurrent-downloads", (1, MAX_RUNNING))
                .ok()?
        };
        let limit = number(&self.global).or_else(|| number(&self.defaults));
        limit.unwrap_or(1) as usize
    }

    /// Saves a download. A failure is logged: the next change of the download is saved again.
    fn save(&mut self, gid: Gid) {
        if let Err(error) = self.try_save(gid) {
            tracing::warn!("cannot save the queue: {error}");
        }
    }

    fn try_save(&mut self, gid: Gid) -> std::io::Result<()> {
        let Self {
            queue,
            file,
            global,
            ..
        } = self;
        match queue.job(gid) {
            Some(job) => file.save(job)?,
            None => file.forget(&gid)?,
        }
        let len = queue.unfinished() + queue.stopped.len();
        if file.is_long(len) {
            file.compact(queue.all(), global)?;
        }
        Ok(())
    }

    /// Saves the order of those that wait.
    fn save_order(&mut self) {
        if let Err(error) = self.file.save_order(&self.queue.waiting) {
            tracing::warn!("cannot save the order of the queue: {error}");
        }
    }

    /// Forgets the oldest downloads that have ended, beyond the limit.
    fn forget_oldest(&mut self) {
        let limit = self.global.over(&self.defaults);
        let limit = limit
            .number("max-download-result", (0, 1000))
            .ok()
            .flatten();
        while self.queue.stopped.len() > limit.unwrap_or(1000) as usize
            && let Some(oldest) = self.queue.stopped.front().copied()
        {
            self.queue.forget(oldest);
            self.save(oldest);
        }
    }
}
