//! A connection's place in its session: from the hello until its thread lets go of it.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::buffer_limits::BufferLimits;
use super::send_buffer::SendBuffer;
use super::session_registry::{SessionId, no_thread};
use crate::net::connection::Connection;
use crate::protocol::close_reason::CloseReason;
use crate::state::ServerState;
use crate::sync::lock;

/// A connection's place in its session. Dropping it ends the connection's flow and joins its
/// writer, and with the last of a session the session's pacer.
pub(crate) struct FlowGuard {
    state: Arc<ServerState>,
    buffer: Arc<SendBuffer>,
    writer: Option<JoinHandle<()>>,
}

impl FlowGuard {
    /// Joins the session `id`, which begins with its first connection, over the link that the
    /// client's `text` asks for; `None` when that is the open one.
    ///
    /// # Errors
    /// When the link is wrong, the session has another or no room, or the server stops.
    pub fn join(
        state: &Arc<ServerState>,
        id: SessionId,
        text: &str,
        connection: &Arc<Connection>,
    ) -> Result<Option<Self>, CloseReason> {
        // Locked until the session is entered, so that no change of the link passes it by.
        let policy = lock(&state.link_policy);
        let Some(request) = policy.resolve(text)? else {
            return Ok(None);
        };
        let session = state.sessions.join(id, &request, connection)?;
        drop(policy);
        let (serving, turning_away) = state.live_counts();
        let size = BufferLimits::of_one_among(serving + turning_away);
        let buffer = Arc::new(SendBuffer::new(
            Arc::clone(connection),
            Arc::clone(&session),
            size,
        ));
        session.add_flow(&buffer);
        // From here on dropping it cleans up.
        let mut this = Self {
            state: Arc::clone(state),
            buffer,
            writer: None,
        };
        let (buffer, state) = (Arc::clone(&this.buffer), Arc::clone(state));
        let writer = thread::Builder::new()
            .name(format!("pace-{}", connection.id))
            .spawn(move || buffer.write_out(&state))
            .map_err(|error| no_thread(&error))?;
        this.writer = Some(writer);
        Ok(Some(this))
    }

    /// The send buffer.
    pub fn buffer(&self) -> &SendBuffer {
        &self.buffer
    }
}

impl Drop for FlowGuard {
    fn drop(&mut self) {
        let (buffer, session) = (&self.buffer, &self.buffer.session);
        buffer.end();
        session.close_flow(buffer.connection.id);
        if self
            .writer
            .take()
            .is_some_and(|writer| writer.join().is_err())
        {
            tracing::error!("a thread panicked: pace-{}", buffer.connection.id);
        }
        self.state.sessions.leave(session);
    }
}
