//! Starts, changes, cancels and ends attempts at downloads.

use std::path::PathBuf;
use std::sync::Arc;

use super::engine_thread::{EngineThread, JobResult};
use super::managed_download::RunningAttempt;
use crate::download::attempt_inputs::{AttemptInputs, Detail};
use crate::download::attempt_result::AttemptResult;
use crate::download::restart_loop;
use crate::download::running_options::RunningOptions;
use crate::download::shared_resources::SharedResources;
use crate::model::command::DownloadId;
use crate::model::http_options::ProxyChoice;
use crate::model::outcome::FetchError;
use crate::model::retry_limits::RetryLimits;
use crate::model::snapshot::{DownloadSnapshot, DownloadState};
use crate::model::spec::{Destination, DownloadSpec};
use crate::protocol::net::way_binding;
use crate::storage::target_path;
use crate::sync::cancel::CancelToken;

impl EngineThread {
    /// Starts an attempt at a download that has none.
    pub(super) fn start(&mut self, id: DownloadId) {
        let expects_small = self.is_small(id);
        let Some(download) = self
            .downloads
            .get_mut(&id)
            .filter(|download| download.attempt.is_none())
        else {
            return;
        };
        let now = self.snapshots.download(id);
        let log = now.as_ref().map(|now| Arc::clone(&now.log));
        let rate_limiter = Arc::clone(&self.rate_limiter);
        let options = Arc::new(RunningOptions::new(&download.spec, rate_limiter));
        let inputs = AttemptInputs {
            id,
            added: download.added,
            log: log.unwrap_or_else(|| Arc::from([])),
            detail: Detail::Full,
            limits: SharedResources {
                hosts: Some(Arc::clone(&self.host_limiter)),
                budget: None,
                pool: Arc::clone(&self.connection_pool),
                expects_small,
            },
            options: Some(Arc::clone(&options)),
        };
        // Published before the thread starts, which may publish a later state.
        self.snapshots.set_state(id, &DownloadState::Starting);
        self.is_dirty = true;
        let mut spec = download.spec.clone();
        spec.same_file &= download.has_partial(now.as_ref().and_then(|now| now.path.as_deref()));
        spec.per_host = self.limits.per_host;
        if self.history.is_some() {
            // The person at the window sees the outage and decides.
            spec.retry = RetryLimits::UNTIL_PAUSED;
        }
        if spec.http.proxy == ProxyChoice::Environment {
            spec.http.proxy = self.proxy.clone();
        }
        if spec.http.ways.is_empty() {
            spec.http.ways.clone_from(&self.ways);
        }
        spec.http.ways = way_binding::expand(spec.http.ways);
        let cancel = CancelToken::default();
        download.attempt = Some(RunningAttempt {
            cancel: cancel.clone(),
            options,
            is_cancelled: false,
        });
        let snapshots = Arc::clone(&self.snapshots);
        let job = move || {
            let mut observe = |snapshot: &Arc<DownloadSnapshot>| {
                // The manager publishes the last snapshot, together with its consequences.
                if snapshot.state.is_active() {
                    snapshots.publish_running(Arc::clone(snapshot));
                }
            };
            let finished = restart_loop::run(&inputs, spec.into(), &cancel, &mut observe);
            JobResult::Download(id, Ok(Box::new(finished)))
        };
        let on_failure = move |reason| JobResult::Download(id, Err(FetchError::Failed(reason)));
        let name = format!("download-{}", id.0);
        self.threads.spawn(name, job, on_failure);
    }

    /// Cancels a download and deletes its partial file.
    pub(super) fn cancel(&mut self, id: DownloadId) {
        let Some(download) = self.downloads.get_mut(&id) else {
            return;
        };
        if let Some(attempt) = &mut download.attempt {
            attempt.is_cancelled = true;
            let cancel = attempt.cancel.clone();
            self.end_attempt(id, &DownloadState::Cancelling, &cancel);
        } else if self.state(id) != Some(DownloadState::Finished) {
            self.queue.retain(|queued| *queued != id);
            self.set_cancelled(id);
        }
    }

    fn set_cancelled(&mut self, id: DownloadId) {
        self.delete_partial(id);
        self.set_state(id, &DownloadState::Cancelled);
    }

    /// Deletes the partial file of an unfinished attempt.
    fn delete_partial(&mut self, id: DownloadId) {
        let now = self.snapshots.download(id);
        let target = now.as_ref().and_then(|now| now.path.as_deref());
        if let Some(download) = self.downloads.get_mut(&id) {
            download.delete_partial(target);
        }
    }

    /// Starts an unfinished download again from its first byte.
    pub(super) fn restart(&mut self, id: DownloadId) {
        let Some(now) = self.snapshots.download(id) else {
            return;
        };
        if now.state.is_active() || now.state == DownloadState::Finished {
            return;
        }
        self.delete_partial(id);
        let Some(download) = self.downloads.get_mut(&id) else {
            return;
        };
        (download.spec.same_file, download.spec.adopt) = (false, None);
        if download.spec.source.is_redacted() {
            // It was cancelled in an earlier run of the program, which kept no secrets of it.
            let reason = "the link was signed and is not kept after a download has ended; edit the download and paste the link again";
            self.set_state(id, &DownloadState::Failed(reason.to_owned()));
            return;
        }
        self.requeue(id, &now, None, false);
    }

