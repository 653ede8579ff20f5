//! The engine as others hold it: what they send it and what they read of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Sender, bounded};

use super::downloads::Manager;
use super::history::{History, MAX_KEPT};
use super::snapshot_store::SnapshotStore;
use crate::Waker;
use crate::model::command::{Command, DownloadId};
use crate::model::snapshot::Snapshot;
use crate::model::spec::DownloadSpec;
use crate::sync::nice;

/// The engine: owns the downloads and their threads. Dropping it pauses every download, keeps what
/// came, and joins every thread.
pub struct Engine {
    /// `None` only while the engine is being dropped.
    commands: Option<Sender<Command>>,
    next_id: AtomicU64,
    published: Arc<SnapshotStore>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts the engine's thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(waker: Waker) -> io::Result<Self> {
        Self::begin(waker, None)
    }

    /// The same for a window: the list of downloads is kept in the file `history`, and what it holds
    /// from earlier is there soon; the engine's threads leave the processor to the window first.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn with_history(waker: Waker, history: PathBuf) -> io::Result<Self> {
        Self::begin(waker, Some(history))
    }

    fn begin(waker: Waker, history: Option<PathBuf>) -> io::Result<Self> {
        let (commands, inbox) = bounded(256);
        let published = Arc::new(SnapshotStore::new(waker));
        let settle: fn() = if history.is_some() {
            nice::lower_priority
        } else {
            || {}
        };
        let mut manager = Manager::new(Arc::clone(&published), settle)?;
        let thread = Builder::new().name("engine".into()).spawn(move || {
            settle();
            if let Some(path) = history {
                manager.take_up(History::open(&path));
            }
            manager.run(&inbox);
        })?;
        Ok(Self {
            commands: Some(commands),
            // The numbers before are for what comes back from earlier.
            next_id: AtomicU64::new(MAX_KEPT as u64 + 1),
            published,
            thread: Some(thread),
        })
    }

    /// Asks for a download and says which number it has.
    pub fn add(&self, request: DownloadSpec) -> DownloadId {
        let id = DownloadId(self.next_id.fetch_add(1, Ordering::Relaxed));
        self.send(Command::Add(id, Box::new(request)));
        id
    }

    /// Sends an order. The engine's thread never waits for a network, so neither does this.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // The engine's thread lives as long as the sender.
            let _ = commands.send(command);
        }
    }

    /// Everything the engine knows now. Cheap: clones pointers.
    pub fn snapshot(&self) -> Snapshot {
        self.published.snapshot()
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
