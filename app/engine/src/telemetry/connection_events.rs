//! What a connection notes down when it happens, at its exact time, for the director to fetch at
//! the next tick. Only what is seldom is noted; bytes are counted in the [`meter`](super::connection_counters).

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::model::connection_state::ConnectionState;

/// The most that waits to be fetched. A tick is due twenty times a second, so this is far more than
/// ever comes; what is beyond it is dropped rather than kept for ever.
const MAX_WAITING: usize = 8192;

/// Something that happened to one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConnectionEvent {
    /// It does something else now.
    State(ConnectionState),
    /// It took half of what the connection with this index had left.
    Stole(usize),
    /// It was lost, and why.
    Lost(String),
    /// A packet came whole.
    Packet(u64),
}

/// What happened to one connection since somebody last asked.
#[derive(Default)]
pub(crate) struct ConnectionEvents(Mutex<Vec<(Instant, ConnectionEvent)>>);

impl ConnectionEvents {
    pub fn record(&self, event: ConnectionEvent) {
        // A list is whole at every moment.
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MAX_WAITING {
            waiting.push((Instant::now(), event));
        }
    }

    /// What happened, oldest first.
    pub fn take(&self) -> Vec<(Instant, ConnectionEvent)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
