//! What came of it, in words.

use eframe::egui::{Label, RichText, Ui};

use crate::lab::warnings::warnings;
use crate::lab::words;
use crate::lab::{Experiment, ExperimentState, Summary};
use crate::ui::app::Action;
use crate::ui::background::{Format, Purpose};
use crate::ui::format;
use crate::ui::tokens::Palette;
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
    if !running && !experiment.runs.is_empty() {
        ui.add_space(8.0);
        export_ui(ui, actions);
    }
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

/// The value that the verdict calls best: the fastest of those that are surely faster than the first,
/// and the first where none is. With single runs nothing is sure: then simply the fastest.
fn best(experiment: &Experiment) -> Option<&Summary> {
    let summaries = &experiment.summaries;
    let fastest = |all: &mut dyn Iterator<Item = &'_ Summary>| -> Option<u64> {
        all.max_by(|a, b| a.speed_up.total_cmp(&b.speed_up))
            .map(|summary| summary.value)
    };
    let unclear = summaries.iter().any(|s| s.speed_up_interval.is_none());
    let surely = |s: &&Summary| s.speed_up_interval.is_some_and(|(low, _)| low > 1.0);
    let value = if unclear {
        fastest(&mut summaries.iter())
    } else {
        fastest(&mut summaries.iter().filter(surely)).or(summaries.first().map(|s| s.value))
    };
    summaries
        .iter()
        .find(|summary| Some(summary.value) == value)
}
