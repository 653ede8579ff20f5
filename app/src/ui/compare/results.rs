//! The conclusions of the shown experiments as text, and the export button.

use eframe::egui::{Align, Label, Layout, Popup, PopupCloseBehavior, RichText, Ui};

use super::ScreenContext;
use super::export::title_with_date;
use super::legend;
use super::series::Series;
use lanes_engine::one_line;

use crate::lab::analysis::cross_experiment;
use crate::lab::report::conclusion::conclusion;
use crate::lab::report::cost::cost;
use crate::lab::report::warnings::warnings;
use crate::lab::report::{format as lab_format, label};
use crate::lab::{Experiment, ExperimentState, Sweep};
use crate::ui::format;
use crate::ui::message::{Action, ExportFormat, Purpose};
use crate::ui::shortcut::localized;
use crate::ui::tokens::{Palette, STEP};
use crate::ui::widgets::controls;

/// Size of the finding: a headline that still fits beside the plot.
const FINDING: f32 = 22.0;

/// Draws the placeholder before the first experiment.
pub(super) fn empty_ui(ui: &mut Ui, started: bool) {
    ui.add_space((ui.available_height() * 0.25).min(160.0));
    ui.vertical_centered(|ui| {
        if started {
            ui.label(controls::big("Starting"));
            return;
        }
        ui.label(controls::big("Do more connections help?"));
        ui.add_space(8.0);
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.label("Run downloads the file several times with each number of connections");
        ui.label("and plots the completion times");
    });
}

/// Returns the cost of planned experiments; empty if the form is invalid.
pub(super) fn cost_words(planned: &[std::sync::Arc<Experiment>]) -> String {
    let planned: Vec<&Experiment> = planned.iter().map(AsRef::as_ref).collect();
    match planned.is_empty() {
        true => String::new(),
        false => cost(&planned),
    }
}

/// Draws the title of the plot: what is shown, since the form may say something else by now.
pub(super) fn title_ui(ui: &mut Ui, shown: &[Series<'_>], form_differs: bool) {
    let words = title_with_date(shown);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if form_differs {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(controls::small(ui, "The form describes another experiment"));
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    controls::truncated(ui, RichText::new(words).strong());
                });
            });
        } else {
            controls::truncated(ui, RichText::new(words).strong());
        }
    });
}

/// Draws the heading of the conclusions.
pub(super) fn heading_ui(ui: &mut Ui, shown: &[Series<'_>]) {
    let words = match shown {
        [one, ..] if one.experiment.runs.is_empty() => "Predicted",
        [one] if one.experiment.verdict().is_empty() => "",
        [one] if one.experiment.state.is_running() => "So far",
        [_] => "Finding",
        several if best(several).is_some() => "Fastest of all",
        _ => "",
    };
    ui.label(controls::small(ui, words));
}

/// Draws the conclusions.
pub(super) fn ui(ui: &mut Ui, shown: &[Series<'_>]) {
    if let [one] = shown {
        one_ui(ui, one.experiment);
        return;
    }
    if let Some(best) = best(shown) {
        let value = label::with_unit(best.sweep, best.summary.value);
        ui.add(Label::new(controls::big(shown[best.index].name.as_str())).wrap());
        let figure = match best.sweep {
            Sweep::FileSize(_) => format::rate(best.summary.throughput),
            _ => lab_format::time(best.summary.median_secs),
        };
        ui.label(format!("{figure} with {value}"));
        ui.add_space(STEP);
    }
    for one in shown {
        legend::name_ui(ui, one);
        brief_ui(ui, one.experiment);
        ui.add_space(STEP / 2.0);
    }
}

/// Returns the best value of several experiments.
fn best<'a>(shown: &[Series<'a>]) -> Option<cross_experiment::Best<'a>> {
    let experiments: Vec<&Experiment> = shown.iter().map(|one| one.experiment).collect();
    cross_experiment::best(&experiments)
}

