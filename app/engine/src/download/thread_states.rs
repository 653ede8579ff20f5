//! Threads of an attempt that still run (workers, journal, hasher), and the errors and the digest of those
//! that have ended.

use std::io;

use lanes_shared::checksum::Digest;

use super::finalize_file::ThreadResults;
use super::further_connections::FurtherConnections;
use crate::model::outcome::FetchError;

/// State of the threads, and what they have reported.
pub(super) struct ThreadStates {
    /// By connection: a worker thread runs it.
    pub running: Vec<bool>,
    /// By connection: its worker left because it was surplus, and may be started again.
    pub surplus: Vec<bool>,
    pub ramp: FurtherConnections,
    pub is_journal_running: bool,
    pub is_hashing: bool,
    pub is_complete: bool,
    pub hash_result: Option<io::Result<Option<Digest>>>,
    pub fatal: Option<FetchError>,
    /// Reasons for which connections were lost or refused.
    pub lost: Vec<String>,
}

impl ThreadStates {
    /// Returns the state before the first event.
    pub fn new(max_connections: usize, runs_first_connection: bool) -> Self {
        let mut running = vec![false; max_connections];
        running[0] = runs_first_connection;
        Self {
            running,
            surplus: vec![false; max_connections],
            ramp: FurtherConnections::default(),
            is_journal_running: false,
            is_hashing: false,
            is_complete: false,
            hash_result: None,
            fatal: None,
            lost: Vec::new(),
        }
    }

    /// Lets the first `count` connections be opened again if they have ended: all others may be surplus now.
    pub fn reopen(&mut self, count: usize) {
        for (surplus, running) in self.surplus.iter_mut().zip(&self.running).take(count) {
            *surplus |= !running;
        }
    }

    /// Returns the number of running workers.
    pub fn workers(&self) -> usize {
        self.running.iter().filter(|running| **running).count()
    }

    /// Returns whether a worker or the hasher runs.
    pub fn is_busy(&self) -> bool {
        self.workers() > 0 || self.is_hashing
    }
}

impl From<ThreadStates> for ThreadResults {
    fn from(progress: ThreadStates) -> Self {
        Self {
            fatal: progress.fatal,
            lost: progress.lost,
            digest: progress.hash_result.unwrap_or(Ok(None)),
            notices: Vec::new(),
        }
    }
}
