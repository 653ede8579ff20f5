//! The Compare screen: runs experiments and shows their results.

mod axis;
mod class_panel;
mod download_warning;
pub(crate) mod experiment_store_ui;
pub(crate) mod export;
mod file_len;
mod form;
mod http3_line;
mod legend;
mod links;
mod model_overlay;
pub(crate) mod preview;
mod progress;
mod results;
mod series;
mod table;
mod values;
mod views;
pub(crate) mod workspace;

use std::sync::Arc;

use eframe::egui::{Align, Layout, ScrollArea, Ui, vec2};
use form::Form;
use series::{Series, all_series};
use workspace::Workspace;

use super::link::editor;
use super::message::{Action, ExportFormat};
use super::tokens::{self, ROW, STEP};
use super::widgets::splitter::{self, Drag, GAP};
use crate::lab::Experiment;
use crate::lab::analysis::simulated_run::SimulatedRun;
use crate::lab::export::ExperimentGroup;
use crate::lab::store::save_slot::SaveSlot;
use lanes_engine::Snapshot;

/// Storage key of the link.
pub(crate) const LINK_KEY: &str = "link";

/// Maximum and minimum height of the plot.
const MOST_PLOT: f32 = 1600.0;
const LEAST_PLOT: f32 = 232.0;
/// Maximum height of the plot because of the text beside it.
const MOST_BESIDE: f32 = 420.0;
/// Maximum number of table rows that the initial plot height leaves space for.
const MOST_ROWS: usize = 10;

/// State of the screen.
pub(crate) struct State {
    /// The form.
    pub form: Form,
    /// Folder for exports; empty for the one of the settings.
    pub export_to: String,
    /// The shown experiments.
    pub workspace: Workspace,
    /// The prediction of the form.
    pub preview: preview::Preview,
    /// The list of saved experiments.
    pub panel: experiment_store_ui::Panel,
    /// The student's side of a class.
    pub class: class_panel::ClassPanel,
    choice: views::PlotSettings,
    /// Height of the plot after the splitter has been dragged.
    plot_height: Option<f32>,
    /// Height of the conclusions beside the plot in the last frame.
    side_height: f32,
}

impl State {
    /// Creates the initial state: one click away from the first experiment.
    pub(crate) fn new(server: String) -> Self {
        Self {
            form: Form::new(server),
            export_to: String::new(),
            workspace: Workspace::default(),
            preview: preview::Preview::default(),
            panel: experiment_store_ui::Panel::default(),
            class: class_panel::ClassPanel::default(),
            choice: views::PlotSettings::new(),
            plot_height: None,
            side_height: 0.0,
        }
    }

    /// Clears the workspace for new experiments.
    pub(crate) fn begin(&mut self) {
        self.workspace.experiments.clear();
        self.workspace.file.clear();
        self.workspace.save_slot = Arc::default();
        self.workspace.name.clear();
        self.choice.begin();
    }

    /// Shows saved experiments instead of the current ones.
    pub(crate) fn open(&mut self, file: String, kept: ExperimentGroup) {
        self.begin();
        self.form.fill(&kept.experiments);
        self.workspace.save_slot = Arc::new(SaveSlot::of(file.clone()));
        self.workspace.file = file;
        self.workspace.name = kept.name;
        self.workspace.experiments = kept.experiments;
        self.workspace.overlays.clear();
    }

    /// Updates the current experiments.
    pub(crate) fn show(&mut self, experiments: Vec<Arc<Experiment>>) {
        self.workspace.experiments = experiments;
    }

    /// Shows the packets of a simulated run, unless another one was requested since.
    pub(crate) fn simulated(&mut self, number: u64, run: Arc<SimulatedRun>) {
        self.choice.packets.show(number, run);
    }

    /// Returns the current experiments in the form in which they are saved and exported.
    pub(crate) fn saved_experiments(&self) -> ExperimentGroup {
        ExperimentGroup {
            name: self.workspace.name.clone(),
            experiments: self.workspace.experiments.clone(),
        }
    }

    /// Starts the experiments of the form, unless one is running.
    pub(crate) fn run(&mut self, actions: &mut Vec<Action>) {
        if !self.workspace.is_running() {
            form::run(&mut self.form, actions);
        }
    }

    /// Exports the results in all formats, if there are any.
    pub(crate) fn export(&self, actions: &mut Vec<Action>) {
        if self.workspace.has_results() {
            actions.push(Action::Export(
                ExportFormat::ALL.to_vec(),
                self.export_to.clone(),
            ));
        }
    }
}

/// State of the rest of the program that the screen shows.
pub(crate) struct ScreenContext<'a> {
    /// The engine's state.
    pub snapshot: &'a Snapshot,
    /// An experiment has been started, even if it has not reported yet.
    pub is_started: bool,
    /// The folder that exports go to unless another one is typed.
    pub default_folder: &'a str,
    /// A system file dialog is open.
    pub dialog_is_open: bool,
}

