//! The filtered and sorted rows of the table, rebuilt only when the snapshot or the filter has
//! changed.

use std::collections::HashMap;
use std::sync::Arc;

use super::list_counts::ListCounts;
use super::table_filter::TableFilter;
use lanes_engine::{DownloadId, DownloadSnapshot, Snapshot};

/// The rows of the table.
#[derive(Debug, Default)]
pub(super) struct TableRows {
    built_from: Option<(u64, TableFilter)>,
    rows: Vec<Arc<DownloadSnapshot>>,
    counts: ListCounts,
    /// Place of each queued download.
    queue: HashMap<DownloadId, usize>,
}

impl TableRows {
    /// Rebuilds the rows if needed; returns whether it did.
    pub fn update(&mut self, snapshot: &Snapshot, filter: &TableFilter) -> bool {
        let is_same = |(revision, made): &(u64, TableFilter)| {
            *revision == snapshot.revision && made == filter
        };
        if self.built_from.as_ref().is_some_and(is_same) {
            return false;
        }
        if self
            .built_from
            .as_ref()
            .is_none_or(|(revision, _)| *revision != snapshot.revision)
        {
            self.counts = ListCounts::of(snapshot);
            self.queue = snapshot.queue.iter().copied().zip(0..).collect();
        }
        let text = filter.text.to_lowercase();
        let parts: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let shown = snapshot
            .downloads
            .iter()
            .filter(|d| filter.matches(&parts, d));
        self.rows = shown.cloned().collect();
        let queue = &self.queue;
        self.rows.sort_by(|a, b| filter.order(a, b, queue));
        self.built_from = Some((snapshot.revision, filter.clone()));
        true
    }

    /// Returns the rows from top to bottom.
    pub fn rows(&self) -> &[Arc<DownloadSnapshot>] {
        &self.rows
    }

    /// Returns the numbers of downloads by state and kind.
    pub fn counts(&self) -> &ListCounts {
        &self.counts
    }

    /// Returns the place of a queued download, from 0.
    pub fn queue_place(&self, id: DownloadId) -> Option<usize> {
        self.queue.get(&id).copied()
    }

    /// Returns the row index of a download.
    pub fn position(&self, id: DownloadId) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::ui::downloads::file_category::FileCategory;
    use crate::ui::downloads::table_filter::{Column, StateFilter};
    use lanes_engine::{DownloadSpec, DownloadState};

    fn download(number: u64, name: &str, len: u64, state: DownloadState) -> Arc<DownloadSnapshot> {
        let source = format!("lanes://host/{name}").parse().unwrap();
        let request = DownloadSpec::new(source);
        let now = SystemTime::UNIX_EPOCH;
        Arc::new(DownloadSnapshot {
            len: Some(len),
            state,
            ..DownloadSnapshot::requested(DownloadId(number), &request, now)
        })
    }

    fn snapshot(revision: u64) -> Snapshot {
        let failed = DownloadState::Failed("why".into());
        Snapshot {
            downloads: vec![
                download(1, "b.jpg", 300, DownloadState::Finished),
                download(2, "A.zip", 100, DownloadState::Running),
                download(3, "c.jpg", 100, failed),
            ],
            revision,
            ..Snapshot::default()
        }
    }

    fn names(filter: &TableFilter) -> Vec<String> {
        let mut rows = TableRows::default();
        rows.update(&snapshot(1), filter);
        rows.rows().iter().map(|row| row.name.clone()).collect()
    }

    #[test]
    fn the_table_filters_by_text_state_and_category() {
        let mut filter = TableFilter::default();
        assert_eq!(names(&filter), ["c.jpg", "A.zip", "b.jpg"]);
        filter.text = " HOST jpg".into();
        assert_eq!(names(&filter), ["c.jpg", "b.jpg"]);
        filter.state_filter = StateFilter::Failed;
        assert_eq!(names(&filter), ["c.jpg"]);
        filter.clear();
        filter.category = Some(FileCategory::Archive);
        assert_eq!(names(&filter), ["A.zip"]);
        assert!(filter.is_active());
    }

    #[test]
    fn sorting_by_the_same_column_again_reverses_the_order() {
        let mut filter = TableFilter::default();
        filter.sort_by(Column::Name);
        assert_eq!(names(&filter), ["A.zip", "b.jpg", "c.jpg"]);
        filter.sort_by(Column::Size);
        assert_eq!(names(&filter), ["b.jpg", "c.jpg", "A.zip"]);
        filter.sort_by(Column::Size);
        assert_eq!(names(&filter), ["A.zip", "c.jpg", "b.jpg"]);
    }

    #[test]
    fn rows_are_rebuilt_only_after_a_change() {
        let mut rows = TableRows::default();
        let mut filter = TableFilter::default();
        assert!(rows.update(&snapshot(1), &filter));
        assert!(!rows.update(&snapshot(1), &filter));
        assert!(rows.update(&snapshot(2), &filter));
        filter.text = "x".into();
        assert!(rows.update(&snapshot(2), &filter));
        assert_eq!(rows.position(DownloadId(1)), None);
    }
}
