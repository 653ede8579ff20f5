//! Makes downloads of what clients send, and changes downloads of the engine.

use std::collections::HashMap;
use std::sync::MutexGuard;

use lanes_engine::{Command, Destination, DownloadId, DownloadSpec, DownloadState, Limits};

use super::questions::MAX_QUESTIONS;
use super::{Pending, Question, State, WindowDownloads, uris_of};
use crate::rpc::backend::{NewDownload, PauseKind};
use crate::rpc::download_spec;
use crate::rpc::gid::Gid;
use crate::rpc::job::{Job, Phase, Progress};
use crate::rpc::options::{OptionError, Options};
use crate::rpc::rpc_error::RpcError;
use crate::rpc::target;

impl WindowDownloads {
    pub(super) fn check_token(&self) -> Result<(), RpcError> {
        match self.has_token {
            true => Ok(()),
            false => Err(RpcError::NeedsToken),
        }
    }

    /// Finds a download, which the engine has then unless it waits for an answer.
    pub(super) fn find(&self, gid: &str) -> Result<(MutexGuard<'_, State>, Gid), RpcError> {
        let mut state = self.current();
        let gid = state.listing.queue.find(gid)?;
        if state.listing.is_expected(gid) && !self.is_asked(gid) {
            self.settle(&mut state);
        }
        Ok((state, gid))
    }

    /// Returns whether a download waits for an answer.
    pub(super) fn is_asked(&self, gid: Gid) -> bool {
        self.read_questions(|questions| questions.iter().any(|question| question.gid == gid))
    }

    pub(super) fn prepare(
        &self,
        state: &State,
        download: NewDownload,
    ) -> Result<Question, RpcError> {
        let NewDownload { uris, mut options } = download;
        let wanted = options.get("gid").map(str::to_owned);
        let gid = match wanted {
            Some(text) => {
                let gid = Gid::parse(&text).ok_or(OptionError::Gid(text))?;
                if state.listing.queue.job(gid).is_some() {
                    return Err(OptionError::GidTaken(gid.to_string()).into());
                }
                gid
            }
            None => Gid::random(),
        };
        options.remove("gid");
        let is_paused = options.is_true("pause");
        let options = options.over(&state.global);
        let mut spec = download_spec::build(&uris, &options, &self.root)?;
        spec.lasting_id = Some(gid.to_lasting());
        spec.name = chosen_name(&spec);
        // The engine of the window remembers for all of its downloads.
        spec.host_memory = None;
        let settings = self.read_settings(|settings| settings.now.clone());
        if options.get("split").is_none() && options.get("max-connection-per-server").is_none() {
            (spec.connections, spec.auto) = (settings.connections, settings.auto);
        }
        spec.find_checksums = settings.finds_checksums && spec.source.lanes_server().is_none();
        Ok(Question {
            gid,
            spec,
            is_paused,
            answer: None,
        })
    }

    pub(super) fn ask(
        &self,
        state: &mut State,
        new: Vec<Question>,
        position: Option<usize>,
    ) -> Result<(), RpcError> {
        let jobs: Vec<Job> = new.iter().map(waiting_job).collect();
        self.read_questions(|questions| {
            if questions.len() + new.len() > MAX_QUESTIONS {
                return Err(RpcError::TooManyQuestions(questions.len()));
            }
            questions.extend(new);
            Ok(())
        })?;
        for (index, job) in jobs.into_iter().enumerate() {
            state
                .listing
                .expect(job, position.map(|first| first.saturating_add(index)));
        }
        (self.wake_window)();
        Ok(())
    }

    /// Gives downloads to the engine, the first of them at `position` among those that wait, if given.
    pub(super) fn start_all(&self, state: &mut State, new: Vec<Question>, position: Option<usize>) {
        if position.is_some() {
            // Those behind it must be known.
            self.settle(state);
        }
        let mut started = HashMap::new();
        for (index, question) in new.into_iter().enumerate() {
            let position = position.map(|first| first.saturating_add(index));
            state.listing.expect(waiting_job(&question), position);
            let id = self.start(question.spec, question.is_paused);
            started.insert(question.gid, id);
        }
        // Without a position, the engine takes them over soon; the answer does not wait for that.
        if position.is_some() {
            self.keep_places(&state.listing, &started);
            self.settle(state);
        }
    }

    /// Pauses downloads, or lets paused ones wait again at their places. Returns how many were in a fitting state.
    pub(super) fn set_all_paused(&self, state: &mut State, gids: &[Gid], kind: PauseKind) -> usize {
        let mut resumed = HashMap::new();
        let mut count = 0;
        for gid in gids {
            if self.set_paused(state, *gid, kind) {
                count += 1;
                let id = self.engine_download(state, *gid).map(|(id, _)| id);
                resumed.extend(id.map(|id| (*gid, id)));
            }
        }
        if kind == PauseKind::Unpause {
            self.keep_places(&state.listing, &resumed);
        }
        self.settle(state);
        count
    }

