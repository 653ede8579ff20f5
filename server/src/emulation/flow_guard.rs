//! The membership of a connection in a session, and everything it sends over the emulated link.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use lanes_shared::wire::LinkReport;

use super::buffer_limits::BufferLimits;
use super::error::LinkError;
use super::send_buffer::SendBuffer;
use super::session::{Session, SessionId};
use super::session_registry::SessionRegistry;
use super::writer;
use crate::net::connection::Connection;

/// The membership of a connection in a session. Dropping it closes the flow of the connection and
/// joins its writer; the last of a session also ends the session.
pub(crate) struct FlowGuard {
    registry: Arc<SessionRegistry>,
    session: Arc<Session>,
    buffer: Arc<SendBuffer>,
    writer: Option<JoinHandle<()>>,
}

impl FlowGuard {
    /// Joins the session `id` over the link that `text` requests. Returns `None` if that link is
    /// not emulated. The number of `open_connections` of the server limits the send buffer.
    ///
    /// # Errors
    /// If the link is refused, or the session has another link or no capacity.
    pub fn join(
        registry: &Arc<SessionRegistry>,
        id: SessionId,
        text: &str,
        connection: &Arc<Connection>,
        open_connections: usize,
    ) -> Result<Option<Self>, LinkError> {
        let Some(session) = registry.join(id, text, connection)? else {
            return Ok(None);
        };
        let limits = BufferLimits::for_connections(open_connections);
        let buffer = Arc::new(SendBuffer::new(Arc::clone(connection), limits));
        session.add_flow(&buffer);
        // From here on, dropping the guard undoes everything.
        let mut guard = Self {
            registry: Arc::clone(registry),
            session,
            buffer,
            writer: None,
        };
        let (session, buffer) = (Arc::clone(&guard.session), Arc::clone(&guard.buffer));
        let writer = thread::Builder::new()
            .name(format!("pace-{}", connection.id))
            .spawn(move || writer::run(&session, &buffer))
            .map_err(LinkError::NoThread)?;
        guard.writer = Some(writer);
        Ok(Some(guard))
    }

    /// Opens the flow for the first request of a file, which starts at `offset`. Later calls change
    /// nothing.
    pub fn open_flow_at(&self, offset: u64) {
        self.session.open_flow_at(self.buffer.connection.id, offset);
    }

    /// Sends `bytes` over the emulated link; `file_bytes` of them belong to a file. Waits while the
    /// send buffer is full.
    ///
    /// # Errors
    /// If the connection is closed.
    pub fn send(&self, bytes: &[u8], file_bytes: u64) -> io::Result<()> {
        if self.buffer.push(bytes, file_bytes)? {
            let connection = self.buffer.connection.id;
            self.session.supply(connection, bytes.len() as u64);
        }
        Ok(())
    }

    /// Sends `bytes` past the emulated link, after everything before them.
    ///
    /// # Errors
    /// If the connection is closed.
    pub fn send_unpaced(&self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.push_granted(bytes)
    }

    /// Waits until everything is written to the socket.
    ///
    /// # Errors
    /// If the connection is closed.
    pub fn drain(&self) -> io::Result<()> {
        self.buffer.drain()
    }

    /// Returns the link's counters for the client.
    pub fn report(&self) -> LinkReport {
        self.session.report()
    }
}

impl Drop for FlowGuard {
    fn drop(&mut self) {
        let connection = self.buffer.connection.id;
        self.buffer.close();
        self.session.close_flow(connection);
        if self
            .writer
            .take()
            .is_some_and(|writer| writer.join().is_err())
        {
            tracing::error!("thread panicked: pace-{connection}");
        }
        self.registry.leave(&self.session);
    }
}
