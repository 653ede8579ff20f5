//! Keeps a connection among the open ones as long as its thread works.

use std::sync::Arc;

use super::ServerState;
use crate::net::connection::Connection;
use crate::sync::lock;

/// Keeps a connection among the open ones as long as its thread works.
pub(crate) struct ConnectionGuard {
    pub state: Arc<ServerState>,
    pub connection: Arc<Connection>,
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        lock(&self.state.live).remove(&self.connection.id);
        self.state.closed.notify_all();
        self.state.notify_change();
    }
}
