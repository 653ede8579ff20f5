//! Compare: the same file over and over, one thing varied, and what came of it.

mod axis;
pub(crate) mod bench;
mod chart;
mod consent;
pub(crate) mod export;
mod form;
pub(crate) mod kept;
mod legend;
mod links;
mod overlay;
mod progress;
mod results;
mod shown;
mod table;
mod ticks;
mod values;
mod views;

use std::sync::Arc;

use bench::Bench;
use eframe::egui::{Align, Layout, ScrollArea, Ui, vec2};
use form::Form;
use shown::shown;

use super::app::Action;
use super::background::Format;
use super::link::editor;
use super::tokens::{self, STEP};
use crate::engine::Snapshot;
use crate::lab::Experiment;
use crate::lab::export::Kept;
use crate::lab::measure::Measure;

/// Under this name the link is kept from one start to the next.
pub(crate) const LINK_KEY: &str = "link";

/// What the screen remembers.
pub(crate) struct State {
    /// What to compare, as typed.
    pub form: Form,
    /// The folder for exports; empty for the one of the settings.
    pub export_to: String,
    /// The experiments that are shown.
    pub bench: Bench,
    /// The list of kept experiments.
    pub panel: kept::Panel,
    choice: views::Choice,
}

impl State {
    /// The screen as it starts: one click from the first experiment.
    pub(crate) fn new(server: String) -> Self {
        Self {
            form: Form::new(server),
            export_to: String::new(),
            bench: Bench::default(),
            panel: kept::Panel::default(),
            choice: views::Choice::new(),
        }
    }

    /// Experiments were begun.
    pub(crate) fn begin(&mut self) {
        self.bench.experiments.clear();
        self.bench.file.clear();
        self.bench.name.clear();
        self.choice.begin();
    }

    /// Kept experiments are shown instead of those at hand.
    pub(crate) fn open(&mut self, file: String, kept: Kept) {
        self.begin();
        self.bench.file = file;
        self.bench.name = kept.name;
        self.bench.experiments = kept.experiments;
        self.bench.laid.clear();
    }

    /// They stand so now.
    pub(crate) fn show(&mut self, experiments: Vec<Arc<Experiment>>) {
        self.bench.experiments = experiments;
    }

    /// The experiments that are shown, as they are kept and exported.
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            name: self.bench.name.clone(),
            experiments: self.bench.experiments.clone(),
        }
    }

    /// The measure that a picture is to show.
    pub(crate) fn measure(&self) -> Measure {
        self.choice.view.measure()
    }

    /// Starts what the form says, unless an experiment runs.
    pub(crate) fn run(&mut self, actions: &mut Vec<Action>) {
        if !self.bench.is_running() {
            form::run(&mut self.form, actions);
        }
    }

    /// Exports in every format, once there is something to export.
    pub(crate) fn export(&self, actions: &mut Vec<Action>) {
        if self.bench.has_results() {
            actions.push(Action::Export(Format::ALL.to_vec(), self.export_to.clone()));
        }
    }
}

/// The screen. `started` says that an experiment was started, even if nothing is known of it yet;
/// `saves_in` where exports go unless another folder is typed.
pub(crate) fn ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    started: bool,
    (saves_in, dialog_is_open): (&str, bool),
    actions: &mut Vec<Action>,
) {
    let is_new = state.bench.experiments.is_empty();
    let running = state.bench.is_running() || started && is_new;
    state.form.look(snapshot, &state.bench);
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let State { form, panel, .. } = state;
        form::ui(ui, form, panel, snapshot, running, actions);
        if !running {
            consent::ui(ui, form, actions);
        }
        if state.bench.is_running() {
            progress::ui(ui, &state.bench);
        }
    });
    ScrollArea::vertical()
        .id_salt("compare")
        .auto_shrink(false)
        .show(ui, |ui| {
            if state.form.link.is_edited {
                tokens::card(ui).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.add_enabled_ui(!running, |ui| {
                        editor::ui(ui, &mut state.form.link, actions);
                    });
                });
            }
            if state.panel.is_open {
                tokens::card(ui).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    let State { bench, panel, .. } = state;
                    kept::ui(ui, panel, bench, dialog_is_open, actions);
                });
            }
            if is_new {
                results::empty_ui(ui, started);
            } else {
                bench_ui(ui, state, (saves_in, dialog_is_open), actions);
            }
        });
}

/// The plot, what came of it in words, and the numbers. `saves` is where exports go unless another
/// folder is typed, and whether a dialog is open.
fn bench_ui(ui: &mut Ui, state: &mut State, saves: (&str, bool), actions: &mut Vec<Action>) {
    let State {
        bench,
        choice,
        panel,
        export_to,
        ..
    } = state;
    let shown = shown(bench);
    // In a small window all of the plot is seen, in a larger one the table too.
    let room = ui.available_height();
    let height = (room - 272.0)
        .max((room - 96.0).min(336.0))
        .clamp(232.0, 640.0);
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        views::tabs_ui(ui, choice, &shown);
        ui.horizontal_top(|ui| {
            let side = (ui.available_width() * 0.3).clamp(232.0, 336.0);
            let plot = vec2(ui.available_width() - side - 3.0 * STEP, height);
            ui.vertical(|ui| {
                ui.set_width(plot.x);
                ui.set_min_height(plot.y);
                views::ui(ui, choice, &shown, plot);
            });
            ui.add_space(2.0 * STEP);
            ui.vertical(|ui| {
                ui.set_width(side);
                // Above the words, however long these are.
                ui.horizontal(|ui| {
                    results::heading_ui(ui, &shown);
                    if bench.has_results() {
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            results::export_ui(ui, export_to, saves, actions);
                            kept::keep_ui(ui, panel, bench, actions);
                        });
                    }
                });
                results::ui(ui, &shown);
            });
        });
    });
    if shown.iter().any(|one| !one.experiment.summaries.is_empty()) {
        tokens::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            table::ui(ui, &shown);
            results::warnings_ui(ui, &shown);
        });
    }
}
