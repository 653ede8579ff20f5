//! What became of downloads since the last look, for messages about what nobody was looking at.

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::{DownloadId, DownloadSnapshot, DownloadState, Snapshot};

/// Remembers how downloads stood.
#[derive(Default)]
pub(super) struct Watch {
    revision: u64,
    was_active: HashMap<DownloadId, bool>,
    remarks: usize,
}

/// What happened.
pub(super) enum News {
    /// It ended, well or with a reason.
    Ended(Arc<DownloadSnapshot>),
    /// Something of the list itself is worth knowing.
    Remark(String),
}

impl Watch {
    /// What happened since the last call. Costs nothing when the snapshot is the same.
    pub fn news(&mut self, snapshot: &Snapshot) -> Vec<News> {
        if snapshot.revision == self.revision {
            return Vec::new();
        }
        self.revision = snapshot.revision;
        let remarks = snapshot.remarks.get(self.remarks..).unwrap_or_default();
        let mut news: Vec<News> = remarks.iter().cloned().map(News::Remark).collect();
        self.remarks = snapshot.remarks.len();
        let mut was_active = HashMap::with_capacity(snapshot.downloads.len());
        for download in &snapshot.downloads {
            let runs = download.state.is_active() || download.state == DownloadState::Waiting;
            let ran = self.was_active.get(&download.id) == Some(&true);
            let ended = matches!(
                download.state,
                DownloadState::Finished | DownloadState::Failed(_)
            );
            if ran && ended {
                news.push(News::Ended(Arc::clone(download)));
            }
            was_active.insert(download.id, runs);
        }
        self.was_active = was_active;
        news
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::engine::Request;

    fn snapshot(revision: u64, state: DownloadState) -> Snapshot {
        let request = Request::new("lanes://host/x".parse().unwrap());
        let asked = DownloadSnapshot::asked(DownloadId(1), &request, SystemTime::UNIX_EPOCH);
        Snapshot {
            downloads: vec![Arc::new(DownloadSnapshot { state, ..asked })],
            revision,
            ..Snapshot::default()
        }
    }

    #[test]
    fn an_end_is_told_once_and_what_ended_before_is_not_news() {
        let mut watch = Watch::default();
        assert!(watch.news(&snapshot(1, DownloadState::Finished)).is_empty());
        assert!(watch.news(&snapshot(2, DownloadState::Running)).is_empty());
        let failed = snapshot(3, DownloadState::Failed("why".into()));
        assert!(matches!(watch.news(&failed)[..], [News::Ended(_)]));
        assert!(watch.news(&failed).is_empty());
        let mut remarked = snapshot(4, DownloadState::Paused);
        remarked.remarks.push("the list is new".into());
        assert!(matches!(watch.news(&remarked)[..], [News::Remark(_)]));
    }
}
