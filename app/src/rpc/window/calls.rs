//! Calls of clients as commands to the engine.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, MutexGuard};

use lanes_engine::{
    Command, Destination, DownloadId, DownloadSpec, DownloadState, Limits, MAX_CONNECTIONS,
};
use serde_json::Value;

use super::questions::MAX_QUESTIONS;
use super::{Pending, Question, State, WindowDownloads, options_of, uris_of};
use crate::rpc::backend::{Backend, NewDownload, PauseKind, UriChange};
use crate::rpc::download_spec;
use crate::rpc::gid::Gid;
use crate::rpc::job::{Job, Phase, Progress};
use crate::rpc::notify::{Event, Notifier};
use crate::rpc::options::{OptionError, Options};
use crate::rpc::queue::{Anchor, MAX_UNFINISHED, Queue};
use crate::rpc::rpc_error::RpcError;
use crate::rpc::stop_signal::StopSignal;
use crate::rpc::target;

/// Most downloads that run at once, as in the settings of the window.
const MAX_RUNNING: u64 = 64;

/// The locked queue of the window.
struct Current<'a>(MutexGuard<'a, State>);

impl Deref for Current<'_> {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        &self.0.listing.queue
    }
}

impl Backend for WindowDownloads {
    fn signal(&self) -> &Arc<StopSignal> {
        &self.signal
    }

    fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    fn session_id(&self) -> &str {
        &self.session_id
    }

    fn queue(&self) -> Box<dyn Deref<Target = Queue> + '_> {
        Box::new(Current(self.current()))
    }

    fn add(
        &self,
        downloads: Vec<NewDownload>,
        _position: Option<usize>,
    ) -> Result<Vec<Gid>, RpcError> {
        let mut state = self.current();
        if state.listing.queue.unfinished() + downloads.len() > MAX_UNFINISHED {
            return Err(RpcError::QueueFull(MAX_UNFINISHED));
        }
        // All are checked before one is added.
        let mut gids = HashSet::new();
        let prepared = downloads.into_iter().map(|download| {
            let question = self.prepare(&state, download)?;
            match gids.insert(question.gid) {
                true => Ok(question),
                false => Err(OptionError::GidTaken(question.gid.to_string()).into()),
            }
        });
        let prepared: Vec<Question> = prepared.collect::<Result<_, RpcError>>()?;
        let gids = prepared.iter().map(|question| question.gid).collect();
        if self.has_token {
            for new in prepared {
                self.start(new.spec, new.is_paused);
            }
            self.settle(&mut state);
        } else {
            self.ask(&mut state, prepared)?;
        }
        Ok(gids)
    }

    fn pause(&self, gid: &str, kind: PauseKind) -> Result<Gid, RpcError> {
        let mut state = self.current();
        let gid = state.listing.queue.find(gid)?;
        match self.set_paused(&mut state, gid, kind) {
            true => {
                self.settle(&mut state);
                Ok(gid)
            }
            false => Err(RpcError::CannotNow(
                gid,
                match kind {
                    PauseKind::Pause => "paused",
                    PauseKind::Unpause => "unpaused",
                },
            )),
        }
    }

    fn pause_all(&self, kind: PauseKind) {
        let mut state = self.current();
        let queue = &state.listing.queue;
        // Those that wait come first when they are paused, so that none starts in between.
        let all = match kind {
            PauseKind::Pause => [&queue.waiting[..], &queue.active].concat(),
            PauseKind::Unpause => queue.waiting.clone(),
        };
        for gid in all {
            self.set_paused(&mut state, gid, kind);
        }
        self.settle(&mut state);
    }

    fn remove(&self, gid: &str) -> Result<Gid, RpcError> {
        let mut state = self.current();
        let gid = state.listing.queue.find(gid)?;
        let job = state.listing.queue.job(gid);
        if !job.is_some_and(Job::is_unfinished) {
            return Err(RpcError::NotActive(gid));
        }
        if state.listing.is_asked(gid) {
            self.read_questions(|questions| questions.retain(|question| question.gid != gid));
            state.listing.set_removed(gid);
            self.notifier.publish(Event::Stop, gid);
            (self.wake_window)();
        } else if let Some((id, _)) = self.engine_download(&state, gid) {
            self.end_then(&mut state, id, Pending::Remove);
        }
        Ok(gid)
    }

    fn remove_result(&self, gid: &str) -> Result<(), RpcError> {
        let mut state = self.current();
        let gid = state.listing.queue.find(gid)?;
        let job = state.listing.queue.job(gid);
        if job.is_none_or(Job::is_unfinished) {
            return Err(RpcError::NoResult(gid));
        }
        self.forget(&mut state, gid);
        self.settle(&mut state);
        Ok(())
    }

    fn purge_results(&self) {
        let mut state = self.current();
        let all: Vec<Gid> = state.listing.queue.stopped.iter().copied().collect();
        for gid in all {
            self.forget(&mut state, gid);
        }
        self.settle(&mut state);
    }

    fn reposition(&self, gid: &str, _offset: i64, _anchor: Anchor) -> Result<usize, RpcError> {
        self.current().listing.queue.find(gid)?;
        Err(RpcError::OrderOfWindow)
    }

    fn options(&self, gid: &str) -> Result<Value, RpcError> {
        let state = self.current();
        let gid = state.listing.queue.find(gid)?;
        let spec = self.spec(&state, gid);
        let own = spec.as_ref().map(options_of).unwrap_or_default();
        let base = state.global.over(&self.limit_options());
        Ok(own.over(&base).over(&state.defaults).to_json())
    }

    fn change_options(&self, gid: &str, mut changes: Options) -> Result<(), RpcError> {
        self.check_token()?;
        let mut state = self.current();
        let gid = state.listing.queue.find(gid)?;
        for fixed in ["gid", "pause"] {
            changes.remove(fixed);
        }
        let (id, spec) = self
            .changeable(&state, gid)
            .ok_or(RpcError::CannotChange(gid))?;
        let options = changes.over(&options_of(&spec));
        if options == options_of(&spec) {
            return Ok(());
        }
        let is_moved = ["dir", "out"]
            .iter()
            .any(|name| changes.get_any(name).is_some());
        let new = self.changed(&spec, &uris_of(&spec), options, is_moved)?;
        self.replace(&mut state, gid, id, new);
        Ok(())
    }

    fn change_uris(&self, gid: &str, change: UriChange) -> Result<(usize, usize), RpcError> {
        self.check_token()?;
        let mut state = self.current();
        let gid = state.listing.queue.find(gid)?;
        let (id, spec) = self
            .changeable(&state, gid)
            .ok_or(RpcError::CannotChangeUris(gid))?;
        let mut uris = uris_of(&spec);
        let counts = change.apply(&mut uris);
        let new = self.changed(&spec, &uris, options_of(&spec), false)?;
        self.replace(&mut state, gid, id, new);
        Ok(counts)
    }

    fn global_options(&self) -> Value {
        let state = self.current();
        let limits = self.limit_options();
        let set = state.global.over(&state.defaults);
        limits.over(&set).to_json()
    }

    fn change_global_options(&self, changes: &Options) -> Result<(), RpcError> {
        self.check_token()?;
        let mut state = self.current();
        let mut limits = self.read_settings(|settings| settings.now.limits);
        let running = changes.number("max-concurrent-downloads", (1, MAX_RUNNING))?;
        let per_host = changes.number("max-connection-per-server", (1, u64::MAX))?;
        changes.number("split", (1, u64::MAX))?;
        changes.rate("max-download-limit")?;
        self.root.folder(changes.get("dir"))?;
        if let Some(number) = running {
            limits.downloads = number as usize;
        }
        if let Some(number) = per_host {
            limits.per_host = number.min(u64::from(MAX_CONNECTIONS)) as u16;
        }
        if changes.get_any("max-overall-download-limit").is_some() {
            limits.bytes_per_sec = changes.rate("max-overall-download-limit")?;
        }
        let mut global = changes.clone();
        for of_window in [
            "max-concurrent-downloads",
            "max-connection-per-server",
            "max-overall-download-limit",
        ] {
            global.remove(of_window);
        }
        state.global.extend(global);
        self.set_limits(limits);
        Ok(())
    }

    fn save_all(&self) -> Result<(), RpcError> {
        // The engine saves each change by itself.
        Ok(())
    }
}