/// Draws the conclusion of one of several experiments.
fn brief_ui(ui: &mut Ui, experiment: &Experiment) {
    failure_ui(ui, experiment);
    let only = match (&experiment.verdict()[..], &experiment.summaries[..]) {
        ("", [only]) => format!("{} median", lab_format::time(only.median_secs)),
        _ => String::new(),
    };
    for words in [only, conclusion(experiment)] {
        if !words.is_empty() {
            ui.add(Label::new(RichText::new(format::unbroken(&words)).small()).wrap());
        }
    }
}

fn failure_ui(ui: &mut Ui, experiment: &Experiment) {
    if let ExperimentState::Failed(words) = &experiment.state {
        ui.label(RichText::new("The experiment failed").heading());
        ui.add(Label::new(RichText::new(one_line(words)).color(Palette::of(ui).bad)).wrap());
    }
}

fn one_ui(ui: &mut Ui, experiment: &Experiment) {
    let running = experiment.state.is_running();
    failure_ui(ui, experiment);
    if !experiment.verdict().is_empty() {
        finding_ui(ui, experiment);
    } else if running && experiment.made_secs > 0 {
        ui.label(controls::small(ui, "Results appear after the first runs"));
    }
    let words = format::unbroken(&conclusion(experiment));
    if !words.is_empty() {
        ui.add(Label::new(words).wrap());
        link_ui(ui, experiment);
    }
    if experiment.state == ExperimentState::Cancelled {
        ui.label(controls::small(ui, "Cancelled; the finished runs are kept"));
    }
}

/// Draws the finding.
fn finding_ui(ui: &mut Ui, experiment: &Experiment) {
    let words = RichText::new(experiment.headline()).size(FINDING);
    ui.add(Label::new(words).wrap());
    ui.add_space(4.0);
}

/// Draws the name of the emulated link.
fn link_ui(ui: &mut Ui, experiment: &Experiment) {
    if let Some(link) = experiment.plan.emulated() {
        let link = format!("Link model: {}", label::link(link));
        let link = controls::small(ui, link);
        ui.add(Label::new(link).wrap());
    }
}

/// Draws the warnings about unreliable measurements.
pub(super) fn warnings_ui(ui: &mut Ui, shown: &[Series<'_>]) {
    ui.spacing_mut().item_spacing.y = 4.0;
    for one in shown {
        for warning in warnings(one.experiment) {
            let warning = match &one.name[..] {
                "" => warning,
                name => format!("{name}: {warning}"),
            };
            let words = RichText::new(warning).small().color(Palette::of(ui).warn);
            ui.add(Label::new(words).wrap());
        }
    }
}

/// Draws the export button and its popup. It has a text field for the path since not every system
/// has a file dialog.
pub(super) fn export_ui(
    ui: &mut Ui,
    (folder, has_picture): (&mut String, bool),
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let button =
        controls::button(ui, "Export…").on_hover_text(localized("Ctrl+S exports all formats"));
    Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name("Export")
        .show(|ui| {
            ui.set_width(360.0);
            controls::group(ui, "Export to", |ui, label| {
                ui.horizontal(|ui| {
                    let button = 88.0;
                    let width = ui.available_width() - button - STEP;
                    controls::field(ui, folder, label, context.default_folder, width);
                    if controls::wide_button(ui, "Choose…", button, !context.dialog_is_open)
                        .clicked()
                    {
                        actions.push(Action::OpenDialog(Purpose::ExportFolder));
                    }
                });
            });
            ui.horizontal(|ui| {
                let count = ExportFormat::ALL.len() as f32;
                let width = (ui.available_width() - (count - 1.0) * STEP) / count;
                for format in ExportFormat::ALL {
                    let is_able = has_picture || !format.is_picture();
                    let button = controls::wide_button(ui, format.name(), width, is_able);
                    let button = button
                        .on_hover_text(format.description())
                        .on_disabled_hover_text(
                            "This view has no picture to export, only its data",
                        );
                    if button.clicked() {
                        actions.push(Action::Export(vec![format], folder.clone()));
                        ui.close();
                    }
                }
            });
        });
}
