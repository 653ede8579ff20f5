//! Where a server was reached: who waits for the first answer makes its connection meanwhile.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The door of one server.
#[derive(Debug, Default)]
pub(super) struct Door {
    reached: Mutex<Option<Reached>>,
    /// Rung when it was reached.
    bell: Arc<Condvar>,
}

/// An address that took a connection for this scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    pub origin: String,
    pub address: SocketAddr,
}

impl Door {
    /// A door whose bell is `bell`.
    pub fn new(bell: &Arc<Condvar>) -> Self {
        Self {
            reached: Mutex::default(),
            bell: Arc::clone(bell),
        }
    }

    /// A connection was made.
    pub fn reach(&self, origin: &str, address: SocketAddr) {
        let reached = Reached {
            origin: origin.to_owned(),
            address,
        };
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
        self.bell.notify_all();
    }

    /// Where it was reached last.
    pub fn reached(&self) -> Option<Reached> {
        let reached = self.reached.lock();
        reached.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
