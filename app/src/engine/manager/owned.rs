//! What the engine knows of one download besides what it publishes.

use std::thread::JoinHandle;
use std::time::SystemTime;

use crate::engine::file::Paths;
use crate::engine::request::Request;
use crate::engine::stop::Stop;
use crate::engine::storage::Wanted;
use crate::engine::{destination, storage};

/// One download that the engine owns.
pub(super) struct Owned {
    pub request: Request,
    /// When it was asked for.
    pub added: SystemTime,
    pub attempt: Option<Attempt>,
    /// What is kept on the disk of an attempt that did not finish, where that attempt was made since
    /// the program started.
    pub kept: Option<Paths>,
    pub recheck: Option<Recheck>,
}

/// A director at work.
pub(super) struct Attempt {
    pub thread: JoinHandle<()>,
    pub stop: Stop,
    /// Whether what comes is to be deleted when it has stopped.
    pub cancelled: bool,
}

/// A thread that reads the finished file again.
pub(super) struct Recheck {
    pub thread: JoinHandle<()>,
    pub stop: Stop,
}

impl Owned {
    pub fn new(request: Request, added: SystemTime) -> Self {
        Self {
            request,
            added,
            attempt: None,
            kept: None,
            recheck: None,
        }
    }

    /// Has its threads end soon.
    pub fn stop(&self) {
        if let Some(attempt) = &self.attempt {
            attempt.stop.stop();
        }
        if let Some(recheck) = &self.recheck {
            recheck.stop.stop();
        }
    }

    /// Whether it has a thread.
    pub fn is_busy(&self) -> bool {
        self.attempt.is_some() || self.recheck.is_some()
    }

    /// What is kept on the disk of an attempt that did not finish, also of one in an earlier life of
    /// the program.
    pub fn take_kept(&mut self) -> Option<Paths> {
        self.kept.take().or_else(|| {
            let source = &self.request.source;
            let (target, _) = destination::target(&self.request.destination, &source.name());
            let source = source.to_string();
            let wanted = Wanted {
                source: Some(&source),
                restart: false,
            };
            let (storage, _) = storage::find(&wanted, &target).ok()??;
            Some(storage.paths)
        })
    }
}
