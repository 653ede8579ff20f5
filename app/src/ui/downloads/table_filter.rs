//! The filter and the sort order of the downloads table.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::file_category::FileCategory;
use lanes_engine::{DownloadId, DownloadSnapshot, DownloadState};

/// A column to sort by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Size,
    Progress,
    Rate,
    Left,
    Connections,
    Added,
    /// The order of the queue, in which the queued downloads are shown unless another is chosen.
    Queue,
}

/// A filter by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum StateFilter {
    #[default]
    All,
    Active,
    Waiting,
    Paused,
    Finished,
    Failed,
}

impl StateFilter {
    pub const ALL: [Self; 6] = [
        Self::All,
        Self::Active,
        Self::Waiting,
        Self::Paused,
        Self::Finished,
        Self::Failed,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Active => "Active",
            Self::Waiting => "Queued",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Failed => "Failed",
        }
    }

    /// Returns whether downloads in this state are shown.
    pub fn matches(self, state: &DownloadState) -> bool {
        match self {
            Self::All => true,
            Self::Active => state.is_active(),
            Self::Waiting => *state == DownloadState::Queued,
            Self::Paused => *state == DownloadState::Paused,
            Self::Finished => *state == DownloadState::Finished,
            Self::Failed => matches!(state, DownloadState::Failed(_) | DownloadState::Cancelled),
        }
    }
}

/// The filter and sort order of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableFilter {
    /// Words that must all occur in the name or link.
    pub text: String,
    pub state_filter: StateFilter,
    pub category: Option<FileCategory>,
    pub column: Column,
    pub descending: bool,
    /// The queued downloads are sorted by the column too.
    sorts_queue: bool,
}

impl Default for TableFilter {
    fn default() -> Self {
        Self {
            text: String::new(),
            state_filter: StateFilter::All,
            category: None,
            column: Column::Added,
            descending: true,
            sorts_queue: false,
        }
    }
}

impl TableFilter {
    /// Returns whether the filter may hide rows.
    pub fn is_active(&self) -> bool {
        !self.text.trim().is_empty()
            || self.state_filter != StateFilter::All
            || self.category.is_some()
    }

    /// Resets the filter and keeps the sort order.
    pub fn clear(&mut self) {
        *self = Self {
            column: self.column,
            descending: self.descending,
            ..Self::default()
        };
    }

    /// Shows the downloads in a state; the queued ones in the order of the queue.
    pub fn show_state(&mut self, state: StateFilter) {
        self.state_filter = state;
        self.sorts_queue = false;
    }

    /// Returns the column that sorts the rows, and whether the order is descending.
    pub fn order_in_force(&self) -> (Column, bool) {
        match self.state_filter == StateFilter::Waiting && !self.sorts_queue {
            true => (Column::Queue, false),
            false => (self.column, self.descending),
        }
    }

    /// Sorts by a column, or reverses the order if it already sorts by it.
    pub fn sort_by(&mut self, column: Column) {
        self.sorts_queue = true;
        self.descending = if self.column == column {
            !self.descending
        } else {
            // Names sort ascending first, numbers descending.
            column != Column::Name
        };
        self.column = column;
    }

    pub fn matches(&self, parts: &[String], download: &DownloadSnapshot) -> bool {
        let has = |part: &String| {
            download.name.to_lowercase().contains(part)
                || download.source.to_string().to_lowercase().contains(part)
        };
        self.state_filter.matches(&download.state)
            && self
                .category
                .is_none_or(|category| FileCategory::of(&download.name) == category)
            && parts.iter().all(has)
    }

    /// Compares two rows; `queue` has the places of the queued downloads.
    pub fn order(
        &self,
        a: &DownloadSnapshot,
        b: &DownloadSnapshot,
        queue: &HashMap<DownloadId, usize>,
    ) -> Ordering {
        let (column, descending) = self.order_in_force();
        let order = match column {
            Column::Name => name_key(a).cmp(name_key(b)),
            Column::Size => a.len.cmp(&b.len),
            Column::Progress => {
                let share = |d: &DownloadSnapshot| d.progress().unwrap_or(-1.0);
                share(a).total_cmp(&share(b))
            }
            Column::Rate => a.rate.total_cmp(&b.rate),
            Column::Left => a.time_left.cmp(&b.time_left),
            Column::Connections => a.open_connections().cmp(&b.open_connections()),
            Column::Added => a.id.cmp(&b.id),
            Column::Queue => {
                let place = |d: &DownloadSnapshot| queue.get(&d.id).copied().unwrap_or(usize::MAX);
                place(a).cmp(&place(b))
            }
        };
        // Ties keep the order in which they were added, so rows do not jump.
        let order = order.then(a.id.cmp(&b.id));
        if descending { order.reverse() } else { order }
    }
}

/// Returns the characters of a name by which rows are sorted: without regard to case, and without a copy.
fn name_key(download: &DownloadSnapshot) -> impl Iterator<Item = char> + '_ {
    download.name.chars().flat_map(char::to_lowercase)
}
