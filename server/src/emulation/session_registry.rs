//! The open sessions by id, and the link policy that new connections follow.
//!
//! No lock of this module is held while a path is created or while a session is locked: both may
//! take a while, and every connection with an emulated link needs the locks of this module.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lanes_shared::link::{Link, LinkProfile, Path, ProfileError};

use super::capture::Capture;
use super::error::LinkError;
use super::link_policy::{LinkPolicy, LinkRequest};
use super::pace_loop::start_session;
use super::session::{Session, SessionId};
use super::warm_up_queue::WarmUpQueue;
use crate::net::client_net::ClientNet;
use crate::net::connection::Connection;
use crate::net::peer_state::{PeerState, peer_state};
use crate::sync::lock;
use crate::telemetry::stats::{LinkStats, Protocol};

/// All sessions with an emulated link that have a connection.
pub(crate) struct SessionRegistry {
    policy: Mutex<LinkPolicy>,
    open: Mutex<OpenSessions>,
    warm_ups: WarmUpQueue,
    /// Maximum number of sessions of one client that is not on this machine.
    share: usize,
    /// Time after which a session ends whose link delivers nothing.
    silence: Duration,
    capture: Option<Arc<Capture>>,
}

#[derive(Default)]
struct OpenSessions {
    by_id: HashMap<SessionId, Entry>,
    is_stopping: bool,
}

struct Entry {
    session: Arc<Session>,
    profile: LinkProfile,
    /// Connection limit of the emulated server.
    max_connections: Option<u32>,
    /// True for the default of the server. The link changes together with it.
    is_default: bool,
    connections: usize,
    /// Client of the first connection.
    client: ClientNet,
}

impl SessionRegistry {
    /// Creates a registry without sessions. A client that is not on this machine may have `share`
    /// sessions. A session ends when its link delivers nothing for `silence`.
    pub fn new(policy: LinkPolicy, share: usize, silence: Duration) -> Self {
        Self {
            policy: Mutex::new(policy),
            open: Mutex::default(),
            warm_ups: WarmUpQueue::default(),
            share,
            silence,
            capture: None,
        }
    }

    /// Captures the packets of all sessions.
    #[must_use]
    pub fn captured(self, capture: Option<Arc<Capture>>) -> Self {
        Self { capture, ..self }
    }

    /// Returns the default link; `None` for no emulation.
    pub fn default_link(&self) -> Option<LinkProfile> {
        lock(&self.policy).default.clone()
    }

    /// Sets the default link, also for open sessions that use the default.
    ///
    /// # Errors
    /// If a field of the profile is out of range; nothing changes then.
    pub fn set_default_link(&self, profile: &LinkProfile) -> Result<(), ProfileError> {
        let link = profile.validate()?;
        // All sessions start from the same path.
        let path = Path::new(&link);
        // Held to the end: a connection that joins meanwhile gets the new link.
        let mut policy = lock(&self.policy);
        policy.default = Some(profile.clone()).filter(|profile| !profile.is_open());
        for session in self.replace_default_link(profile, &link) {
            session.replace_link(profile, link.clone(), path.clone());
        }
        Ok(())
    }

    /// Changes the entries of all sessions that use the default link, and returns the sessions.
    fn replace_default_link(&self, profile: &LinkProfile, link: &Link) -> Vec<Arc<Session>> {
        let mut open = lock(&self.open);
        let defaults = open.by_id.values_mut().filter(|entry| entry.is_default);
        defaults
            .map(|entry| {
                entry.profile = profile.clone();
                entry.max_connections = link.max_connections();
                Arc::clone(&entry.session)
            })
            .collect()
    }

    /// Adds a connection to the session `id`, which is started for its first connection. The
    /// session counts the connection until [`Self::leave`]. Returns `None` if the link that `text`
    /// requests is not emulated.
    ///
    /// # Errors
    /// If the link is refused, the session has another link or no capacity, or the client has too
    /// many sessions or is gone.
    pub(super) fn join(
        &self,
        id: SessionId,
        text: &str,
        connection: &Connection,
    ) -> Result<Option<Arc<Session>>, LinkError> {
        loop {
            let request = lock(&self.policy).resolve(text)?;
            let Some(request) = request else {
                return Ok(None);
            };
            if let Some(session) = self.join_open(id, &request, connection)? {
                return Ok(Some(session));
            }
            // Repeated if the session was opened or the default link has changed meanwhile.
            if let Some(session) = self.open(id, &request, connection)? {
                return Ok(Some(session));
            }
        }
    }

    /// Adds a connection to the session `id`; `None` if it is not open.
    fn join_open(
        &self,
        id: SessionId,
        request: &LinkRequest,
        connection: &Connection,
    ) -> Result<Option<Arc<Session>>, LinkError> {
        let mut open = lock(&self.open);
        open.check_new(connection.client, self.share, &id)?;
        let Some(entry) = open.by_id.get_mut(&id) else {
            return Ok(None);
        };
        entry.check_capacity(request)?;
        entry.connections += 1;
        Ok(Some(Arc::clone(&entry.session)))
    }

    /// Opens the session `id` for its first connection; `None` if it was opened meanwhile, or the
    /// request is outdated.
    fn open(
        &self,
        id: SessionId,
        request: &LinkRequest,
        connection: &Connection,
    ) -> Result<Option<Arc<Session>>, LinkError> {
        let link = request.profile.validate()?;
        // Held until the session is open, so that its other connections wait for the same path.
        let mut permit = None;
        if link.background_flows() > 0 {
            let is_gone = || is_client_gone(id.protocol, connection);
            let is_obsolete = || is_gone() || self.is_open_or_stopping(&id);
            permit = self.warm_ups.wait(connection.client, id, is_obsolete)?;
            if is_gone() {
                return Err(LinkError::ClientGone);
            }
            if permit.is_none() {
                return Ok(None);
            }
        }
        let path = Path::new(&link);
        let (profile, origin) = (&request.profile, connection.accepted_at);
        let parts = (profile, link.clone(), path);
        let capture = self.capture.clone();
        let session = start_session(id, parts, origin, self.silence, capture)?;
        let inserted = self.insert(&session, request, &link, connection.client);
        drop(permit);
        if !matches!(inserted, Ok(true)) {
            session.end();
        }
        Ok(inserted?.then_some(session))
    }