/// Draws the screen.
pub(crate) fn ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let snapshot = context.snapshot;
    let is_new = state.workspace.experiments.is_empty();
    let running = state.workspace.is_running() || context.is_started && is_new;
    state.form.refresh(snapshot, &state.workspace);
    if !running {
        state.preview.update(&state.form, actions);
        state.form.cost = results::cost_words(state.preview.planned());
    }
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let State {
            form, panel, class, ..
        } = state;
        form::ui(ui, form, (panel, class), snapshot, running, actions);
        if !running {
            download_warning::ui(ui, form, actions);
        }
        if state.workspace.is_running() {
            progress::ui(ui, &state.workspace);
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
                    let State {
                        workspace, panel, ..
                    } = state;
                    experiment_store_ui::ui(ui, panel, workspace, context.dialog_is_open, actions);
                });
            }
            if state.class.is_open {
                tokens::card(ui).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    let source = state.form.source.source().ok();
                    let server = source.as_ref().and_then(|source| source.lanes_server());
                    class_panel::ui(ui, &mut state.class, &state.workspace, server, actions);
                });
            }
            if is_new && (context.is_started || !state.preview.has_predictions()) {
                results::empty_ui(ui, context.is_started);
            } else {
                workspace_ui(ui, state, context, actions);
            }
        });
}

/// Draws the plot, the conclusions and the table.
fn workspace_ui(
    ui: &mut Ui,
    state: &mut State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    let form_differs = !state.workspace.is_running() && state.form.differs_from(&state.workspace);
    let State {
        workspace,
        choice,
        panel,
        export_to,
        plot_height,
        side_height,
        preview,
        ..
    } = state;
    let is_new = workspace.experiments.is_empty();
    // Before the first run, the prediction alone.
    let planned = Workspace {
        experiments: preview.planned().to_vec(),
        ..Workspace::default()
    };
    let shown = all_series(if is_new { &planned } else { workspace });
    // A changed form shows its prediction beside the measured curves.
    let mut drawn = all_series(if is_new { &planned } else { workspace });
    if form_differs && !is_new {
        series::push_planned(&mut drawn, preview.planned());
    }
    // As high as the text beside it: an empty strip below the plot is of no use.
    let height = plot_height.unwrap_or_else(|| {
        height_at_first(ui.available_height(), &shown).max(side_height.min(MOST_BESIDE))
    });
    ui.spacing_mut().item_spacing.y = 0.0;
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 12.0;
        let lacks_axes = views::tabs_ui(ui, choice, &drawn);
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if lacks_axes {
                    views::axes_ui(ui, choice, &drawn);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    results::title_ui(ui, &shown, form_differs && !is_new);
                });
            });
        });
        ui.horizontal_top(|ui| {
            let side = (ui.available_width() * 0.3).clamp(232.0, 336.0);
            let plot = vec2(ui.available_width() - side - 3.0 * STEP, height);
            ui.vertical(|ui| {
                ui.set_width(plot.x);
                ui.set_min_height(plot.y);
                views::ui(ui, choice, &drawn, plot);
                choice.packets.request(actions);
            });
            ui.add_space(2.0 * STEP);
            let beside = ui.vertical(|ui| {
                ui.set_width(side);
                // Above the conclusions, regardless of their length.
                ui.horizontal(|ui| {
                    results::heading_ui(ui, &shown);
                    if workspace.has_results() {
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            let has_picture = choice.has_picture();
                            results::export_ui(ui, (export_to, has_picture), context, actions);
                            experiment_store_ui::save_ui(ui, panel, workspace, actions);
                        });
                    }
                });
                results::ui(ui, &shown);
                results::warnings_ui(ui, &shown);
            });
            *side_height = beside.response.rect.height();
        });
    });
    match splitter::ui(ui) {
        Some(Drag::By(by)) => *plot_height = Some((height + by).clamp(LEAST_PLOT, MOST_PLOT)),
        Some(Drag::Reset) => *plot_height = None,
        None => {}
    }
    if shown.iter().any(|one| !one.experiment.summaries.is_empty()) {
        tokens::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            table::ui(ui, &shown);
        });
    }
}

/// Returns the initial height of the plot, which leaves space for the table if the plot stays
/// readable. It does not change as rows are added.
fn height_at_first(room: f32, shown: &[Series<'_>]) -> f32 {
    let values = shown
        .iter()
        .map(|one| one.experiment.plan.sweep.values().len());
    let rows = values.sum::<usize>().min(MOST_ROWS) as f32;
    // The margins of both cards, the tabs and the spacing between them.
    let table = ROW * (rows + 1.0) + 32.0;
    let left = room - table - GAP - 144.0;
    let readable = (room - 96.0).min(LEAST_PLOT);
    left.max(readable).clamp(LEAST_PLOT, 640.0)
}
