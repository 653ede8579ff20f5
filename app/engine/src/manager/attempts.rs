//! Attempts at downloads: begun, changed, cancelled, ended.

use std::path::PathBuf;
use std::sync::Arc;

use super::downloads::{Done, Manager};
use super::managed_download::Attempt;
use crate::download::download_context::{Detail, DownloadContext};
use crate::download::finished::Finished;
use crate::download::retry_loop;
use crate::download::shared_limits::SharedLimits;
use crate::model::command::DownloadId;
use crate::model::http_options::ProxyChoice;
use crate::model::snapshot::{DownloadSnapshot, DownloadState};
use crate::model::spec::{Destination, DownloadSpec};
use crate::storage::target_path;
use crate::sync::cancel::CancelToken;

impl Manager {
    pub(crate) fn start(&mut self, id: DownloadId) {
        let Some(owned) = self
            .downloads
            .get_mut(&id)
            .filter(|owned| owned.attempt.is_none())
        else {
            return;
        };
        let now = self.published.download(id);
        let log = now.as_ref().map(|now| Arc::clone(&now.log));
        let context = DownloadContext {
            id,
            added: owned.added,
            log: log.unwrap_or_else(|| Arc::from([])),
            detail: Detail::Full,
            limits: SharedLimits {
                rate: Some(Arc::clone(&self.throttle)),
                hosts: Some(Arc::clone(&self.places)),
                budget: None,
                pool: Some(Arc::clone(&self.kept_connections)),
            },
        };
        // Before its thread can say anything newer.
        self.published.set_state(id, &DownloadState::Starting);
        self.changed = true;
        let cancel = CancelToken::default();
        let mut request = owned.request.clone();
        request.same_file &= owned.has_kept(now.as_ref().and_then(|now| now.path.as_deref()));
        request.per_host = self.limits.per_host;
        if request.http.proxy == ProxyChoice::Environment {
            request.http.proxy = self.proxy.clone();
        }
        let published = Arc::clone(&self.published);
        let switch = cancel.clone();
        owned.attempt = Some(Attempt {
            cancel,
            cancelled: false,
        });
        let job = move || {
            let mut observe = |snapshot: &Arc<DownloadSnapshot>| {
                // The last one is published by the engine, together with what follows from it.
                if snapshot.state.is_active() {
                    published.publish_running(Arc::clone(snapshot));
                }
            };
            let ended = retry_loop::run(&context, request.into(), &switch, None, &mut observe);
            Done::Download(id, Ok(Box::new(ended)))
        };
        let broken = move |words| Done::Download(id, Err(words));
        self.threads
            .spawn(format!("download-{}", id.0), job, broken);
    }

    pub(crate) fn cancel(&mut self, id: DownloadId) {
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        if let Some(attempt) = &mut owned.attempt {
            attempt.cancelled = true;
            let cancel = attempt.cancel.clone();
            self.halt(id, &DownloadState::Cancelling, &cancel);
        } else if self.state(id) != Some(DownloadState::Finished) {
            self.queue.retain(|waiting| *waiting != id);
            self.drop_what_came(id);
        }
    }

    fn drop_what_came(&mut self, id: DownloadId) {
        self.discard(id);
        self.set_state(id, &DownloadState::Cancelled);
    }

    /// Deletes what an attempt that did not finish left on the disk.
    fn discard(&mut self, id: DownloadId) {
        let now = self.published.download(id);
        let target = now.as_ref().and_then(|now| now.path.as_deref());
        let owned = self.downloads.get_mut(&id);
        if let Some(kept) = owned.and_then(|owned| owned.take_kept(target)) {
            kept.discard();
        }
    }

    pub(crate) fn begin_anew(&mut self, id: DownloadId) {
        let Some(now) = self.published.download(id) else {
            return;
        };
        if now.state.is_active() || now.state == DownloadState::Finished {
            return;
        }
        self.discard(id);
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        owned.request.same_file = false;
        self.ask_again(id, &now, None);
    }

    /// Puts a download at the end of the queue as if it were new, but for its log.
    /// `path` is where what is kept of it was to go.
    fn ask_again(&mut self, id: DownloadId, before: &DownloadSnapshot, path: Option<PathBuf>) {
        let Some(owned) = self.downloads.get(&id) else {
            return;
        };
        let asked = DownloadSnapshot::asked(id, &owned.request, owned.added);
        self.published.publish(Arc::new(DownloadSnapshot {
            path,
            log: Arc::clone(&before.log),
            ..asked
        }));
        self.changed = true;
        self.queue.retain(|waiting| *waiting != id);
        self.queue.push_back(id);
        self.fill();
    }

    pub(crate) fn change(&mut self, id: DownloadId, mut request: DownloadSpec) {
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        let unfinished = self
            .published
            .download(id)
            .filter(|now| now.state.can_resume());
        let Some(now) = unfinished.filter(|_| owned.attempt.is_none()) else {
            return;
        };
        let target = now.path.as_deref();
        let place = |request: &DownloadSpec| {
            target_path::resolve(&request.destination, &request.source.name()).0
        };
        let wanted = place(&request);
        let stays = wanted == place(&owned.request) || Some(wanted.as_path()) == target;
        if owned.request.source == request.source {
            request.mirrors.clone_from(&owned.request.mirrors);
            request.checksum.clone_from(&owned.request.checksum);
            request.name.clone_from(&owned.request.name);
            request.len = owned.request.len;
            request.pieces.clone_from(&owned.request.pieces);
            request.same_file = owned.request.same_file;
        } else if let Some(target) = target.filter(|target| stays && owned.has_kept(Some(target))) {
            // The new link goes on with what the old one brought.
            request.destination = Destination::File(target.to_owned());
            request.same_file = true;
        }
        if !stays {
            self.discard(id);
        }
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        owned.request = request;
        let path = now.path.clone().filter(|_| stays);
        self.ask_again(id, &now, path);
    }

    pub(crate) fn download_ended(&mut self, id: DownloadId, ended: Result<Box<Finished>, String>) {
        let Some(owned) = self.downloads.get_mut(&id) else {
            return;
        };
        let attempt = owned.attempt.take();
        let is_cancelled = attempt.is_some_and(|attempt| attempt.cancelled);
        match ended {
            Ok(ended) => {
                owned.kept = ended.kept;
                if is_cancelled && ended.result.is_err() {
                    self.published.publish_running(ended.last);
                    self.drop_what_came(id);
                } else {
                    self.published.publish(ended.last);
                }
            }
            Err(_) if is_cancelled => self.drop_what_came(id),
            Err(words) => self.set_state(id, &DownloadState::Failed(words)),
        }
        self.published.forget_timelines();
        self.changed = true;
        self.fill();
        if self.running() == 0 {
            self.kept_connections.clear();
        }
    }
}
