//! The interface of the window: clients see and steer the downloads of its engine.
//!
//! 1. The engine owns the downloads. `listing` keeps a view of its snapshots in the order that clients expect, and
//!    tells which have changed.
//! 2. A change is a command to the engine. The call waits until the engine's thread has handled it, so that the
//!    answer and the next call see its effect.
//! 3. Without a token the user is asked before anything is downloaded (`questions`).

mod calls;
mod changes;
mod interface;
mod listing;
mod options_of;
mod questions;
mod queue_moves;
mod settings;
mod waiting_order;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanes_engine::{Command, DownloadId, DownloadSpec, DownloadState, Engine, Waker};

use super::gid::Gid;
use super::job::Phase;
use super::notify::Notifier;
use super::options::Options;
use super::save_root::SaveRoot;
use super::stop_signal::StopSignal;
use listing::Listing;

pub(crate) use interface::{Config, WakeSlot, WindowInterface};
pub(crate) use options_of::{options_of, uris_of};
pub(crate) use questions::{Answer, Question};
pub(crate) use settings::WindowSettings;

/// Shortest time between two looks at the engine.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// The downloads of the window, as calls see them.
pub(super) struct WindowDownloads {
    engine: Arc<Engine>,
    state: Mutex<State>,
    questions: Mutex<Vec<Question>>,
    settings: Mutex<settings::Shared>,
    /// Set if clients need a token; without one the user is asked.
    has_token: bool,
    root: SaveRoot,
    signal: Arc<StopSignal>,
    notifier: Notifier,
    session_id: String,
    wake_window: Waker,
}

/// The lock's content.
struct State {
    listing: Listing,
    /// Changes that wait until the attempt of a download has ended.
    pending: HashMap<DownloadId, Pending>,
    /// Options that clients have set for all downloads. They are not saved.
    global: Options,
    /// Defaults of all options.
    defaults: Options,
}

/// A change that waits until an attempt has ended.
enum Pending {
    Resume,
    Change(Box<DownloadSpec>),
    /// A change of a paused download, which stays paused.
    ChangePaused(Box<DownloadSpec>),
    Remove,
}

impl WindowDownloads {
    /// Follows the engine until the signal: notifies clients, and makes the changes that wait.
    fn run(&self) {
        while self.signal.wait_for_news() {
            drop(self.current());
            if self.signal.wait_stopped(LOOK_INTERVAL) {
                break;
            }
        }
    }

    /// Locks the downloads and brings them up to date.
    fn current(&self) -> MutexGuard<'_, State> {
        // Safe after a panic: each change keeps the state consistent.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.take_answers(&mut state);
        self.refresh(&mut state);
        state
    }

    /// Takes over the engine's snapshots.
    fn refresh(&self, state: &mut State) {
        let now = self.engine.snapshot();
        let State {
            listing, pending, ..
        } = state;
        let events = listing.update(&now, &self.engine, |id| pending.get(&id).map(shown));
        for (event, gid) in events {
            self.notifier.publish(event, gid);
        }
        if pending.is_empty() {
            return;
        }
        let is_over = |id: &DownloadId| {
            let state = now.download(*id).map(|download| &download.state);
            state.is_none_or(|state| !state.is_active())
        };
        let over: Vec<DownloadId> = pending.keys().copied().filter(is_over).collect();
        let mut queued = HashMap::new();
        for id in over {
            let command = match pending.remove(&id) {
                Some(Pending::Resume) => Command::Resume(id),
                Some(Pending::Change(spec)) => Command::Change(id, spec),
                Some(Pending::ChangePaused(spec)) => Command::ChangePaused(id, spec),
                Some(Pending::Remove) => Command::Remove(id),
                None => continue,
            };
            self.engine.send(command);
            queued.extend(listing.gid(id).map(|gid| (gid, id)));
        }
        self.keep_places(listing, &queued);
    }

    /// Waits until the engine has handled all commands, and takes over their effect.
    fn settle(&self, state: &mut State) {
        let _ = self.engine.spec(DownloadId(0));
        let had_changes = !state.pending.is_empty();
        self.refresh(state);
        if had_changes {
            // Changes of downloads that did not run were made at once.
            let _ = self.engine.spec(DownloadId(0));
            self.refresh(state);
        }
    }

    /// Ends an attempt, if there is one, and then makes the change.
    fn end_then(&self, state: &mut State, id: DownloadId, change: Pending) {
        self.engine.send(Command::Pause(id));
        state.pending.insert(id, change);
        self.settle(state);
    }

    /// Starts a download for a client. Returns its id in the engine.
    fn start(&self, spec: DownloadSpec, is_paused: bool) -> DownloadId {
        match is_paused {
            true => self.engine.add_paused(spec),
            false => self.engine.add(spec),
        }
    }

    /// Returns a download of the engine, and its state.
    fn engine_download(&self, state: &State, gid: Gid) -> Option<(DownloadId, DownloadState)> {
        let snapshot = state.listing.snapshot(gid)?;
        Some((snapshot.id, snapshot.state.clone()))
    }
}

/// Returns the phase of a download that clients see while a change waits.
fn shown(pending: &Pending) -> Phase {
    match pending {
        Pending::Resume | Pending::Change(_) => Phase::Queued,
        Pending::ChangePaused(_) => Phase::Paused,
        Pending::Remove => Phase::Removed,
    }
}
