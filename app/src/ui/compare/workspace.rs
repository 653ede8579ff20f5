//! What lies on the bench: the experiments at hand, and kept ones laid over them.

use std::sync::Arc;

use crate::lab::Experiment;
use crate::lab::export::Kept;
use crate::ui::format;

/// How many kept ones can be laid over those at hand.
const MAX_OVERLAYS: usize = 4;

/// What the screen shows.
#[derive(Default)]
pub(crate) struct Workspace {
    /// The experiments at hand: one, or several that were made side by side.
    pub experiments: Vec<Arc<Experiment>>,
    /// The file they are kept in, once they are; empty before.
    pub file: String,
    /// The name they are kept under; empty where they have none.
    pub name: String,
    /// Kept ones that are laid over them.
    pub overlays: Vec<Overlay>,
}

/// Kept experiments that are laid over those at hand.
pub(crate) struct Overlay {
    /// The file they are kept in.
    pub file: String,
    /// Their name.
    pub name: String,
    /// The experiments.
    pub experiments: Vec<Arc<Experiment>>,
}

impl Workspace {
    /// Whether runs are still to come.
    pub(crate) fn is_running(&self) -> bool {
        self.experiments.iter().any(|one| one.state.is_running())
    }

    /// Whether there is something to keep and to export.
    pub(crate) fn has_results(&self) -> bool {
        !self.is_running() && self.experiments.iter().any(|one| !one.runs.is_empty())
    }

    /// Lays kept experiments over those at hand.
    ///
    /// # Errors
    /// In words, where they vary something else, or there are enough.
    pub(crate) fn add_overlay(&mut self, file: String, kept: Kept) -> Result<(), String> {
        if self.overlays.len() >= MAX_OVERLAYS {
            return Err(format!(
                "{MAX_OVERLAYS} are laid over each other: take one away first"
            ));
        }
        let variable = self.experiments.first().map(|one| &one.plan.variable);
        let first = kept.experiments.first().map(|one| &one.plan.variable);
        if let (Some(variable), Some(first)) = (variable, first)
            && !variable.is_like(first)
        {
            return Err(format!(
                "That one is by {}, this one by {}: they cannot be laid over each other",
                first.label(),
                variable.label()
            ));
        }
        let name = match &kept.name[..] {
            "" => kept
                .experiments
                .first()
                .map(|one| title(one))
                .unwrap_or_default(),
            name => name.to_owned(),
        };
        self.overlays.retain(|overlay| overlay.file != file);
        self.overlays.push(Overlay {
            file,
            name,
            experiments: kept.experiments,
        });
        Ok(())
    }

    /// Takes away what is laid over; false where it is not.
    pub(crate) fn remove_overlay(&mut self, file: &str) -> bool {
        let before = self.overlays.len();
        self.overlays.retain(|overlay| overlay.file != file);
        self.overlays.len() < before
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

/// What tells one without a name from the others: when it was made.
fn title(one: &Experiment) -> String {
    match one.made_secs {
        0 => one.plan.source.name().into_owned(),
        secs => format::minute(secs),
    }
}