    /// Adds a session with one connection. Returns false if the id is in use, or the request is
    /// outdated.
    fn insert(
        &self,
        session: &Arc<Session>,
        request: &LinkRequest,
        link: &Link,
        client: ClientNet,
    ) -> Result<bool, LinkError> {
        // Held until the session is registered, so that a change of the link does not miss it.
        let policy = lock(&self.policy);
        if request.is_default && policy.default.as_ref() != Some(&request.profile) {
            return Ok(false);
        }
        let mut open = lock(&self.open);
        if open.by_id.contains_key(&session.id) {
            return Ok(false);
        }
        open.check_new(client, self.share, &session.id)?;
        let entry = Entry {
            session: Arc::clone(session),
            profile: request.profile.clone(),
            max_connections: link.max_connections(),
            is_default: request.is_default,
            connections: 1,
            client,
        };
        open.by_id.insert(session.id, entry);
        Ok(true)
    }

    fn is_open_or_stopping(&self, id: &SessionId) -> bool {
        let open = lock(&self.open);
        open.is_stopping || open.by_id.contains_key(id)
    }

    /// Removes a connection from a session. The last one ends the session and joins its pacer.
    pub(super) fn leave(&self, session: &Session) {
        let mut open = lock(&self.open);
        let Some(entry) = open.by_id.get_mut(&session.id) else {
            return;
        };
        entry.connections -= 1;
        if entry.connections > 0 {
            return;
        }
        open.by_id.remove(&session.id);
        drop(open);
        session.end();
    }

    /// Stops pacing in all sessions and refuses new ones, because the server stops.
    pub fn release_all(&self) {
        lock(&self.open).is_stopping = true;
        self.warm_ups.wake_all();
        for session in self.sessions() {
            session.release();
        }
    }

    /// Returns a snapshot of every session, ordered by id.
    pub fn stats(&self) -> Vec<LinkStats> {
        let sessions = self.sessions();
        let mut all: Vec<_> = sessions.iter().map(|session| session.stats()).collect();
        all.sort_by_key(|stats| stats.session);
        all
    }

    fn sessions(&self) -> Vec<Arc<Session>> {
        let open = lock(&self.open);
        let sessions = open.by_id.values().map(|entry| Arc::clone(&entry.session));
        sessions.collect()
    }
}

impl OpenSessions {
    /// Checks that the session `id` is open already, or that a client may open it.
    fn check_new(&self, client: ClientNet, share: usize, id: &SessionId) -> Result<(), LinkError> {
        if self.is_stopping {
            return Err(LinkError::Stopping);
        }
        if client.is_loopback() || self.by_id.contains_key(id) {
            return Ok(());
        }
        let sessions = self.by_id.values().filter(|entry| entry.client == client);
        if sessions.count() >= share {
            return Err(LinkError::TooManySessions(share));
        }
        Ok(())
    }
}

impl Entry {
    /// Checks that one more connection with this request may join.
    fn check_capacity(&self, request: &LinkRequest) -> Result<(), LinkError> {
        if self.profile != request.profile {
            return Err(LinkError::OtherLink);
        }
        let max = self.max_connections;
        match max.filter(|max| self.connections >= *max as usize) {
            None => Ok(()),
            Some(max) => Err(LinkError::TooManyConnections(max)),
        }
    }
}

/// Returns whether a client that waits for its session is gone. A client of the Lanes protocol
/// sends until it ends the download; one of HTTP may close its sending side after its request.
fn is_client_gone(protocol: Protocol, connection: &Connection) -> bool {
    match peer_state(&connection.socket) {
        PeerState::Open => false,
        PeerState::HalfClosed => protocol == Protocol::Lanes,
        PeerState::Gone => true,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use super::*;
    use crate::net::connection::Admission;

    #[test]
    fn a_client_has_a_share_of_the_sessions_unless_it_is_on_this_machine() {
        let registry = SessionRegistry::new(LinkPolicy::default(), 2, Duration::from_secs(60));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        let join = |addr: &str, id: u8| {
            let addr = std::net::SocketAddr::new(addr.parse().unwrap(), 1);
            let socket = socket.try_clone().unwrap();
            let connection = Connection::new(1, addr, socket, Admission::Admitted, Arc::default());
            let id = SessionId {
                protocol: Protocol::Lanes,
                bytes: [id; 16],
            };
            registry.join(id, "rtt_ms = 1", &connection)
        };
        let mut sessions = Vec::new();
        for (addr, id) in [
            ("192.0.2.1", 1),
            ("192.0.2.1", 2),
            ("192.0.2.1", 1),
            ("192.0.2.2", 3),
            ("127.0.0.1", 4),
            ("127.0.0.1", 5),
            ("127.0.0.1", 6),
        ] {
            sessions.push(join(addr, id).unwrap().unwrap());
        }
        assert!(matches!(
            join("192.0.2.1", 7),
            Err(LinkError::TooManySessions(2))
        ));
        for session in &sessions {
            registry.leave(session);
        }
        assert!(join("192.0.2.1", 7).is_ok());
        registry.release_all();
        assert!(matches!(join("192.0.2.2", 8), Err(LinkError::Stopping)));
    }
}
