//! Compare: the same file over and over, one thing varied, and what came of it.

pub(crate) mod export;
mod form;
mod legend;
mod link_editor;
mod link_form;
mod link_picker;
mod link_picture;
mod overlay;
mod plot;
mod results;
mod table;

use eframe::egui::{ScrollArea, Ui, vec2};
use link_form::LinkForm;

use super::app::Action;
use super::background::Format;
use super::tokens;
use super::widgets::source_form::SourceForm;
use crate::engine::{DEFAULT_CONNECTIONS, Snapshot};
use crate::lab::{Experiment, first};

/// What is varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vary {
    /// The number of connections.
    Connections,
    /// The packet size.
    PacketLen,
    /// The size of the file.
    FileSize,
}

/// What the screen remembers.
pub(crate) struct State {
    /// The file.
    pub source: SourceForm,
    /// The folder for exports; empty for the one of the settings.
    pub export_to: String,
    /// The link that the server is to emulate.
    pub link: LinkForm,
    vary: Vary,
    /// The values of each variable, as typed.
    values: [String; 3],
    connections: u16,
    packet_len: u32,
    rounds: u32,
}

impl State {
    /// The screen as it starts: one click from the first experiment.
    pub(crate) fn new(server: String) -> Self {
        Self {
            source: SourceForm::new(server, first::FILE),
            export_to: String::new(),
            link: LinkForm::new(),
            vary: Vary::Connections,
            values: [
                "1, 5, 10, 20, 50".to_owned(),
                "128, 512, 1024, 64KiB".to_owned(),
                "1MB, 5MB, 20MB, 100MB".to_owned(),
            ],
            connections: DEFAULT_CONNECTIONS,
            packet_len: first::PACKET_LEN,
            rounds: 3,
        }
    }
}

impl State {
    /// Starts what the form says, unless an experiment runs.
    pub(crate) fn run(&self, experiment: Option<&Experiment>, actions: &mut Vec<Action>) {
        if !experiment.is_some_and(|experiment| experiment.state.is_running()) {
            form::run(self, actions);
        }
    }

    /// Exports in every format, once there is something to export.
    pub(crate) fn export(&self, experiment: Option<&Experiment>, actions: &mut Vec<Action>) {
        if experiment.is_some_and(results::can_export) {
            actions.push(Action::Export(Format::ALL.to_vec(), self.export_to.clone()));
        }
    }
}

/// The screen. `started` says that an experiment was started, even if nothing is known of it yet;
/// `saves_in` where exports go unless another folder is typed.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing that the screen shows or sends"
)]
pub(crate) fn ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    experiment: Option<&Experiment>,
    started: bool,
    saves_in: &str,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    let running = experiment.map_or(started, |experiment| experiment.state.is_running());
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        form::ui(ui, state, snapshot, running, actions);
        if let Some(experiment) = experiment.filter(|_| running) {
            form::progress_ui(ui, experiment);
        }
    });
    ScrollArea::vertical()
        .id_salt("compare")
        .auto_shrink(false)
        .show(ui, |ui| {
            if state.link.is_edited {
                tokens::card(ui).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.add_enabled_ui(!running, |ui| {
                        link_editor::ui(ui, &mut state.link, actions);
                    });
                });
            }
            match experiment {
                None => results::empty_ui(ui, started),
                Some(experiment) => {
                    let saves = (saves_in, dialog_is_open);
                    experiment_ui(ui, state, experiment, running, saves, actions);
                }
            }
        });
}

/// The plot, what came of it in words, and the numbers. `saves` is where exports go unless another
/// folder is typed, and whether a dialog is open.
fn experiment_ui(
    ui: &mut Ui,
    state: &mut State,
    experiment: &Experiment,
    running: bool,
    (saves_in, dialog_is_open): (&str, bool),
    actions: &mut Vec<Action>,
) {
    let height = (ui.available_height() - 240.0).clamp(352.0, 520.0);
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let side = (ui.available_width() * 0.3).clamp(232.0, 336.0);
            let plot = vec2(ui.available_width() - side - 24.0, height);
            ui.vertical(|ui| {
                ui.set_width(plot.x);
                plot::ui(ui, experiment, plot);
            });
            ui.add_space(16.0);
            ui.vertical(|ui| {
                ui.set_width(side);
                results::ui(ui, experiment, running);
                if results::can_export(experiment) {
                    ui.add_space(8.0);
                    let folder = &mut state.export_to;
                    results::export_ui(ui, folder, saves_in, dialog_is_open, actions);
                }
            });
        });
    });
    if !experiment.summaries.is_empty() {
        tokens::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            table::ui(ui, experiment);
            results::warnings_ui(ui, experiment);
        });
    }
}
