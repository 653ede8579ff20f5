//! Which downloads the table shows, and in which order. Worked out when something changed, not once
//! a frame: a list of a thousand scrolls as smoothly as one of ten.

use std::cmp::Ordering;
use std::sync::Arc;

use super::file_category::Kind;
use crate::engine::{DownloadId, DownloadSnapshot, DownloadState, Snapshot};

/// What the table can be sorted by.
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

/// Which states are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    #[default]
    All,
    Active,
    Waiting,
    Paused,
    Finished,
    Failed,
}

impl Standing {
    pub const ALL: [Self; 6] = [
        Self::All,
        Self::Active,
        Self::Waiting,
        Self::Paused,
        Self::Finished,
        Self::Failed,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::All => "Any state",
            Self::Active => "Active",
            Self::Waiting => "Waiting",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Failed => "Failed",
        }
    }

    fn takes(self, state: &DownloadState) -> bool {
        match self {
            Self::All => true,
            Self::Active => state.is_active(),
            Self::Waiting => *state == DownloadState::Waiting,
            Self::Paused => *state == DownloadState::Paused,
            Self::Finished => *state == DownloadState::Finished,
            Self::Failed => matches!(state, DownloadState::Failed(_) | DownloadState::Cancelled),
        }
    }
}

/// What is shown and how it is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    /// Parts of a name or link, all of which must be there.
    pub text: String,
    pub standing: Standing,
    pub kind: Option<Kind>,
    pub column: Column,
    pub descending: bool,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            text: String::new(),
            standing: Standing::All,
            kind: None,
            column: Column::Added,
            descending: true,
        }
    }
}

impl Wish {
    /// Whether anything may be hidden.
    pub fn filters(&self) -> bool {
        !self.text.trim().is_empty() || self.standing != Standing::All || self.kind.is_some()
    }

    /// Shows everything.
    pub fn clear(&mut self) {
        *self = Self {
            column: self.column,
            descending: self.descending,
            ..Self::default()
        };
    }

    /// Sorts by a column; by the one that it is sorted by already, the other way round.
    pub fn sort_by(&mut self, column: Column) {
        self.descending = if self.column == column {
            !self.descending
        } else {
            // Names are looked for from A on, numbers from the largest.
            column != Column::Name
        };
        self.column = column;
    }

    fn takes(&self, parts: &[String], download: &DownloadSnapshot) -> bool {
        let has = |part: &String| {
            download.name.to_lowercase().contains(part)
                || download.source.to_lowercase().contains(part)
        };
        self.standing.takes(&download.state)
            && self
                .kind
                .is_none_or(|kind| Kind::of(&download.name) == kind)
            && parts.iter().all(has)
    }

    fn compare(&self, a: &DownloadSnapshot, b: &DownloadSnapshot) -> Ordering {
        let order = match self.column {
            Column::Name => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
            Column::Size => a.len.cmp(&b.len),
            Column::Progress => {
                let share = |d: &DownloadSnapshot| d.progress().unwrap_or(-1.0);
                share(a).total_cmp(&share(b))
            }
            Column::Rate => a.rate.total_cmp(&b.rate),
            Column::Left => a.left.cmp(&b.left),
            Column::Connections => a.alive().cmp(&b.alive()),
            Column::Added => a.id.cmp(&b.id),
        };
        // Equals stand in the order in which they were added, and never jump.
        let order = order.then(a.id.cmp(&b.id));
        if self.descending {
            order.reverse()
        } else {
            order
        }
    }
}

/// The rows of the table.
#[derive(Debug, Default)]
pub(super) struct View {
    made_of: Option<(u64, Wish)>,
    rows: Vec<Arc<DownloadSnapshot>>,
}

impl View {
    /// Brings the rows up to date; true when they had to be made anew.
    pub fn update(&mut self, snapshot: &Snapshot, wish: &Wish) -> bool {
        let is_same =
            |(revision, made): &(u64, Wish)| *revision == snapshot.revision && made == wish;
        if self.made_of.as_ref().is_some_and(is_same) {
            return false;
        }
        let text = wish.text.to_lowercase();
        let parts: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let shown = snapshot.downloads.iter().filter(|d| wish.takes(&parts, d));
        self.rows = shown.cloned().collect();
        self.rows.sort_by(|a, b| wish.compare(a, b));
        self.made_of = Some((snapshot.revision, wish.clone()));
        true
    }

    /// The rows, from the top.
    pub fn rows(&self) -> &[Arc<DownloadSnapshot>] {
        &self.rows
    }

    /// Where a download stands.
    pub fn position(&self, id: DownloadId) -> Option<usize> {
        self.rows.iter().position(|row| row.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::engine::Request;

    fn download(number: u64, name: &str, len: u64, state: DownloadState) -> Arc<DownloadSnapshot> {
        let source = format!("lanes://host/{name}").parse().unwrap();
        let request = Request::new(source);
        let now = SystemTime::UNIX_EPOCH;
        Arc::new(DownloadSnapshot {
            len: Some(len),
            state,
            ..DownloadSnapshot::asked(DownloadId(number), &request, now)
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

    fn names(wish: &Wish) -> Vec<String> {
        let mut view = View::default();
        view.update(&snapshot(1), wish);
        view.rows().iter().map(|row| row.name.clone()).collect()
    }

    #[test]
    fn the_table_is_filtered_by_text_state_and_kind() {
        let mut wish = Wish::default();
        assert_eq!(names(&wish), ["c.jpg", "A.zip", "b.jpg"]);
        wish.text = " HOST jpg".into();
        assert_eq!(names(&wish), ["c.jpg", "b.jpg"]);
        wish.standing = Standing::Failed;
        assert_eq!(names(&wish), ["c.jpg"]);
        wish.clear();
        wish.kind = Some(Kind::Archive);
        assert_eq!(names(&wish), ["A.zip"]);
        assert!(wish.filters());
    }

    #[test]
    fn a_column_sorts_and_the_same_again_sorts_the_other_way_round() {
        let mut wish = Wish::default();
        wish.sort_by(Column::Name);
        assert_eq!(names(&wish), ["A.zip", "b.jpg", "c.jpg"]);
        wish.sort_by(Column::Size);
        assert_eq!(names(&wish), ["b.jpg", "c.jpg", "A.zip"]);
        wish.sort_by(Column::Size);
        assert_eq!(names(&wish), ["A.zip", "c.jpg", "b.jpg"]);
    }

    #[test]
    fn rows_are_made_anew_only_when_something_changed() {
        let mut view = View::default();
        let mut wish = Wish::default();
        assert!(view.update(&snapshot(1), &wish));
        assert!(!view.update(&snapshot(1), &wish));
        assert!(view.update(&snapshot(2), &wish));
        wish.text = "x".into();
        assert!(view.update(&snapshot(2), &wish));
        assert_eq!(view.position(DownloadId(1)), None);
    }
}
