//! Verifies a finished file again, on a thread of its own.

use std::sync::Arc;

use super::engine_thread::{EngineThread, JobResult};
use super::managed_download::Verification;
use crate::model::command::DownloadId;
use crate::model::snapshot::{Check, DownloadState};
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
        if let Some(download) = self.managed_mut(id) {
            download.verification = None;
        }
        self.snapshots.set_check(id, check);
    }
}
