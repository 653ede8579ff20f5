//! What a thread does besides downloading: reading a finished file again, asking a server what it has.

use std::sync::Arc;

use super::downloads::{Done, Manager};
use super::managed_download::Recheck;
use crate::list;
use crate::model::command::DownloadId;
use crate::model::snapshot::{Catalogue, Check, DownloadState};
use crate::model::source_url::ServerName;
use crate::storage::verify_file::recheck;
use crate::sync::cancel::CancelToken;

impl Manager {
    pub(crate) fn verify(&mut self, id: DownloadId) {
        let Some(owned) = self
            .downloads
            .get_mut(&id)
            .filter(|owned| owned.recheck.is_none())
        else {
            return;
        };
        let now = self
            .published
            .download(id)
            .filter(|now| now.state == DownloadState::Finished);
        let Some((path, digest)) = now.and_then(|now| Some((now.path.clone()?, now.digest?)))
        else {
            return;
        };
        let cancel = CancelToken::default();
        let (switch, published) = (cancel.clone(), Arc::clone(&self.published));
        owned.recheck = Some(Recheck { cancel });
        // Before its thread can say anything newer.
        self.published.set_check(id, &Check::Running(0.0));
        let job = move || {
            let tell = |share| published.set_check(id, &Check::Running(share));
            Done::Recheck(
                id,
                recheck(&path, digest, &switch, tell).unwrap_or(Check::None),
            )
        };
        let broken = move |words| Done::Recheck(id, Check::Bad(words));
        self.threads.spawn(format!("recheck-{}", id.0), job, broken);
    }

    pub(crate) fn recheck_ended(&mut self, id: DownloadId, check: &Check) {
        if let Some(owned) = self.downloads.get_mut(&id) {
            owned.recheck = None;
        }
        if self.published.download(id).is_some() {
            self.published.set_check(id, check);
        } else {
            self.downloads.remove(&id);
        }
    }

    pub(crate) fn browse(&mut self, server: ServerName) {
        if !self.browsing.insert(server.clone()) {
            return;
        }
        self.published.catalogue(server.clone(), Catalogue::Loading);
        let asked = server.clone();
        let job = move || {
            let catalogue = match list(&asked) {
                Ok(entries) => Catalogue::Ready(entries.into()),
                Err(reason) => Catalogue::Failed(reason),
            };
            Done::Browse(asked, catalogue)
        };
        let broken = move |words| Done::Browse(server, Catalogue::Failed(words));
        self.threads.spawn("browse".into(), job, broken);
    }

    pub(crate) fn browse_ended(&mut self, server: ServerName, catalogue: Catalogue) {
        self.browsing.remove(&server);
        self.published.catalogue(server, catalogue);
    }
}
