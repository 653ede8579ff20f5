//! The open sessions by id, and the link policy that new connections follow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use lanes_shared::link::{Link, LinkProfile, ProfileError};

use super::error::LinkError;
use super::link_policy::{LinkPolicy, LinkRequest};
use super::pace_loop::start_session;
use super::session::{Session, SessionId};
use crate::net::connection::Connection;
use crate::sync::lock;
use crate::telemetry::stats::LinkStats;

/// All sessions with an emulated link that have a connection.
pub(crate) struct SessionRegistry {
    policy: Mutex<LinkPolicy>,
    open: Mutex<OpenSessions>,
}

#[derive(Default)]
struct OpenSessions {
    by_id: HashMap<SessionId, Entry>,
    is_stopping: bool,
}

struct Entry {
    session: Arc<Session>,
    /// True for the default of the server. The link changes together with it.
    is_default: bool,
    connections: usize,
}

impl SessionRegistry {
    /// Creates a registry without sessions.
    pub fn new(policy: LinkPolicy) -> Self {
        Self {
            policy: Mutex::new(policy),
            open: Mutex::default(),
        }
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
        // Held to the end: a connection that joins meanwhile waits and gets the new link.
        let mut policy = lock(&self.policy);
        policy.default = Some(profile.clone()).filter(|profile| !profile.is_open());
        self.replace_default_link(profile, link);
        Ok(())
    }

    fn replace_default_link(&self, profile: &LinkProfile, link: Link) {
        for entry in lock(&self.open).by_id.values() {
            if entry.is_default {
                entry.session.replace_link(profile, link);
            }
        }
    }

    /// Adds a connection to the session `id`, which is started for its first connection. The
    /// session counts the connection until [`Self::leave`]. Returns `None` if the link that `text`
    /// requests is not emulated.
    ///
    /// # Errors
    /// If the link is refused, or the session has another link or no capacity.
    pub(super) fn join(
        &self,
        id: SessionId,
        text: &str,
        connection: &Connection,
    ) -> Result<Option<Arc<Session>>, LinkError> {
        // Held until the connection has joined, so that a change of the link does not miss it.
        let policy = lock(&self.policy);
        let Some(request) = policy.resolve(text)? else {
            return Ok(None);
        };
        let mut open = lock(&self.open);
        if open.is_stopping {
            return Err(LinkError::Stopping);
        }
        if let Some(entry) = open.by_id.get_mut(&id) {
            entry.check_capacity(&request)?;
            entry.connections += 1;
            return Ok(Some(Arc::clone(&entry.session)));
        }
        let session = start_session(id, &request.profile, connection.accepted_at)?;
        let entry = Entry {
            session: Arc::clone(&session),
            is_default: request.is_default,
            connections: 1,
        };
        open.by_id.insert(id, entry);
        Ok(Some(session))
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
        let mut open = lock(&self.open);
        open.is_stopping = true;
        for entry in open.by_id.values() {
            entry.session.release();
        }
    }

    /// Returns a snapshot of every session, ordered by id.
    pub fn stats(&self) -> Vec<LinkStats> {
        let open = lock(&self.open);
        let all = open.by_id.values().map(|entry| entry.session.stats());
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|stats| stats.session);
        all
    }
}

impl Entry {
    /// Checks that one more connection with this request may join.
    fn check_capacity(&self, request: &LinkRequest) -> Result<(), LinkError> {
        if !self.session.has_profile(&request.profile) {
            return Err(LinkError::OtherLink);
        }
        let max = self.session.max_connections();
        match max.filter(|max| self.connections >= *max as usize) {
            None => Ok(()),
            Some(max) => Err(LinkError::TooManyConnections(max)),
        }
    }
}
