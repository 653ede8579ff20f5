//! The filter and the sort order of the downloads table.

use std::cmp::Ordering;

use super::file_category::FileCategory;
use lanes_engine::{DownloadSnapshot, DownloadState};

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
}

impl Default for TableFilter {
    fn default() -> Self {
        Self {
            text: String::new(),
            state_filter: StateFilter::All,
            category: None,
            column: Column::Added,
            descending: true,
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

    /// Sorts by a column, or reverses the order if it already sorts by it.
    pub fn sort_by(&mut self, column: Column) {
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

    pub fn order(&self, a: &DownloadSnapshot, b: &DownloadSnapshot) -> Ordering {
        let order = match self.column {
            Column::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
            Column::Size => a.len.cmp(&b.len),
            Column::Progress => {
                let share = |d: &DownloadSnapshot| d.progress().unwrap_or(-1.0);
                share(a).total_cmp(&share(b))
            }
            Column::Rate => a.rate.total_cmp(&b.rate),
            Column::Left => a.time_left.cmp(&b.time_left),
            Column::Connections => a.open_connections().cmp(&b.open_connections()),
            Column::Added => a.id.cmp(&b.id),
        };
        // Ties keep the order in which they were added, so rows do not jump.
        let order = order.then(a.id.cmp(&b.id));
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }
}
