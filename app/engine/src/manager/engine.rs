//! The public handle of the engine: sends commands and reads snapshots.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Sender, bounded};

use super::engine_thread::EngineThread;
use super::saved_downloads::MAX_DOWNLOADS;
use super::snapshot_store::{SnapshotStore, Waker};
use crate::model::command::{Command, DownloadId};
use crate::model::snapshot::Snapshot;
use crate::model::spec::DownloadSpec;
use crate::sync::nice;

/// The engine: owns the downloads and their threads. Dropping it pauses every download, keeps the
/// partial files, and joins every thread.
pub struct Engine {
    /// `None` only while the engine is being dropped.
    commands: Option<Sender<Command>>,
    next_id: AtomicU64,
    snapshots: Arc<SnapshotStore>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine's thread.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn start(waker: Waker) -> io::Result<Self> {
        Self::start_with(waker, None)
    }

    /// Starts the engine's thread for a window.
    ///
    /// The list of downloads is saved in the file `history`, and restored from it soon after the
    /// start. The engine's threads have a lower priority, so that the window paints in time while
    /// many connections keep every processor busy.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn with_history(waker: Waker, history: PathBuf) -> io::Result<Self> {
        Self::start_with(waker, Some(history))
    }

    fn start_with(waker: Waker, history: Option<PathBuf>) -> io::Result<Self> {
        let (commands, inbox) = bounded(256);
        let snapshots = Arc::new(SnapshotStore::new(waker));
        let init: fn() = if history.is_some() {
            nice::lower_priority
        } else {
            || {}
        };
        let mut manager = EngineThread::new(Arc::clone(&snapshots), init)?;
        let thread = Builder::new().name("engine".into()).spawn(move || {
            init();
            if let Some(path) = history {
                manager.restore(&path);
            }
            manager.run(&inbox);
        })?;
        Ok(Self {
            commands: Some(commands),
            // Restored downloads have the ids below.
            next_id: AtomicU64::new(MAX_DOWNLOADS as u64 + 1),
            snapshots,
            thread: Some(thread),
        })
    }

    /// Returns an id that no download has, for a command that adds one.
    pub fn new_id(&self) -> DownloadId {
        DownloadId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    /// Adds a download and returns its id.
    pub fn add(&self, spec: DownloadSpec) -> DownloadId {
        let id = self.new_id();
        self.send(Command::Add(id, Box::new(spec)));
        id
    }

    /// Adds a download that does not start before it is resumed, and returns its id.
    pub fn add_paused(&self, spec: DownloadSpec) -> DownloadId {
        let id = DownloadId(self.next_id.fetch_add(1, Ordering::Relaxed));
        self.send(Command::AddPaused(id, Box::new(spec)));
        id
    }

    /// Returns what a download fetches, with its secrets. Waits until the engine's thread has handled all earlier
    /// commands, so that the next snapshot shows their effect.
    pub fn spec(&self, id: DownloadId) -> Option<DownloadSpec> {
        let (reply, spec) = bounded(1);
        self.send(Command::ReadSpec(id, reply));
        spec.recv().ok().flatten().map(|spec| *spec)
    }

    /// Sends a command. The engine's thread never waits for a network, so neither does this.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // The engine's thread lives as long as the sender.
            let _ = commands.send(command);
        }
    }

    /// Returns the current state of everything. Cheap: clones pointers.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshots.snapshot()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was reported by the panic hook.
            let _ = thread.join();
        }
    }
}
