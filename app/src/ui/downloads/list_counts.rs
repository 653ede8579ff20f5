//! The number of downloads by state and by kind of file, for the filters.

use super::file_category::FileCategory;
use super::table_filter::StateFilter;
use lanes_engine::{DownloadState, Snapshot};

/// Counts of one snapshot.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct ListCounts {
    states: [usize; StateFilter::ALL.len()],
    categories: [usize; FileCategory::ALL.len()],
    /// Number of downloads that can be paused.
    pub pausable: usize,
}

impl ListCounts {
    /// Counts the downloads of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut counts = Self::default();
        for download in &snapshot.downloads {
            let filters = StateFilter::ALL.iter().zip(&mut counts.states);
            for (filter, count) in filters {
                *count += usize::from(filter.matches(&download.state));
            }
            counts.categories[FileCategory::of(&download.name) as usize] += 1;
            let is_pausable = match download.state {
                DownloadState::Queued => true,
                ref state => state.is_active() && !state.is_ending(),
            };
            counts.pausable += usize::from(is_pausable);
        }
        counts
    }

    /// Returns the number of downloads that a filter shows.
    pub fn in_state(&self, filter: StateFilter) -> usize {
        self.states[filter as usize]
    }

    /// Returns the number of files of a kind.
    pub fn of_kind(&self, category: FileCategory) -> usize {
        self.categories[category as usize]
    }
}
