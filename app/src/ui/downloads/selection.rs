//! Which rows of the table are chosen: one, or several.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::{DownloadId, DownloadSnapshot, Snapshot};

/// The chosen rows, as in any list: a plain click chooses one, with Ctrl one more or one less, with
/// Shift all up to there.
#[derive(Debug, Default)]
pub(super) struct Selection {
    chosen: BTreeSet<DownloadId>,
    /// Where the keyboard is; its row is the one that is shown in full.
    cursor: Option<DownloadId>,
    /// From where a click with Shift reaches.
    anchor: Option<DownloadId>,
}

/// How a row was pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Plain,
    /// With Ctrl.
    Toggle,
    /// With Shift.
    Extend,
}

impl Selection {
    /// The row that is shown in full.
    pub fn cursor(&self) -> Option<DownloadId> {
        self.cursor
    }

    /// Whether a row is chosen.
    pub fn has(&self, id: DownloadId) -> bool {
        self.chosen.contains(&id)
    }

    /// How many rows are chosen.
    pub fn len(&self) -> usize {
        self.chosen.len()
    }

    /// The chosen downloads, oldest first.
    pub fn of<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = &'a Arc<DownloadSnapshot>> {
        snapshot.downloads.iter().filter(|d| self.has(d.id))
    }

    /// Chooses one row and no other.
    pub fn choose(&mut self, id: DownloadId) {
        self.chosen = [id].into();
        self.cursor = Some(id);
        self.anchor = Some(id);
    }

    /// A row was pointed at, or the keyboard came to it.
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

    /// Chooses every row.
    pub fn all(&mut self, rows: &[Arc<DownloadSnapshot>]) {
        self.chosen = rows.iter().map(|row| row.id).collect();
        self.cursor = self.cursor.or(rows.first().map(|row| row.id));
    }

    /// Moves the keyboard by `steps` rows, as far as there are any.
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

    /// Lets go of what is gone or hidden. When nothing is left, the row that is where the cursor was
    /// is next, or the first.
    pub fn reconcile(&mut self, rows: &[Arc<DownloadSnapshot>], was_at: usize) {
        self.chosen
            .retain(|id| rows.iter().any(|row| row.id == *id));
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
    use crate::engine::Request;

    fn rows(numbers: &[u64]) -> Vec<Arc<DownloadSnapshot>> {
        let request = Request::new("lanes://host/x".parse().unwrap());
        let row = |number: &u64| {
            Arc::new(DownloadSnapshot::asked(
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
    fn clicks_choose_as_in_any_list() {
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
    fn the_keyboard_moves_within_the_rows() {
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
    fn when_the_chosen_row_goes_the_next_is_chosen() {
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
