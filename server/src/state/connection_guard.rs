//! The registration of an open connection.

use std::sync::Arc;

use super::ServerState;
use crate::net::connection::Connection;

/// Registers a connection as open. Dropping it, also by a panic of the serving thread, removes the
/// connection.
pub(crate) struct ConnectionGuard {
    pub state: Arc<ServerState>,
    pub connection: Arc<Connection>,
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.state.remove(&self.connection);
    }
}