    fn set_paused(&self, state: &mut State, gid: Gid, kind: PauseKind) -> bool {
        let Some((id, now)) = self.engine_download(state, gid) else {
            return false;
        };
        let phase = state.listing.queue.job(gid).map(|job| &job.phase);
        match (kind, phase) {
            (PauseKind::Pause, Some(Phase::Queued)) => {
                state.pending.remove(&id);
                self.engine.send(Command::Pause(id));
            }
            (PauseKind::Unpause, Some(Phase::Paused)) if now == DownloadState::Pausing => {
                state.pending.insert(id, Pending::Resume);
            }
            (PauseKind::Unpause, Some(Phase::Paused)) => self.engine.send(Command::Resume(id)),
            _ => return false,
        }
        true
    }

    /// Forgets a download that has ended.
    pub(super) fn forget(&self, state: &mut State, gid: Gid) {
        match self.engine_download(state, gid) {
            Some((id, now)) if now.is_active() => {
                state.pending.insert(id, Pending::Remove);
            }
            Some((id, _)) => self.engine.send(Command::Remove(id)),
            None => state.listing.queue.forget(gid),
        }
    }

    /// Returns what a download fetches.
    pub(super) fn spec(&self, state: &State, gid: Gid) -> Option<DownloadSpec> {
        if let Some((id, _)) = self.engine_download(state, gid) {
            return self.engine.spec(id);
        }
        self.read_questions(|questions| {
            let mut questions = questions.iter();
            let found = questions.find(|question| question.gid == gid)?;
            Some(found.spec.clone())
        })
    }

    /// Returns a download of the engine that has not ended.
    pub(super) fn changeable(&self, state: &State, gid: Gid) -> Option<(DownloadId, DownloadSpec)> {
        let job = state.listing.queue.job(gid)?;
        let (id, _) = self.engine_download(state, gid)?;
        let spec = self.engine.spec(id);
        spec.filter(|_| job.is_unfinished()).map(|spec| (id, spec))
    }

    /// Returns `spec` with other links and options. The destination stays unless `is_moved`.
    pub(super) fn changed(
        &self,
        spec: &DownloadSpec,
        uris: &[String],
        mut options: Options,
        is_moved: bool,
    ) -> Result<DownloadSpec, RpcError> {
        if !is_moved {
            // The user may have chosen a folder that clients may not.
            options.remove("dir");
            options.remove("out");
        }
        let mut new = download_spec::build(uris, &options, &self.root)?;
        new.name = match is_moved {
            true => chosen_name(&new),
            false => spec.name.clone(),
        };
        if !is_moved {
            new.destination = spec.destination.clone();
        }
        new.http.cookies = spec.http.cookies.clone();
        Ok(DownloadSpec {
            auto: spec.auto && new.connections == spec.connections,
            source: new.source,
            mirrors: new.mirrors,
            destination: new.destination,
            name: new.name,
            connections: new.connections,
            rate_limit: new.rate_limit,
            checksum: new.checksum,
            remote_time: new.remote_time,
            http: new.http,
            ..spec.clone()
        })
    }

    /// Replaces what a download fetches. One that is paused stays paused.
    pub(super) fn replace(&self, state: &mut State, gid: Gid, id: DownloadId, new: DownloadSpec) {
        let job = state.listing.queue.job(gid);
        let change = match job.is_some_and(|job| job.phase == Phase::Paused) {
            true => Pending::ChangePaused,
            false => Pending::Change,
        };
        self.end_then(state, id, change(Box::new(new)));
    }

    pub(super) fn set_limits(&self, limits: Limits) {
        let is_new = self.read_settings(|settings| {
            let is_new = settings.now.limits != limits;
            settings.now.limits = limits;
            if is_new {
                settings.changed = Some(limits);
            }
            is_new
        });
        if is_new {
            self.engine.send(Command::Limit(limits));
            (self.wake_window)();
        }
    }
}

/// Returns the name that a client has chosen for the file, which the list shows before the first response.
fn chosen_name(spec: &DownloadSpec) -> Option<String> {
    let Destination::File(path) = &spec.destination else {
        return None;
    };
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// Returns a download that the engine does not have yet, as clients see it.
fn waiting_job(question: &Question) -> Job {
    let (folder, expected_path) = target::of(&question.spec);
    Job {
        gid: question.gid,
        uris: uris_of(&question.spec),
        options: Options::default(),
        phase: match question.is_paused {
            true => Phase::Paused,
            false => Phase::Queued,
        },
        progress: Progress::default(),
        folder,
        expected_path,
        attempt: None,
    }
}
