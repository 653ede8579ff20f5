//! A view of the engine's downloads in the order that clients expect.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use lanes_engine::{DownloadId, DownloadSnapshot, DownloadState, Engine, Snapshot, Source};

use super::{uris_of, waiting_order};
use crate::rpc::gid::Gid;
use crate::rpc::job::{Attempt, Job, Phase, Progress};
use crate::rpc::notify::Event;
use crate::rpc::options::Options;
use crate::rpc::queue::Queue;
use crate::rpc::target;

/// Most downloads that were removed and are still told to clients.
const MAX_REMOVED: usize = 1000;

/// The downloads of the engine, and those that clients know besides.
#[derive(Default)]
pub(super) struct Listing {
    pub queue: Queue,
    /// Downloads that the engine does not have yet: they wait for an answer, or were given to it just now.
    expected: Vec<Gid>,
    known: HashMap<DownloadId, (Gid, Arc<DownloadSnapshot>)>,
    ids: HashMap<Gid, DownloadId>,
    revision: Option<u64>,
}

impl Listing {
    /// Returns the latest snapshot of a download of the engine.
    pub(super) fn snapshot(&self, gid: Gid) -> Option<&Arc<DownloadSnapshot>> {
        let id = self.ids.get(&gid)?;
        self.known.get(id).map(|(_, snapshot)| snapshot)
    }

    /// Returns the id that clients know a download of the engine by.
    pub(super) fn gid(&self, id: DownloadId) -> Option<Gid> {
        self.known.get(&id).map(|(gid, _)| *gid)
    }

    /// Takes over a snapshot of the engine. `pending` is the phase that a download shows while a change waits.
    /// Returns what clients are told.
    pub(super) fn update(
        &mut self,
        now: &Snapshot,
        engine: &Engine,
        pending: impl Fn(DownloadId) -> Option<Phase>,
    ) -> Vec<(Event, Gid)> {
        let is_first = self.revision.is_none();
        let mut events = Vec::new();
        self.revision = Some(now.revision);
        for snapshot in &now.downloads {
            let phase = pending(snapshot.id);
            let is_same = self.known.get(&snapshot.id).is_some_and(|(gid, before)| {
                let job = self.queue.job(*gid);
                let shown = phase.clone().unwrap_or_else(|| phase_of(&snapshot.state));
                Arc::ptr_eq(before, snapshot) && job.is_some_and(|job| job.phase == shown)
            });
            if !is_same {
                self.observe(snapshot, engine, phase, &mut events);
            }
        }
        if self.known.len() > now.downloads.len() {
            self.drop_gone(now, &mut events);
        }
        self.arrange(now);
        match is_first {
            true => Vec::new(),
            false => events,
        }
    }

    fn observe(
        &mut self,
        snapshot: &Arc<DownloadSnapshot>,
        engine: &Engine,
        pending: Option<Phase>,
        events: &mut Vec<(Event, Gid)>,
    ) {
        let known = self.known.get(&snapshot.id).map(|(gid, _)| *gid);
        let gid = known.unwrap_or_else(|| {
            snapshot
                .lasting_id
                .map_or_else(Gid::random, Gid::of_lasting)
        });
        let phase = pending.unwrap_or_else(|| phase_of(&snapshot.state));
        self.known.insert(snapshot.id, (gid, Arc::clone(snapshot)));
        self.ids.insert(gid, snapshot.id);
        self.expected.retain(|expected| *expected != gid);
        if self.queue.job(gid).is_none() {
            let job = new_job(gid, snapshot, &phase, engine);
            self.queue.insert(job, None);
        }
        let Some(job) = self.queue.job_mut(gid) else {
            return;
        };
        let before = match known {
            Some(_) => (job.phase.clone(), job.is_active()),
            None if phase == Phase::Paused => (Phase::Paused, false),
            None => (Phase::Queued, false),
        };
        if before.0 != phase || known.is_none() {
            job.uris = links(snapshot, job.phase == Phase::Queued || !is_ended(&phase));
        }
        job.phase = phase;
        let runs = snapshot.state.is_active();
        job.attempt = runs.then(|| Attempt {
            id: snapshot.id,
            is_stopping: snapshot.state.is_ending(),
            latest: None,
        });
        job.observe(snapshot);
        if let Some(path) = &snapshot.path {
            job.folder = folder_of(path);
        }
        let after = (job.phase.clone(), job.is_active());
        tell(gid, &before, &after, events);
        if is_ended(&after.0) {
            self.queue.set_stopped(gid);
        }
    }

