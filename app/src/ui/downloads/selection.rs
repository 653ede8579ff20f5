//! The selected rows of the table.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use lanes_engine::{DownloadId, DownloadSnapshot, Snapshot};

/// The selected rows: a click selects one row, Ctrl+click toggles a row, Shift+click extends the
/// range.
#[derive(Debug, Default)]
pub(super) struct Selection {
    chosen: BTreeSet<DownloadId>,
    /// The row of the keyboard cursor, whose details are shown.
    cursor: Option<DownloadId>,
    /// The fixed end of the range that Shift extends.
    anchor: Option<DownloadId>,
}

/// A kind of click or key press on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Plain,
    /// With the Ctrl key.
    Toggle,
    /// With the Shift key.
    Extend,
}

impl Selection {
    /// Returns the row whose details are shown.
    pub fn cursor(&self) -> Option<DownloadId> {
        self.cursor
    }

    /// Returns whether a row is selected.
    pub fn has(&self, id: DownloadId) -> bool {
        self.chosen.contains(&id)
    }

    /// Returns the number of selected rows.
    pub fn len(&self) -> usize {
        self.chosen.len()
    }

    /// Iterates over the selected downloads, oldest first.
    pub fn of<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = &'a Arc<DownloadSnapshot>> {
        snapshot.downloads.iter().filter(|d| self.has(d.id))
    }

    /// Selects one row only.
    pub fn choose(&mut self, id: DownloadId) {
        self.chosen = [id].into();
        self.cursor = Some(id);
        self.anchor = Some(id);
    }

    /// Handles a click or key press on a row.
    pub fn touch(&mut self, rows: &[Arc<DownloadSnapshot>], id: DownloadId, touch: Touch) {
        match touch {
            Touch::Plain => self.choose(id),
            Touch::Toggle => {
                if !self.chosen.remove(&id) {
                    self.chosen.insert(id);
                }
                self.cursor = self.chosen.contains(&id).then_some(id);
                self.cursor = self.cursor.or(self.chosen.last().copied());
                self.anchor = Some(id);
            }
            Touch::Extend => {
                let at = |id: DownloadId| rows.iter().position(|row| row.id == id);
                let from = self.anchor.and_then(at).unwrap_or(0);
                let to = at(id).unwrap_or(from);
                let range = &rows[from.min(to)..(from.max(to) + 1).min(rows.len())];
                self.chosen = range.iter().map(|row| row.id).collect();
                self.cursor = Some(id);
            }
        }
    }

    /// Selects all rows.
    pub fn all(&mut self, rows: &[Arc<DownloadSnapshot>]) {
        self.chosen = rows.iter().map(|row| row.id).collect();
        self.cursor = self.cursor.or(rows.first().map(|row| row.id));
    }

    /// Moves the cursor by `steps` rows, clamped to the table.
    pub fn step(&mut self, rows: &[Arc<DownloadSnapshot>], steps: isize, extend: bool) {
        let Some(last) = rows.len().checked_sub(1) else {
            return;
        };
        let now = self
            .cursor
            .and_then(|id| rows.iter().position(|row| row.id == id));
        let to = now.map_or(0, |at| at.saturating_add_signed(steps).min(last));
        let touch = if extend { Touch::Extend } else { Touch::Plain };
        self.touch(rows, rows[to].id, touch);
    }

    /// Removes rows that are gone or hidden from the selection. If it becomes empty, selects the
    /// row at the cursor's last position, or the last row.
    pub fn reconcile(&mut self, rows: &[Arc<DownloadSnapshot>], was_at: usize) {
        let shown: HashSet<DownloadId> = match self.chosen.is_empty() {
            true => HashSet::new(),
            false => rows.iter().map(|row| row.id).collect(),
        };
        self.chosen.retain(|id| shown.contains(id));
        if self.cursor.is_none_or(|id| !self.has(id)) {
            self.cursor = self.chosen.last().copied();
        }
        if self.chosen.is_empty()
            && let Some(next) = rows.get(was_at.min(rows.len().saturating_sub(1)))
        {
            self.choose(next.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use lanes_engine::DownloadSpec;

    fn rows(numbers: &[u64]) -> Vec<Arc<DownloadSnapshot>> {
        let request = DownloadSpec::new("lanes://host/x".parse().unwrap());
        let row = |number: &u64| {
            Arc::new(DownloadSnapshot::requested(
                DownloadId(*number),
                &request,
                SystemTime::UNIX_EPOCH,
            ))
        };
        numbers.iter().map(row).collect()
    }

    fn chosen(selection: &Selection) -> Vec<u64> {
        selection.chosen.iter().map(|id| id.0).collect()
    }

    #[test]
    fn clicks_select_with_ctrl_and_shift() {
        let rows = rows(&[9, 7, 5, 3]);
        let mut selection = Selection::default();
        selection.touch(&rows, DownloadId(7), Touch::Plain);
        selection.touch(&rows, DownloadId(3), Touch::Extend);
        assert_eq!(chosen(&selection), [3, 5, 7]);
        selection.touch(&rows, DownloadId(9), Touch::Extend);
        assert_eq!(chosen(&selection), [7, 9], "from the same anchor");
        selection.touch(&rows, DownloadId(3), Touch::Toggle);
        selection.touch(&rows, DownloadId(9), Touch::Toggle);
        assert_eq!(chosen(&selection), [3, 7]);
        selection.touch(&rows, DownloadId(5), Touch::Plain);
        assert_eq!(chosen(&selection), [5]);
    }

    #[test]
    fn the_cursor_stays_within_the_rows() {
        let rows = rows(&[9, 7, 5, 3]);
        let mut selection = Selection::default();
        selection.step(&rows, 1, false);
        assert_eq!(chosen(&selection), [9], "into the list");
        selection.step(&rows, 100, false);
        assert_eq!(chosen(&selection), [3]);
        selection.step(&rows, -1, true);
        selection.step(&rows, -1, true);
        assert_eq!(chosen(&selection), [3, 5, 7]);
        selection.step(&[], 1, false);
    }

    #[test]
    fn removing_the_selected_row_selects_the_next() {
        let mut selection = Selection::default();
        selection.choose(DownloadId(7));
        selection.reconcile(&rows(&[9, 5, 3]), 1);
        assert_eq!(
            (chosen(&selection), selection.cursor()),
            (vec![5], Some(DownloadId(5)))
        );
        selection.reconcile(&rows(&[9]), 1);
        assert_eq!(chosen(&selection), [9]);
        selection.reconcile(&[], 0);
        assert!(selection.chosen.is_empty() && selection.cursor().is_none());
    }
}
