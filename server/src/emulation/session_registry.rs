//! The sessions that are open now, by the id that their clients made up.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use lanes_shared::link::{Link, LinkProfile};
use lanes_shared::wire::Refusal;

use super::link_policy::LinkRequest;
use super::session::Session;
use crate::net::connection::Connection;
use crate::protocol::close_reason::CloseReason;
use crate::sync::lock;
use crate::telemetry::stats::LinkStats;

/// The id of a session.
pub(crate) type SessionId = [u8; 16];

/// Every session with an emulated link that has a connection.
#[derive(Default)]
pub(crate) struct SessionRegistry {
    open: Mutex<OpenSessions>,
}

#[derive(Default)]
struct OpenSessions {
    sessions: HashMap<SessionId, Entry>,
    stopping: bool,
}

struct Entry {
    session: Arc<Session>,
    /// Whether the link is the server's own, and changes with it.
    is_servers: bool,
    connections: usize,
}

impl SessionRegistry {
    /// The session of a connection that has come, which counts among its connections until
    /// [`Self::leave`].
    pub fn join(
        &self,
        id: SessionId,
        request: &LinkRequest,
        connection: &Connection,
    ) -> Result<Arc<Session>, CloseReason> {
        let mut open = lock(&self.open);
        if open.stopping {
            return Err(CloseReason::stopping());
        }
        if let Some(entry) = open.sessions.get_mut(&id) {
            entry.admit(request)?;
            entry.connections += 1;
            return Ok(Arc::clone(&entry.session));
        }
        let session = Session::start(id, &request.profile, connection.accepted_at)?;
        let entry = Entry {
            session: Arc::clone(&session),
            is_servers: request.is_servers,
            connections: 1,
        };
        open.sessions.insert(id, entry);
        Ok(session)
    }

    /// A connection of this session is gone. With the last one the session ends, and its thread
    /// has ended on return.
    pub fn leave(&self, session: &Session) {
        let mut open = lock(&self.open);
        let Some(entry) = open.sessions.get_mut(&session.id) else {
            return;
        };
        entry.connections -= 1;
        if entry.connections > 0 {
            return;
        }
        open.sessions.remove(&session.id);
        drop(open);
        session.end();
    }

    /// The sessions over the server's own link go over this one from now on.
    pub fn replace_link(&self, profile: &LinkProfile, link: Link) {
        for entry in lock(&self.open).sessions.values() {
            if entry.is_servers {
                entry.session.replace_link(profile, link);
            }
        }
    }

    /// The server is being stopped: nothing waits for a link any more.
    pub fn release(&self) {
        let mut open = lock(&self.open);
        open.stopping = true;
        for entry in open.sessions.values() {
            entry.session.release();
        }
    }

    /// The numbers of every session, in the order of their ids.
    pub fn stats(&self) -> Vec<LinkStats> {
        let open = lock(&self.open);
        let all = open.sessions.values().map(|entry| entry.session.stats());
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|stats| stats.session);
        all
    }
}

impl Entry {
    /// Whether one more connection with this request may come.
    fn admit(&self, request: &LinkRequest) -> Result<(), CloseReason> {
        if !self.session.has(&request.profile) {
            let message = "the connections of one session share one link: this one asks for \
                           another than the first did";
            return Err(CloseReason::refused(Refusal::BadRequest, message));
        }
        let most = self.session.max_connections();
        match most.filter(|most| self.connections >= *most as usize) {
            None => Ok(()),
            Some(most) => Err(CloseReason::refused(
                Refusal::TooManyConnections,
                format!(
                    "the emulated server takes {most} connections and no more \
                     (max_connections of the link profile)"
                ),
            )),
        }
    }
}

/// Whatever the system says when a thread cannot be had ends the connection that needed it.
pub(crate) fn no_thread(error: &io::Error) -> CloseReason {
    CloseReason::refused(
        Refusal::TooManyConnections,
        format!("the server has no thread to spare for the emulated link: {error}"),
    )
}
