//! The last address at which a server accepted a connection.
//!
//! One connection requests the length first. The others connect meanwhile to the address that it
//! found, so that they are ready when the response arrives, without another name lookup.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::sync;
use crate::sync::notify::Notify;

/// The address of one server, once it is known.
#[derive(Debug, Default)]
pub(crate) struct KnownAddress {
    reached: Mutex<Option<ReachedAddress>>,
    is_reachable: AtomicBool,
    /// Notified when the address becomes known.
    notify: Arc<Notify>,
}

/// An address that accepted a connection for an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReachedAddress {
    /// Scheme, host and port.
    pub origin: String,
    pub address: SocketAddr,
}

impl KnownAddress {
    /// Creates an unknown address; `notify` wakes the connections that wait for it.
    pub fn new(notify: &Arc<Notify>) -> Self {
        Self {
            reached: Mutex::default(),
            is_reachable: AtomicBool::new(false),
            notify: Arc::clone(notify),
        }
    }

    /// Records that the server accepted a connection, before any TLS handshake.
    pub fn mark_reachable(&self) {
        self.is_reachable.store(true, Ordering::Relaxed);
    }

    /// Returns whether the server has accepted a connection.
    pub fn is_reachable(&self) -> bool {
        self.is_reachable.load(Ordering::Relaxed)
    }

    /// Records the address of an established connection and wakes the waiting connections.
    pub fn set(&self, origin: &str, address: SocketAddr) {
        self.mark_reachable();
        let reached = ReachedAddress {
            origin: origin.to_owned(),
            address,
        };
        *sync::lock(&self.reached) = Some(reached);
        self.notify.notify_all();
    }

    /// Returns the last address that accepted a connection.
    pub fn get(&self) -> Option<ReachedAddress> {
        sync::lock(&self.reached).clone()
    }
}
