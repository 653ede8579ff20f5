//! What all threads of one server share.

pub(crate) mod connection_guard;

use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

use lanes_shared::link::{self, LinkProfile, ProfileError};

use self::connection_guard::ConnectionGuard;
use crate::config::change_callback::ChangeCallback;
use crate::config::timeouts::Timeouts;
use crate::content::digest_cache::DigestCache;
use crate::content::file_root::FileRoot;
use crate::emulation::{LinkPolicy, SessionRegistry};
use crate::net::connection::Connection;
use crate::sync::lock;
use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::event_log::EventLog;
use crate::telemetry::stats::{FlowStats, Peer, Stats};

/// What all threads of one server share.
pub(crate) struct ServerState {
    pub files: FileRoot,
    pub digests: DigestCache,
    /// Which link a client gets.
    pub link_policy: Mutex<LinkPolicy>,
    /// What happened.
    pub log: EventLog,
    /// The links emulated now.
    pub sessions: SessionRegistry,
    pub max_connections: usize,
    pub timeouts: Timeouts,
    /// Set once the server is being stopped: until when transfers may run on.
    stop_by: OnceLock<Instant>,
    sent: ByteCounter,
    /// How many have come in, for their numbers.
    last_id: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    /// Every open connection by number, those being refused among them.
    live: Mutex<BTreeMap<u64, Arc<Connection>>>,
    closed: Condvar,
    on_change: Option<ChangeCallback>,
}

impl ServerState {
    pub fn new(
        files: FileRoot,
        link_policy: LinkPolicy,
        max_connections: usize,
        timeouts: Timeouts,
        on_change: Option<ChangeCallback>,
    ) -> Self {
        Self {
            files,
            digests: DigestCache::default(),
            link_policy: Mutex::new(link_policy),
            log: EventLog::default(),
            sessions: SessionRegistry::default(),
            max_connections,
            timeouts,
            stop_by: OnceLock::new(),
            sent: ByteCounter::default(),
            last_id: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            live: Mutex::default(),
            closed: Condvar::new(),
            on_change,
        }
    }

    /// Whether the server is being stopped.
    pub fn is_stopping(&self) -> bool {
        self.stop_by.get().is_some()
    }

    /// Whether it is being stopped and transfers may run on no longer.
    pub fn is_past_deadline(&self) -> bool {
        self.stop_by.get().is_some_and(|by| Instant::now() >= *by)
    }

    /// From now on the server is being stopped.
    pub fn set_stopping(&self) {
        // The first to say so sets the time.
        let _ = self.stop_by.set(Instant::now() + self.timeouts.shutdown);
        self.digests.stop();
        self.sessions.release();
    }

    /// Changes the link of clients that bring none of their own.
    pub fn set_link(&self, profile: Option<LinkProfile>) -> Result<(), ProfileError> {
        let profile = profile.unwrap_or_default();
        let link = profile.validate()?;
        // Locked to the end: a connection that comes meanwhile waits, and gets the new link.
        let mut link_policy = lock(&self.link_policy);
        link_policy.default = Some(profile.clone()).filter(|profile| !profile.is_open());
        self.sessions.replace_link(&profile, link);
        self.log
            .info(format!("the link is now {}", link::name_of(&profile)));
        Ok(())
    }

    /// Counts file bytes that `connection` has handed to its socket.
    pub fn count_sent(&self, connection: &Connection, bytes: u64) {
        if bytes > 0 {
            self.sent.add(bytes);
            connection.sent.add(bytes);
        }
    }

    /// How many connections are being served, and how many refused.
    pub fn live_counts(&self) -> (usize, usize) {
        count(&lock(&self.live))
    }

    /// A connection has come; it leaves when the guard is dropped, even by a panic. `None` when there is no
    /// room for it and `most_refused` others are being told so already, or when the server is being stopped.
    pub fn admit(
        self: &Arc<Self>,
        socket: TcpStream,
        addr: SocketAddr,
        most_refused: usize,
    ) -> Option<ConnectionGuard> {
        // Counted and entered in one turn: several come in at the same time.
        let mut live = lock(&self.live);
        let (serving, turning_away) = count(&live);
        let served = serving < self.max_connections;
        if !served && turning_away >= most_refused {
            tracing::debug!("too many connections, closed: {addr}");
            return None;
        }
        // Asked under the lock: who enters later than this was not shut with the others.
        if self.is_stopping() {
            return None;
        }
        let counter = if served {
            &self.accepted
        } else {
            &self.refused
        };
        let before = self.last_id.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection::new(before + 1, addr, socket, served));
        counter.fetch_add(1, Ordering::Relaxed);
        live.insert(connection.id, Arc::clone(&connection));
        drop(live);
        self.notify_change();
        Some(ConnectionGuard {
            state: Arc::clone(self),
            connection,
        })
    }

    /// Tells who watches. No lock is held: it may ask for the numbers at once.
    fn notify_change(&self) {
        if let Some(ChangeCallback(tell)) = &self.on_change {
            tell();
        }
    }

    /// Shuts every open socket down. That one is gone already is no error.
    pub fn shut_down_all(&self, how: Shutdown) {
        for connection in lock(&self.live).values() {
            let _ = connection.socket.shutdown(how);
        }
    }

    /// Waits until no connection is open, at most `patience`.
    pub fn wait_until_empty(&self, patience: Duration) {
        // A poisoned lock only cuts the patience short.
        let _ = self
            .closed
            .wait_timeout_while(lock(&self.live), patience, |live| !live.is_empty());
    }

    /// A snapshot for whoever watches.
    pub fn stats(&self) -> Stats {
        let links = self.sessions.stats();
        let flows = links.iter().flat_map(|link| &link.flows);
        let flows: BTreeMap<u64, FlowStats> = flows.map(|flow| (flow.connection, *flow)).collect();
        let peer = |connection: &Connection| Peer {
            id: connection.id,
            addr: connection.addr,
            protocol: connection.protocol.get().copied(),
            file: lock(&connection.file).clone(),
            sent_bytes: connection.sent.total(),
            bytes_per_sec: connection.sent.per_sec(),
            age: connection.accepted_at.elapsed(),
            flow: flows.get(&connection.id).copied(),
        };
        let served: Vec<_> = lock(&self.live)
            .values()
            .filter(|connection| connection.served)
            .map(|connection| peer(connection))
            .collect();
        Stats {
            connections: served.len(),
            max_connections: self.max_connections,
            sent_bytes: self.sent.total(),
            bytes_per_sec: self.sent.per_sec(),
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            peers: served,
            links,
        }
    }
}

/// How many of these are served, and how many refused.
fn count(live: &BTreeMap<u64, Arc<Connection>>) -> (usize, usize) {
    let served = live.values().filter(|connection| connection.served).count();
    (served, live.len() - served)
}
