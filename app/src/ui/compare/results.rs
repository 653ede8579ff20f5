//! What came of it, in words.

use eframe::egui::{Label, RichText, Ui};

use super::link_form::link_name;
use crate::lab::limit;
use crate::lab::warnings::warnings;
use crate::lab::words;
use crate::lab::{Experiment, ExperimentState};
use crate::ui::app::Action;
use crate::ui::background::{Format, Purpose};
use crate::ui::format;
use crate::ui::tokens::{Palette, STEP};
use crate::ui::widgets::controls;

/// Before the first experiment.
pub(super) fn empty_ui(ui: &mut Ui, started: bool) {
    ui.add_space((ui.available_height() * 0.25).min(160.0));
    ui.vertical_centered(|ui| {
        if started {
            ui.label(controls::big("Starting"));
            return;
        }
        ui.label(controls::big("Do more connections help?"));
        ui.add_space(8.0);
        ui.label("Run downloads the file several times over each number of connections");
        ui.label("and plots how long it took");
    });
}

pub(super) fn ui(ui: &mut Ui, experiment: &Experiment, running: bool) {
    if let ExperimentState::Failed(words) = &experiment.state {
        ui.label(RichText::new("It could not go on").heading());
        ui.colored_label(Palette::of(ui).bad, words);
    }
    if !experiment.verdict.is_empty() {
        best_ui(ui, experiment, running);
        let verdict = format::unbroken(&experiment.verdict);
        ui.add(Label::new(verdict).wrap());
    } else if running {
        ui.label(controls::small(ui, "The first results appear as runs end"));
    }
    why_ui(ui, experiment);
    if experiment.state == ExperimentState::Cancelled {
        ui.label(controls::small(ui, "Cancelled: the runs made so far stand"));
    }
}

/// The value that did best, if one surely did.
fn best_ui(ui: &mut Ui, experiment: &Experiment, running: bool) {
    let words = if running { "Best so far" } else { "Best" };
    ui.label(controls::small(ui, words));
    match experiment.best() {
        Some(best) => {
            let name = words::named_value(&experiment.plan.variable, best.value);
            ui.label(controls::big(name));
            ui.label(format!("{} median", words::time(best.median_secs)));
        }
        None => {
            ui.label(controls::big("None for sure"));
        }
    }
    ui.add_space(8.0);
}

/// Which limit binds, and over which link.
fn why_ui(ui: &mut Ui, experiment: &Experiment) {
    let (Some(limit), Some(link)) = (limit::sentence(experiment), experiment.plan.emulated())
    else {
        return;
    };
    ui.add_space(8.0);
    ui.label(controls::small(ui, "Why"));
    let limit = format::unbroken(&format::capital(&limit));
    ui.add(Label::new(limit).wrap());
    let link = format!("By the model of the link: {}", link_name(link));
    let link = controls::small(ui, link);
    ui.add(Label::new(link).wrap());
}

/// What in the figures is to be doubted.
pub(super) fn warnings_ui(ui: &mut Ui, experiment: &Experiment) {
    let warnings = warnings(experiment);
    if warnings.is_empty() {
        return;
    }
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.add_space(12.0);
    for warning in warnings {
        let words = RichText::new(warning).small().color(Palette::of(ui).warn);
        ui.add(Label::new(words).wrap());
    }
}

/// Whether there is something to export.
pub(super) fn can_export(experiment: &Experiment) -> bool {
    !experiment.state.is_running() && !experiment.runs.is_empty()
}

/// Where to, and as what. The path is a field too: not every system has a dialog.
pub(super) fn export_ui(
    ui: &mut Ui,
    folder: &mut String,
    saves_in: &str,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    controls::group(ui, "Export to", |ui, label| {
        ui.horizontal(|ui| {
            let button = 88.0;
            let width = ui.available_width() - button - STEP;
            controls::field(ui, folder, label, saves_in, width);
            if controls::wide_button(ui, "Choose…", button, !dialog_is_open).clicked() {
                actions.push(Action::Ask(Purpose::ExportFolder));
            }
        });
    });
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 2.0 * STEP) / 3.0;
        for format in Format::ALL {
            let button = controls::wide_button(ui, format.name(), width, true);
            if button.on_hover_text("Ctrl+S exports all three").clicked() {
                actions.push(Action::Export(vec![format], folder.clone()));
            }
        }
    });
}
