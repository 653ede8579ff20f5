//! The progress bar of a comparison.

use eframe::egui::Ui;

use super::workspace::Workspace;
use crate::lab::ExperimentState;
use crate::lab::report::format as lab_format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::controls;

/// Draws the progress and the estimated remaining time.
pub(super) fn ui(ui: &mut Ui, workspace: &Workspace) {
    let (made, total) = workspace.progress();
    let total = total.max(1);
    let warms_up = workspace
        .experiments
        .iter()
        .all(|one| one.state == ExperimentState::WarmingUp);
    let words = if warms_up {
        "Warm-up run (not counted)".to_owned()
    } else {
        let run = (made + 1).min(total);
        match workspace.left_secs().map(lab_format::estimate) {
            Some(left) => format!("Run {run} of {total}, about {left} left"),
            None => format!("Run {run} of {total}"),
        }
    };
    ui.add_space(4.0);
    let accent = Palette::of(ui).accent;
    bar(
        ui,
        "Progress of the comparison",
        Some(made as f32 / total as f32),
        accent,
    );
    ui.label(controls::small(ui, words));
}
