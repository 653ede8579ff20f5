//! Calls of clients as commands to the engine.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, MutexGuard};

use lanes_engine::{MAX_CONNECTIONS, MAX_DOWNLOADS};
use serde_json::Value;

use super::{Pending, Question, State, WindowDownloads, options_of, uris_of};
use crate::rpc::backend::{Backend, NewDownload, PauseKind, UriChange};
use crate::rpc::gid::Gid;
use crate::rpc::job::Job;
use crate::rpc::notify::{Event, Notifier};
use crate::rpc::options::{OptionError, Options};
use crate::rpc::queue::{Anchor, Queue};
use crate::rpc::rpc_error::RpcError;
use crate::rpc::stop_signal::StopSignal;

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
        position: Option<usize>,
    ) -> Result<Vec<Gid>, RpcError> {
        let mut state = self.current();
        // More would not be there after a restart.
        if state.listing.queue.unfinished() + downloads.len() > MAX_DOWNLOADS {
            return Err(RpcError::QueueFull(MAX_DOWNLOADS));
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
        match self.has_token {
            true => self.start_all(&mut state, prepared, position),
            false => self.ask(&mut state, prepared, position)?,
        }
        Ok(gids)
    }

    fn pause(&self, gid: &str, kind: PauseKind) -> Result<Gid, RpcError> {
        let (mut state, gid) = self.find(gid)?;
        match self.set_all_paused(&mut state, &[gid], kind) {
            0 => Err(RpcError::CannotNow(
                gid,
                match kind {
                    PauseKind::Pause => "paused",
                    PauseKind::Unpause => "unpaused",
                },
            )),
            _ => Ok(gid),
        }
    }

    fn pause_all(&self, kind: PauseKind) {
        let mut state = self.current();
        self.settle(&mut state);
        let queue = &state.listing.queue;
        // Those that wait come first when they are paused, so that none starts in between.
        let all = match kind {
            PauseKind::Pause => [&queue.waiting[..], &queue.active].concat(),
            PauseKind::Unpause => queue.waiting.clone(),
        };
        self.set_all_paused(&mut state, &all, kind);
    }

    fn remove(&self, gid: &str) -> Result<Gid, RpcError> {
        let (mut state, gid) = self.find(gid)?;
        let job = state.listing.queue.job(gid);
        if !job.is_some_and(Job::is_unfinished) {
            return Err(RpcError::NotActive(gid));
        }
        if self.is_asked(gid) {
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

    fn reposition(&self, gid: &str, offset: i64, anchor: Anchor) -> Result<usize, RpcError> {
        let (mut state, gid) = self.find(gid)?;
        self.move_to(&mut state, gid, offset, anchor)
    }

    fn options(&self, gid: &str) -> Result<Value, RpcError> {
        let (state, gid) = self.find(gid)?;
        let spec = self.spec(&state, gid);
        let own = spec.as_ref().map(options_of).unwrap_or_default();
        let base = state.global.over(&self.limit_options());
        Ok(own.over(&base).over(&state.defaults).to_json())
    }

    fn change_options(&self, gid: &str, mut changes: Options) -> Result<(), RpcError> {
        self.check_token()?;
        let (mut state, gid) = self.find(gid)?;
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
        let (mut state, gid) = self.find(gid)?;
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
