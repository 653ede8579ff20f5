//! A queue of the rare events of one connection, with their exact times.
//!
//! The coordinator takes them at the next tick. Bytes are not events: they are counted in
//! [`connection_counters`](super::connection_counters).

use std::sync::Mutex;
use std::time::Instant;

use crate::model::connection_state::ConnectionState;
use crate::sync::lock;

/// Most events that a queue holds. With twenty ticks a second, that is far more than a connection
/// records between two; further events are dropped, so that memory stays bounded.
const MAX_QUEUED: usize = 8192;

/// An event of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConnectionEvent {
    /// The connection changed to this state.
    State(ConnectionState),
    /// The connection stole half of the remaining work of the connection with this index.
    Stole(usize),
    /// The connection was lost, for this reason.
    Lost(String),
    /// The packet with this id was completed.
    Packet(u64),
}

/// The events since the last [`take`](Self::take).
#[derive(Default)]
pub(crate) struct ConnectionEvents(Mutex<Vec<(Instant, ConnectionEvent)>>);

impl ConnectionEvents {
    /// Queues `event` with the present time.
    pub fn record(&self, event: ConnectionEvent) {
        let mut queued = lock(&self.0);
        if queued.len() < MAX_QUEUED {
            queued.push((Instant::now(), event));
        }
    }

    /// Takes the queued events, oldest first.
    pub fn take(&self) -> Vec<(Instant, ConnectionEvent)> {
        std::mem::take(&mut lock(&self.0))
    }
}
