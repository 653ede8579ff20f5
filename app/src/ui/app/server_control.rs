//! The local server moved to another port while the program runs.

use std::net::SocketAddr;

use super::{LanesApp, Note};
use crate::ui::server::{Local, patience};

impl LanesApp {
    /// From now on the local server listens on this port. One that runs stops first.
    pub(super) fn move_server(&mut self, port: u16) {
        let to = SocketAddr::new(self.listen.ip(), port);
        match std::mem::take(&mut self.local) {
            Local::Running(server) => {
                self.moves_to = Some(to);
                self.local = Local::Stopping;
                self.background.stop_server(server);
            }
            state @ (Local::Starting | Local::Stopping) => {
                self.local = state;
                self.moves_to = Some(to);
            }
            state @ (Local::Stopped | Local::Failed(_)) => {
                self.local = state;
                self.point_at(to);
            }
        }
    }

    /// It has stopped: it starts again where it is to be, if that is so.
    pub(super) fn server_stopped(&mut self) {
        self.local = Local::Stopped;
        let Some(to) = self.moves_to.take() else {
            return;
        };
        match self.server.wish() {
            Ok(mut wish) => {
                wish.config.listen = to;
                wish.config.watcher = Some(self.pulse.watcher());
                wish.config.patience = patience();
                wish.any_port = true;
                self.local = Local::Starting;
                self.background.start_server(wish);
            }
            Err(words) => self.say(Note::bad(words)),
        }
    }

    /// It runs; if it is to be elsewhere by now, it goes there.
    pub(super) fn server_started(&mut self) {
        let to = self.moves_to.take();
        if let Some(to) = to.filter(|to| to.port() != self.listen.port()) {
            self.move_server(to.port());
        }
    }
}
