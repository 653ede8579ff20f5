//! A connection's place in its session: from the hello until its thread lets go of it.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::book::{SessionId, no_thread};
use super::lane::Lane;
use super::room::Room;
use crate::end::End;
use crate::state::{Connection, State};
use crate::sync::lock;

/// A connection's place in its session. Dropping it ends the connection's flow and joins its
/// writer, and with the last of a session the session's pacer.
pub(crate) struct Membership {
    state: Arc<State>,
    lane: Arc<Lane>,
    writer: Option<JoinHandle<()>>,
}

impl Membership {
    /// Joins the session `id`, which begins with its first connection, over the link that the
    /// client's `text` asks for; `None` when that is the open one.
    ///
    /// # Errors
    /// When the link is wrong, the session has another or no room, or the server stops.
    pub fn join(
        state: &Arc<State>,
        id: SessionId,
        text: &str,
        connection: &Arc<Connection>,
    ) -> Result<Option<Self>, End> {
        // Locked until the session is entered, so that no change of the link passes it by.
        let choice = lock(&state.choice);
        let Some(wish) = choice.of(text)? else {
            return Ok(None);
        };
        let session = state.sessions.enter(id, &wish, connection)?;
        drop(choice);
        let (serving, turning_away) = state.live_counts();
        let size = Room::of_one_among(serving + turning_away);
        let lane = Arc::new(Lane::new(
            Arc::clone(connection),
            Arc::clone(&session),
            size,
        ));
        session.admit(&lane);
        // From here on dropping it cleans up.
        let mut this = Self {
            state: Arc::clone(state),
            lane,
            writer: None,
        };
        let (lane, state) = (Arc::clone(&this.lane), Arc::clone(state));
        let writer = thread::Builder::new()
            .name(format!("pace-{}", connection.id))
            .spawn(move || lane.write_out(&state))
            .map_err(|error| no_thread(&error))?;
        this.writer = Some(writer);
        Ok(Some(this))
    }

    /// The send buffer.
    pub fn lane(&self) -> &Lane {
        &self.lane
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let (lane, session) = (&self.lane, &self.lane.session);
        lane.end();
        session.depart(lane.connection.id);
        if self
            .writer
            .take()
            .is_some_and(|writer| writer.join().is_err())
        {
            tracing::error!("a thread panicked: pace-{}", lane.connection.id);
        }
        self.state.sessions.leave(session);
    }
}
