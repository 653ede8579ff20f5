//! What lies on the bench: the experiments at hand, and kept ones laid over them.

use std::sync::Arc;

use crate::lab::Experiment;

/// What the screen shows.
#[derive(Default)]
pub(crate) struct Bench {
    /// The experiments at hand: one, or several that were made side by side.
    pub experiments: Vec<Arc<Experiment>>,
    /// The file they are kept in, once they are; empty before.
    pub file: String,
    /// The name they are kept under; empty where they have none.
    pub name: String,
    /// Kept ones that are laid over them.
    pub laid: Vec<Laid>,
}

/// Kept experiments that are laid over those at hand.
pub(crate) struct Laid {
    /// The file they are kept in.
    pub file: String,
    /// Their name.
    pub name: String,
    /// The experiments.
    pub experiments: Vec<Arc<Experiment>>,
}

impl Bench {
    /// Whether runs are still to come.
    pub(crate) fn is_running(&self) -> bool {
        self.experiments.iter().any(|one| one.state.is_running())
    }

    /// Whether there is something to keep and to export.
    pub(crate) fn has_results(&self) -> bool {
        !self.is_running() && self.experiments.iter().any(|one| !one.runs.is_empty())
    }

    /// Runs made so far, and how many there will be.
    pub(super) fn progress(&self) -> (usize, usize) {
        let made = self.experiments.iter().map(|one| one.runs.len()).sum();
        let total = self.experiments.iter().map(|one| one.total).sum();
        (made, total)
    }

    /// How long the rest takes, in seconds; `None` before each experiment has had a run.
    pub(super) fn left_secs(&self) -> Option<f64> {
        self.experiments.iter().map(|one| one.left_secs()).sum()
    }
}
