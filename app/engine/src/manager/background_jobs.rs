//! Jobs on threads that are no downloads: verifying finished files and fetching catalogues.

use std::sync::Arc;

use super::catalogue::list;
use super::engine_thread::{EngineThread, JobResult};
use super::managed_download::Verification;
use crate::model::command::DownloadId;
use crate::model::display_text::one_line;
use crate::model::snapshot::{Catalogue, Check, DownloadState};
use crate::model::source_url::ServerName;
use crate::storage::verify_file::verify;
use crate::sync::cancel::CancelToken;

impl EngineThread {
    /// Starts to read a finished file again and to compare its digest.
    pub(super) fn verify(&mut self, id: DownloadId) {
        let Some(download) = self
            .downloads
            .get_mut(&id)
            .filter(|download| download.verification.is_none())
        else {
            return;
        };
        let now = self
            .snapshots
            .download(id)
            .filter(|now| now.state == DownloadState::Finished);
        let Some((path, digest)) = now.and_then(|now| Some((now.path.clone()?, now.digest?)))
        else {
            return;
        };
        let cancel = CancelToken::default();
        download.verification = Some(Verification {
            cancel: cancel.clone(),
        });
        // Published before the thread starts, which may publish later progress.
        self.snapshots.set_check(id, &Check::Running(0.0));
        let snapshots = Arc::clone(&self.snapshots);
        let job = move || {
            let on_progress = |share| snapshots.set_check(id, &Check::Running(share));
            let check = verify(&path, digest, &cancel, on_progress);
            JobResult::Verification(id, check.unwrap_or(Check::None))
        };
        let on_failure = move |reason| JobResult::Verification(id, Check::Bad(reason));
        let name = format!("verify-{}", id.0);
        self.threads.spawn(name, job, on_failure);
    }

    pub(super) fn on_verification_ended(&mut self, id: DownloadId, check: &Check) {
        if let Some(download) = self.downloads.get_mut(&id) {
            download.verification = None;
        }
        if self.snapshots.download(id).is_some() {
            self.snapshots.set_check(id, check);
        } else {
            // It was removed while the verification ran.
            self.downloads.remove(&id);
        }
    }

    /// Starts to fetch the catalogue of a server, unless that is under way.
    pub(super) fn browse(&mut self, server: ServerName) {
        if !self.pending_catalogues.insert(server.clone()) {
            return;
        }
        self.snapshots
            .set_catalogue(server.clone(), Catalogue::Loading);
        let to_list = server.clone();
        let job = move || {
            let catalogue = match list(&to_list) {
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