    /// Puts a download at the end of the queue as if it were new, but keeps its log. `path` is the
    /// target of its partial file, if that is kept. A download that `is_paused` waits to be resumed instead.
    fn requeue(
        &mut self,
        id: DownloadId,
        before: &DownloadSnapshot,
        path: Option<PathBuf>,
        is_paused: bool,
    ) {
        let Some(download) = self.downloads.get(&id) else {
            return;
        };
        let mut requested = DownloadSnapshot::requested(id, &download.spec, download.added);
        let waits = self.start_times.insert(id, download.spec.start_at) || is_paused;
        if waits {
            requested.set_state(DownloadState::Paused);
        }
        self.snapshots.publish(Arc::new(DownloadSnapshot {
            path,
            log: Arc::clone(&before.log),
            ..requested
        }));
        self.is_dirty = true;
        if waits {
            self.queue.retain(|queued| *queued != id);
        } else {
            self.enqueue(id);
        }
        self.start_queued();
    }

    /// Replaces the specification of an unfinished download, and queues it or leaves it paused.
    pub(super) fn change(&mut self, id: DownloadId, mut spec: DownloadSpec, is_paused: bool) {
        let Some(download) = self.downloads.get_mut(&id) else {
            return;
        };
        let unfinished = self
            .snapshots
            .download(id)
            .filter(|now| now.state.can_resume());
        let Some(now) = unfinished.filter(|_| download.attempt.is_none()) else {
            return;
        };
        let target = now.path.as_deref();
        let target_of =
            |spec: &DownloadSpec| target_path::resolve(&spec.destination, &spec.source.name()).0;
        let new_target = target_of(&spec);
        let keeps_target =
            new_target == target_of(&download.spec) || Some(new_target.as_path()) == target;
        if download.spec.source == spec.source {
            spec.mirrors.clone_from(&download.spec.mirrors);
            spec.checksum.clone_from(&download.spec.checksum);
            spec.name.clone_from(&download.spec.name);
            spec.len = download.spec.len;
            spec.pieces.clone_from(&download.spec.pieces);
            spec.same_file = download.spec.same_file;
            spec.remote_time = download.spec.remote_time;
            spec.find_checksums = download.spec.find_checksums;
            spec.adopt.clone_from(&download.spec.adopt);
        } else if let Some(target) =
            target.filter(|target| keeps_target && download.has_partial(Some(target)))
        {
            // The new source resumes the partial file of the old one.
            spec.destination = Destination::File(target.to_owned());
            spec.same_file = true;
        }
        spec.priority = download.spec.priority;
        spec.lasting_id = download.spec.lasting_id;
        // Credentials stay with the host that they were given for.
        if spec.http.is_default() && spec.source.host() == download.spec.source.host() {
            spec.http.clone_from(&download.spec.http);
        }
        let is_same_source = download.spec.source == spec.source;
        let moved = target
            .filter(|_| is_same_source && !keeps_target)
            .and_then(|target| download.move_partial(target, &new_target));
        if !keeps_target && moved.is_none() {
            self.delete_partial(id);
        }
        let Some(download) = self.downloads.get_mut(&id) else {
            return;
        };
        download.spec = spec;
        let path = moved.or_else(|| now.path.clone().filter(|_| keeps_target));
        self.requeue(id, &now, path, is_paused);
    }

    /// Handles the end of an attempt. An error means that its thread did not run to the end.
    pub(super) fn on_attempt_ended(
        &mut self,
        id: DownloadId,
        result: Result<Box<AttemptResult>, FetchError>,
    ) {
        let Some(download) = self.downloads.get_mut(&id) else {
            return;
        };
        let attempt = download.attempt.take();
        let is_cancelled = attempt.is_some_and(|attempt| attempt.is_cancelled);
        match result {
            Ok(finished) => {
                if finished.result.is_ok()
                    && let Some(len) = finished.last.len
                {
                    self.small_file_servers.record(&download.spec.source, len);
                }
                download.partial = finished.partial;
                if is_cancelled && finished.result.is_err() {
                    self.snapshots.publish_running(finished.last);
                    self.set_cancelled(id);
                } else {
                    self.snapshots.publish(finished.last);
                }
            }
            Err(_) if is_cancelled => self.set_cancelled(id),
            Err(error) => self.set_state(id, &DownloadState::failed(error)),
        }
        self.keep_recording(id);
        self.snapshots.drop_old_timelines(None);
        self.publish_hosts();
        self.is_dirty = true;
        self.start_queued();
        if self.running() == 0 {
            self.connection_pool.clear();
        }
    }
}
