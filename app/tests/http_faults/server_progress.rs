//! Counts the bytes that a server has sent, and stops all its responses.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Byte counter and stop flag shared by all connections.
#[derive(Default)]
pub struct Progress {
    state: Mutex<ProgressState>,
    pub changed: Condvar,
}

#[derive(Default)]
pub struct ProgressState {
    pub sent: u64,
    stopped: bool,
}

impl Progress {
    pub fn lock(&self) -> MutexGuard<'_, ProgressState> {
        self.state.lock().unwrap()
    }

    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Adds to the number of body bytes sent.
    pub fn add_sent(&self, bytes: usize) {
        self.lock().sent += bytes as u64;
        self.changed.notify_all();
    }

    /// Returns an error once the server stops.
    pub fn check_running(&self) -> io::Result<()> {
        match self.lock().stopped {
            true => Err(io::Error::other("the server stops")),
            false => Ok(()),
        }
    }

    /// Waits for `time`, or until the server stops.
    pub fn sleep(&self, time: Duration) {
        let wait = self
            .changed
            .wait_timeout_while(self.lock(), time, |state| !state.stopped);
        drop(wait);
    }
}
