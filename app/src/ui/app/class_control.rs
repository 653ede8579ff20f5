//! The class: collects results on the local server, and sends those of this window.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use lanes_server::ResultCollection;

use super::LanesApp;
use crate::ui::message::{ClassAction, Note};
use crate::ui::server::LocalServer;

/// File name of exported results.
const CSV_FILE: &str = "lanes-class.csv";

impl LanesApp {
    pub(super) fn class(&mut self, action: ClassAction) {
        match action {
            ClassAction::Collect(is_on) => {
                if self.server.class.switch(is_on) {
                    self.background.open_results(self.class_file.clone());
                }
                self.apply_class();
            }
            ClassAction::Remove(number) => self.server.class.remove(number),
            ClassAction::Clear => self.server.class.clear(),
            ClassAction::Export => {
                let csv = self.server.class.csv().into_bytes();
                let folder = self.folder_for("");
                let files = vec![(CSV_FILE.to_owned(), csv)];
                self.background.export(folder, move || Ok(files));
            }
            ClassAction::ShowAddress(is_open) => {
                self.server.address.is_open = is_open;
                if is_open {
                    self.background.read_addresses();
                }
            }
            ClassAction::ListenOnNetworks => {
                let ip = match self.listen.ip() {
                    IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                    IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
                };
                self.move_server(SocketAddr::new(ip, self.listen.port()));
            }
            ClassAction::Send => self.send_results(),
        }
    }

    /// Makes the running server keep results, or refuse them.
    pub(super) fn apply_class(&self) {
        if let LocalServer::Running(server) = &self.local_server {
            server.set_results(self.server.class.for_server());
        }
    }

    /// Called when the file of results is open, or could not be opened.
    pub(super) fn results_opened(&mut self, opened: Result<Arc<ResultCollection>, String>) {
        match opened {
            Ok(collection) => self.server.class.opened(Some(collection)),
            Err(words) => {
                self.server.class.opened(None);
                self.show_note(Note::error(words));
            }
        }
        self.apply_class();
    }

    /// Sends the finished experiments to their servers.
    pub(super) fn send_results(&mut self) {
        let panel = &mut self.compare.class;
        let results = panel.results(&self.compare.workspace);
        if results.is_empty() {
            return;
        }
        panel.begin();
        let cancel = panel.cancel.clone();
        self.background.send_results(results, cancel);
    }

    /// Called when results were sent, or could not be.
    pub(super) fn results_sent(&mut self, outcome: Result<String, String>) {
        self.show_note(match &outcome {
            Ok(words) => Note::info(words.clone()),
            Err(words) => Note::error(words.clone()),
        });
        self.compare.class.ended(outcome);
    }
}
