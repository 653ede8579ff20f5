//! Where a server was reached: who waits for the first answer makes its connection meanwhile.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::sync::notify::Notify;

/// The door of one server.
#[derive(Debug, Default)]
pub(crate) struct KnownAddress {
    reached: Mutex<Option<ReachedAddress>>,
    is_open: AtomicBool,
    /// Rung when it was reached.
    bell: Arc<Notify>,
}

/// An address that took a connection for this scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReachedAddress {
    pub origin: String,
    pub address: SocketAddr,
}

impl KnownAddress {
    /// A door whose bell is `bell`.
    pub fn new(bell: &Arc<Notify>) -> Self {
        Self {
            reached: Mutex::default(),
            is_open: AtomicBool::new(false),
            bell: Arc::clone(bell),
        }
    }

    /// The server has answered, and hands are still to be shaken.
    pub fn open(&self) {
        self.is_open.store(true, Ordering::Relaxed);
    }

    /// Whether the server has answered, be it only to take a connection.
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// A connection was made.
    pub fn reach(&self, origin: &str, address: SocketAddr) {
        self.open();
        let reached = ReachedAddress {
            origin: origin.to_owned(),
            address,
        };
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
        self.bell.notify_all();
    }

    /// Where it was reached last.
    pub fn reached(&self) -> Option<ReachedAddress> {
        let reached = self.reached.lock();
        reached.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
