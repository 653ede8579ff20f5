//! What came of it, in words.

use eframe::egui::{Label, RichText, Ui};

use super::plot::vary;
use crate::lab::warnings::warnings;
use crate::lab::words;
use crate::lab::{Experiment, ExperimentState, Summary};
use crate::ui::app::Action;
use crate::ui::background::{Format, Purpose};
use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

use super::Vary;

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

pub(super) fn ui(ui: &mut Ui, experiment: &Experiment, running: bool, actions: &mut Vec<Action>) {
    if let ExperimentState::Failed(words) = &experiment.state {
        ui.label(RichText::new("It could not go on").heading());
        ui.colored_label(Palette::of(ui).bad, words);
    }
    if let Some(best) = best(experiment) {
        ui.label(controls::small(
            ui,
            if running { "Best so far" } else { "Best" },
        ));
        ui.label(controls::big(words::named_value(
            &experiment.plan.variable,
            best.value,
        )));
        ui.label(format!("{} median", format::secs(best.median_secs)));
        ui.add_space(8.0);
    }
    if !experiment.verdict.is_empty() {
        ui.add(Label::new(experiment.verdict.as_str()).wrap());
    } else if running {
        ui.label(controls::small(ui, "The first results appear as runs end"));
    }
    if experiment.state == ExperimentState::Cancelled {
        ui.label(controls::small(ui, "Cancelled: the runs made so far stand"));
    }
    for warning in warnings(experiment) {
        ui.add(Label::new(RichText::new(warning).small().color(Palette::of(ui).warn)).wrap());
    }
    if !running && !experiment.runs.is_empty() {
        ui.add_space(8.0);
        export_ui(ui, actions);
    }
}

fn export_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.label(controls::small(ui, "Export as"));
    ui.horizontal(|ui| {
        for format in Format::ALL {
            let button = controls::button(ui, &format!("{}…", format.name()));
            if button.clicked() {
                actions.push(Action::Ask(Purpose::Export(format)));
            }
        }
    });
}

/// The value with the shortest median; for file sizes the one with the highest throughput.
fn best(experiment: &Experiment) -> Option<&Summary> {
    let summaries = experiment.summaries.iter();
    match vary(experiment) {
        Vary::Connections | Vary::PacketLen => {
            summaries.min_by(|a, b| a.median_secs.total_cmp(&b.median_secs))
        }
        Vary::FileSize => summaries.max_by(|a, b| a.throughput.total_cmp(&b.throughput)),
    }
}