    /// Handles downloads that are not in the engine's list any more.
    fn drop_gone(&mut self, now: &Snapshot, events: &mut Vec<(Event, Gid)>) {
        let present: HashSet<DownloadId> = now.downloads.iter().map(|one| one.id).collect();
        let gone = self.known.extract_if(|id, _| !present.contains(id));
        let gone: Vec<Gid> = gone.map(|(_, (gid, _))| gid).collect();
        for gid in gone {
            self.ids.remove(&gid);
            match self.queue.job(gid).map(|job| job.phase.clone()) {
                // The user has removed it from the list.
                Some(Phase::Queued | Phase::Paused) => {
                    self.set_removed(gid);
                    events.push((Event::Stop, gid));
                }
                // A client has removed it, and may ask about it.
                Some(Phase::Removed) => {}
                _ => self.queue.forget(gid),
            }
        }
    }

    /// Shows a download as removed that the engine does not hold.
    pub(super) fn set_removed(&mut self, gid: Gid) {
        self.expected.retain(|expected| *expected != gid);
        if let Some(job) = self.queue.job_mut(gid) {
            (job.phase, job.attempt) = (Phase::Removed, None);
        }
        self.queue.set_stopped(gid);
        let ids = &self.ids;
        let mut removed = self
            .queue
            .stopped
            .iter()
            .filter(|gid| !ids.contains_key(gid));
        let oldest = removed.next().copied();
        if removed.count() >= MAX_REMOVED
            && let Some(oldest) = oldest
        {
            self.queue.forget(oldest);
        }
    }

    /// Adds a download that the engine does not have yet, at `position` among those that wait or behind them.
    pub(super) fn expect(&mut self, job: Job, position: Option<usize>) {
        self.expected.push(job.gid);
        self.queue.insert(job, position);
    }

    /// Returns whether the engine does not have a download yet.
    pub(super) fn is_expected(&self, gid: Gid) -> bool {
        self.expected.contains(&gid)
    }

    fn arrange(&mut self, now: &Snapshot) {
        let (mut active, mut waiting) = (Vec::new(), Vec::new());
        let listed = now
            .downloads
            .iter()
            .filter_map(|one| self.known.get(&one.id));
        for (gid, _) in listed {
            match self.queue.job(*gid) {
                Some(job) if job.is_active() => active.push(*gid),
                Some(job) if job.is_unfinished() => waiting.push(*gid),
                _ => {}
            }
        }
        waiting.extend(&self.expected);
        let engine_queue = now.queue.iter().filter_map(|id| self.gid(*id));
        let waiting = waiting_order::arranged(&self.queue, waiting, engine_queue);
        self.queue.arrange(active, waiting);
    }
}

fn new_job(gid: Gid, snapshot: &DownloadSnapshot, phase: &Phase, engine: &Engine) -> Job {
    // Only the specification tells where the file of a download will be that has had no response yet.
    let spec = match snapshot.path {
        Some(_) => None,
        None => engine.spec(snapshot.id),
    };
    let (folder, expected_path) = spec.as_ref().map(target::of).unwrap_or_default();
    let uris = spec.as_ref().map(uris_of);
    Job {
        gid,
        uris: uris.unwrap_or_else(|| links(snapshot, !is_ended(phase))),
        options: Options::default(),
        phase: phase.clone(),
        progress: Progress::default(),
        folder,
        expected_path,
        attempt: None,
    }
}

/// Returns the links of a download. Those of one that has ended may be secrets, and are shown without queries.
fn links(snapshot: &DownloadSnapshot, with_secrets: bool) -> Vec<String> {
    let link = |source: &Source| match with_secrets {
        true => source.full_link(),
        false => source.to_string(),
    };
    let sources = std::iter::once(&snapshot.source).chain(&snapshot.mirrors);
    sources.map(link).collect()
}

fn folder_of(path: &Path) -> String {
    path.parent().unwrap_or(path).display().to_string()
}

fn is_ended(phase: &Phase) -> bool {
    !matches!(phase, Phase::Queued | Phase::Paused)
}

fn phase_of(state: &DownloadState) -> Phase {
    match state {
        DownloadState::Queued
        | DownloadState::Starting
        | DownloadState::Running
        | DownloadState::Verifying => Phase::Queued,
        DownloadState::Pausing | DownloadState::Paused => Phase::Paused,
        DownloadState::Finished => Phase::Complete,
        DownloadState::Failed(reason) => Phase::Failed(reason.clone()),
        DownloadState::Cancelling | DownloadState::Cancelled => Phase::Removed,
    }
}

/// Adds the events of a change of phase and of running.
fn tell(gid: Gid, before: &(Phase, bool), after: &(Phase, bool), events: &mut Vec<(Event, Gid)>) {
    let ran_between = !before.1 && matches!(after.0, Phase::Complete) && !is_ended(&before.0);
    if after.1 && !before.1 || ran_between {
        events.push((Event::Start, gid));
    }
    if before.0 == after.0 {
        return;
    }
    match &after.0 {
        Phase::Queued => {}
        Phase::Paused => events.push((Event::Pause, gid)),
        Phase::Complete => events.push((Event::Complete, gid)),
        Phase::Failed(_) => events.push((Event::Error, gid)),
        Phase::Removed => events.push((Event::Stop, gid)),
    }
}