impl WindowDownloads {
    fn check_token(&self) -> Result<(), RpcError> {
        match self.has_token {
            true => Ok(()),
            false => Err(RpcError::NeedsToken),
        }
    }

    fn prepare(&self, state: &State, download: NewDownload) -> Result<Question, RpcError> {
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

    fn ask(&self, state: &mut State, new: Vec<Question>) -> Result<(), RpcError> {
        let jobs: Vec<Job> = new.iter().map(waiting_job).collect();
        self.read_questions(|questions| {
            if questions.len() + new.len() > MAX_QUESTIONS {
                return Err(RpcError::TooManyQuestions(questions.len()));
            }
            questions.extend(new);
            Ok(())
        })?;
        for job in jobs {
            state.listing.ask(job);
        }
        (self.wake_window)();
        Ok(())
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
    fn forget(&self, state: &mut State, gid: Gid) {
        match self.engine_download(state, gid) {
            Some((id, now)) if now.is_active() => {
                state.pending.insert(id, Pending::Remove);
            }
            Some((id, _)) => self.engine.send(Command::Remove(id)),
            None => state.listing.queue.forget(gid),
        }
    }

    /// Returns what a download fetches.
    fn spec(&self, state: &State, gid: Gid) -> Option<DownloadSpec> {
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
    fn changeable(&self, state: &State, gid: Gid) -> Option<(DownloadId, DownloadSpec)> {
        let job = state.listing.queue.job(gid)?;
        let (id, _) = self.engine_download(state, gid)?;
        let spec = self.engine.spec(id);
        spec.filter(|_| job.is_unfinished()).map(|spec| (id, spec))
    }

    /// Returns `spec` with other links and options. The destination stays unless `is_moved`.
    fn changed(
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
    fn replace(&self, state: &mut State, gid: Gid, id: DownloadId, new: DownloadSpec) {
        let job = state.listing.queue.job(gid);
        let was_paused = job.is_some_and(|job| job.phase == Phase::Paused);
        self.end_then(state, id, Pending::Change(Box::new(new)));
        if was_paused {
            self.engine.send(Command::Pause(id));
            self.settle(state);
        }
    }

    fn set_limits(&self, limits: Limits) {
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

/// Returns a download that waits for an answer, as clients see it.
fn waiting_job(question: &Question) -> Job {
    let (folder, expected_path) = target::of(&question.spec);
    Job {
        gid: question.gid,
        uris: uris_of(&question.spec),
        options: Options::default(),
        phase: Phase::Queued,
        progress: Progress::default(),
        folder,
        expected_path,
        attempt: None,
    }
}
