//! Fetches the catalogue of a Lanes server, on a thread of its own.

use super::engine_thread::{EngineThread, JobResult};
use super::server_catalogue::list_server_files;
use crate::model::display_text::one_line;
use crate::model::snapshot::Catalogue;
use crate::model::source_url::ServerName;

impl EngineThread {
    /// Starts to fetch the catalogue of a server, unless that is under way.
    pub(super) fn browse(&mut self, server: ServerName) {
        if !self.pending_catalogues.insert(server.clone()) {
            return;
        }
        self.snapshots
            .set_catalogue(server.clone(), Catalogue::Loading);
        let to_list = server.clone();
        let job = move || {
            let catalogue = match list_server_files(&to_list) {
                Ok(entries) => Catalogue::Ready(entries.into()),
                Err(error) => Catalogue::Failed(one_line(&error.to_string()).into_owned()),
            };
            JobResult::Catalogue(to_list, catalogue)
        };
        let on_failure = move |reason| JobResult::Catalogue(server, Catalogue::Failed(reason));
        self.threads.spawn("catalogue".into(), job, on_failure);
    }

    pub(super) fn on_catalogue(&mut self, server: ServerName, catalogue: Catalogue) {
        self.pending_catalogues.remove(&server);
        self.snapshots.set_catalogue(server, catalogue);
    }
}
