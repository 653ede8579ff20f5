//! Moves the local server to another address.

use std::net::SocketAddr;

use super::LanesApp;
use crate::ui::message::Note;
use crate::ui::server::{LocalServer, timeouts};

impl LanesApp {
    /// Makes the local server listen on this address. A running server is stopped first.
    pub(super) fn move_server(&mut self, to: SocketAddr) {
        match std::mem::take(&mut self.local_server) {
            LocalServer::Running(server) => {
                self.next_listen = Some(to);
                self.local_server = LocalServer::Stopping;
                self.background.stop_server(server);
            }
            state @ (LocalServer::Starting | LocalServer::Stopping) => {
                self.local_server = state;
                self.next_listen = Some(to);
            }
            state @ (LocalServer::Stopped | LocalServer::Failed(_)) => {
                self.local_server = state;
                self.set_server_address(to);
            }
        }
    }

    /// Called when the server has stopped: restarts it on its next address, if it has one.
    pub(super) fn server_stopped(&mut self) {
        self.local_server = LocalServer::Stopped;
        let Some(to) = self.next_listen.take() else {
            return;
        };
        match self.server.start_request() {
            Ok(mut request) => {
                request.config.listen = to;
                request.config.on_change = Some(self.repaint.watcher());
                request.config.timeouts = timeouts();
                request.any_port = true;
                self.local_server = LocalServer::Starting;
                self.background.start_server(request);
            }
            Err(words) => self.show_note(Note::error(words)),
        }
    }

    /// Called when the server has started: moves it on if its address has been changed meanwhile.
    pub(super) fn server_started(&mut self) {
        let to = self.next_listen.take();
        if let Some(to) = to.filter(|to| *to != self.listen) {
            self.move_server(to);
        }
    }
}
