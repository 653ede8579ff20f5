//! Changes options of single downloads, also while they run.

use super::engine_thread::EngineThread;
use crate::model::command::DownloadId;
use crate::model::option_change::OptionChange;
use crate::model::snapshot::DownloadState;
use crate::model::spec::MAX_CONNECTIONS;

impl EngineThread {
    /// Changes an option of an unfinished download, and of its attempt if it runs.
    pub(super) fn change_option(&mut self, id: DownloadId, mut change: OptionChange) {
        if let OptionChange::Connections(choice) = &mut change {
            choice.count = choice.count.clamp(1, MAX_CONNECTIONS);
        }
        let is_over = |state| matches!(state, DownloadState::Finished | DownloadState::Cancelled);
        if self.state(id).is_none_or(is_over) {
            return;
        }
        let Some(download) = self.downloads.get_mut(&id) else {
            return;
        };
        let spec = &mut download.spec;
        match change {
            OptionChange::RateLimit(limit) => spec.rate_limit = limit,
            OptionChange::Priority(priority) => spec.priority = priority,
            OptionChange::Connections(choice) => {
                (spec.connections, spec.auto) = (choice.count, choice.auto);
            }
        }
        if let Some(attempt) = &download.attempt {
            attempt.options.change(change);
        }
        let is_idle = download.attempt.is_none();
        let spec = &download.spec;
        let (limit, priority) = (spec.rate_limit, spec.priority);
        let (connections, auto_limit) = (spec.max_connections(), spec.auto_limit());
        self.snapshots.update(id, |shown| {
            (shown.rate_limit, shown.priority) = (limit, priority);
            if is_idle {
                (shown.target_connections, shown.auto_limit) = (connections, auto_limit);
            }
        });
        if matches!(change, OptionChange::Priority(_)) && self.queue.contains(&id) {
            self.enqueue(id);
        }
        self.is_dirty = true;
    }
}
