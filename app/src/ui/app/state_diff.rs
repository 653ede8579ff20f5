//! Detects what has changed between two snapshots, for messages and notifications.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use lanes_engine::{DownloadId, DownloadSnapshot, DownloadState, Snapshot};

/// State of a download in the last snapshot.
struct LastState {
    is_active: bool,
    /// Time of the last log line. It reveals a download that started and ended between two
    /// snapshots; one from an earlier program start has no log.
    last: Option<SystemTime>,
}

/// Compares each snapshot with the one before.
#[derive(Default)]
pub(super) struct StateDiff {
    revision: u64,
    last_states: HashMap<DownloadId, LastState>,
    remarks: usize,
}

/// A change worth reporting.
pub(super) enum StateChange {
    /// A download finished or failed.
    Ended(Arc<DownloadSnapshot>),
    /// The engine has a remark about its list of downloads.
    Remark(String),
}

impl StateDiff {
    /// Returns the changes since the last call. Returns early if the snapshot is the same.
    pub fn changes(&mut self, snapshot: &Snapshot) -> Vec<StateChange> {
        if snapshot.revision == self.revision {
            return Vec::new();
        }
        self.revision = snapshot.revision;
        let remarks = snapshot.notices.get(self.remarks..).unwrap_or_default();
        let mut changes: Vec<StateChange> =
            remarks.iter().cloned().map(StateChange::Remark).collect();
        self.remarks = snapshot.notices.len();
        let mut last_states = HashMap::with_capacity(snapshot.downloads.len());
        for download in &snapshot.downloads {
            let now = LastState {
                is_active: download.state.is_active() || download.state == DownloadState::Queued,
                last: download.log.last().map(|line| line.at),
            };
            let before = self.last_states.get(&download.id);
            let ran = before.is_some_and(|before| before.is_active)
                || now.last != before.and_then(|before| before.last);
            let ended = matches!(
                download.state,
                DownloadState::Finished | DownloadState::Failed(_)
            );
            if ran && ended {
                changes.push(StateChange::Ended(Arc::clone(download)));
            }
            last_states.insert(download.id, now);
        }
        self.last_states = last_states;
        changes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use lanes_engine::{DownloadSpec, LogLine};

    fn snapshot(revision: u64, state: DownloadState) -> Snapshot {
        let request = DownloadSpec::new("lanes://host/x".parse().unwrap());
        let asked = DownloadSnapshot::requested(DownloadId(1), &request, SystemTime::UNIX_EPOCH);
        Snapshot {
            downloads: vec![Arc::new(DownloadSnapshot { state, ..asked })],
            revision,
            ..Snapshot::default()
        }
    }

    #[test]
    fn an_ended_download_is_reported_once_and_earlier_ones_never() {
        let mut diff = StateDiff::default();
        assert!(
            diff.changes(&snapshot(1, DownloadState::Finished))
                .is_empty()
        );
        assert!(
            diff.changes(&snapshot(2, DownloadState::Running))
                .is_empty()
        );
        let failed = snapshot(3, DownloadState::Failed("why".into()));
        assert!(matches!(diff.changes(&failed)[..], [StateChange::Ended(_)]));
        assert!(diff.changes(&failed).is_empty());
        let mut remarked = snapshot(4, DownloadState::Paused);
        remarked.notices.push("the list is new".into());
        assert!(matches!(
            diff.changes(&remarked)[..],
            [StateChange::Remark(_)]
        ));
    }

    #[test]
    fn a_download_that_ran_between_two_snapshots_is_reported() {
        let ended_at = |revision, secs| {
            let mut now = snapshot(revision, DownloadState::Finished);
            let line = LogLine {
                at: SystemTime::UNIX_EPOCH + Duration::from_secs(secs),
                since_start: Duration::ZERO,
                text: "Finished".into(),
                is_warning: false,
                count: 1,
            };
            Arc::make_mut(&mut now.downloads[0]).log = Arc::from([line]);
            now
        };
        let mut diff = StateDiff::default();
        assert_eq!(diff.changes(&ended_at(1, 1)).len(), 1);
        assert!(diff.changes(&ended_at(2, 1)).is_empty());
        assert_eq!(diff.changes(&ended_at(3, 2)).len(), 1, "once more");
    }
}
