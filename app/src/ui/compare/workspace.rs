//! The workspace: the current experiments and overlaid saved ones.

use std::sync::Arc;

use crate::lab::Experiment;
use crate::lab::export::ExperimentGroup;
use crate::lab::store::save_slot::SaveSlot;
use crate::ui::format;

/// Maximum number of overlays.
const MAX_OVERLAYS: usize = 4;

/// The shown experiments.
#[derive(Default)]
pub(crate) struct Workspace {
    /// The current experiments; several if they ran side by side.
    pub experiments: Vec<Arc<Experiment>>,
    /// File of the current experiments in the store; empty before they are saved.
    pub file: String,
    /// The same file, for the jobs that save them.
    pub save_slot: Arc<SaveSlot>,
    /// Name of the current experiments; empty if they have none.
    pub name: String,
    /// Overlaid saved experiments.
    pub overlays: Vec<Overlay>,
}

/// Saved experiments that are overlaid on the current ones.
pub(crate) struct Overlay {
    /// File in the store.
    pub file: String,
    /// Name.
    pub name: String,
    /// The experiments.
    pub experiments: Vec<Arc<Experiment>>,
}

impl Workspace {
    /// Returns whether runs are outstanding.
    pub(crate) fn is_running(&self) -> bool {
        self.experiments.iter().any(|one| one.state.is_running())
    }

    /// Returns whether there are finished results to save and export.
    pub(crate) fn has_results(&self) -> bool {
        !self.is_running() && self.experiments.iter().any(|one| !one.runs.is_empty())
    }

    /// Overlays saved experiments on the current ones.
    ///
    /// # Errors
    /// Returns a message for the user if they vary another quantity or there are too many overlays.
    pub(crate) fn add_overlay(
        &mut self,
        file: String,
        kept: ExperimentGroup,
    ) -> Result<(), String> {
        if self.overlays.len() >= MAX_OVERLAYS {
            return Err(format!(
                "At most {MAX_OVERLAYS} experiments can be overlaid; remove one first"
            ));
        }
        let variable = self.experiments.first().map(|one| &one.plan.sweep);
        let first = kept.experiments.first().map(|one| &one.plan.sweep);
        if let (Some(variable), Some(first)) = (variable, first)
            && !variable.is_comparable_with(first)
        {
            return Err(format!(
                "Cannot overlay: that experiment varies {}, the current one {}",
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

    /// Removes an overlay; returns whether it existed.
    pub(crate) fn remove_overlay(&mut self, file: &str) -> bool {
        let before = self.overlays.len();
        self.overlays.retain(|overlay| overlay.file != file);
        self.overlays.len() < before
    }

    /// Returns the number of finished runs and the total.
    pub(super) fn progress(&self) -> (usize, usize) {
        let made = self.experiments.iter().map(|one| one.done()).sum();
        let total = self.experiments.iter().map(|one| one.total).sum();
        (made, total)
    }

    /// Returns the estimated remaining time in seconds; `None` until each experiment has finished a
    /// run.
    pub(super) fn left_secs(&self) -> Option<f64> {
        self.experiments.iter().map(|one| one.left_secs()).sum()
    }
}

/// Returns the title of an experiment without a name: its time, or its file.
fn title(one: &Experiment) -> String {
    match one.made_secs {
        0 => lanes_engine::one_line(&one.plan.source.name()).into_owned(),
        secs => format::minute(secs),
    }
}
