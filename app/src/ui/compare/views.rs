//! The views of the plot, one per tab.

mod boxes;
mod curve_points;
mod curves;
mod lanes;
mod over_time;
mod packet_path;
mod packets;
mod run_replay;

use std::collections::BTreeSet;

use eframe::egui::{Align, Button, ComboBox, Layout, Response, Role, Ui, Vec2, WidgetInfo, vec2};

use super::axis::Scale;
use super::series::Series;
use crate::lab::export::VerticalScale;
use crate::lab::report::metric::Metric;
use crate::lab::{Experiment, ExperimentState, Run, Sweep};
use crate::ui::tokens::{CONTROL, STEP};
use crate::ui::widgets::chart::{Zoom, ZoomRequest};
use crate::ui::widgets::controls;
use packets::Packets;
use run_replay::RunReplay;

/// Below this width the tabs have less padding, and the scales and the zoom stand below them.
const NARROW: f32 = 800.0;

/// A view of the plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Completion times, as one of several measures.
    Curves(Metric),
    /// The spread of the completion times.
    Boxes,
    /// The throughput during a run.
    OverTime,
    /// The connections of one run.
    Lanes,
    /// The packets of one simulated run.
    Packets,
}

impl View {
    /// Iterates over all views in the order of the tabs.
    fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Boxes, Self::OverTime, Self::Lanes, Self::Packets];
        Metric::ALL.into_iter().map(Self::Curves).chain(others)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Curves(Metric::Time) => "Time",
            Self::Curves(Metric::Throughput) => "Throughput",
            Self::Curves(Metric::SpeedUp) => "Speed-up",
            Self::Curves(Metric::Efficiency) => "Efficiency",
            Self::Boxes => "Box plots",
            Self::OverTime => "Over time",
            Self::Lanes => "Lanes",
            Self::Packets => "Packets",
        }
    }

    fn fits(self, variable: &Sweep) -> bool {
        match self {
            Self::Curves(metric) => metric.applies_to(variable),
            _ => true,
        }
    }

    /// Returns whether the horizontal axis shows the varied quantity.
    fn has_scale(self) -> bool {
        matches!(self, Self::Curves(_) | Self::Boxes)
    }
}

/// The user's settings of the plot.
pub(super) struct PlotSettings {
    /// The selected view.
    pub view: View,
    /// The scale of the horizontal axis.
    pub scale: Scale,
    /// The scale of the vertical axis.
    pub vertical: VerticalScale,
    /// The zoom.
    pub zoom: Zoom,
    /// Hidden legend entries.
    pub hidden: BTreeSet<String>,
    /// Index of the experiment in views that show only one.
    pub focus: usize,
    /// Position of the selected run in its experiment; `None` selects the best.
    pub run: Option<u32>,
    /// The replay of the selected run.
    pub replay: RunReplay,
    /// The packets of a simulated run.
    pub packets: Packets,
}

impl PlotSettings {
    /// Creates the initial settings.
    pub(super) fn new() -> Self {
        Self {
            view: View::Curves(Metric::Time),
            scale: Scale::default(),
            vertical: VerticalScale::default(),
            zoom: Zoom::default(),
            hidden: BTreeSet::new(),
            focus: 0,
            run: None,
            replay: RunReplay::default(),
            packets: Packets::default(),
        }
    }

    /// Returns whether the view can be exported as a picture.
    pub(super) fn has_picture(&self) -> bool {
        match self.view {
            View::Curves(_) => true,
            View::Packets => self.packets.has_plot(),
            View::Boxes | View::OverTime | View::Lanes => false,
        }
    }

    /// Resets the settings that refer to the previous experiments.
    pub(super) fn begin(&mut self) {
        self.zoom.reset();
        self.focus = 0;
        self.run = None;
    }
}

/// Draws the tabs, and the scales and the zoom beside them. Returns whether there is no space for those.
pub(super) fn tabs_ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>]) -> bool {
    let Some(first) = shown.first() else {
        return false;
    };
    let variable = &first.experiment.plan.sweep;
    if !choice.view.fits(variable) {
        choice.view = View::Curves(Metric::Time);
    }
    let is_narrow = ui.available_width() < NARROW;
    ui.horizontal(|ui| {
        if is_narrow {
            ui.spacing_mut().button_padding.x = STEP;
        }
        let tabs = View::all().filter(|view| view.fits(variable)).map(|view| {
            let name = format!("View {}", view.name().to_lowercase());
            (view, view.name().to_owned(), name)
        });
        if controls::chips(ui, &mut choice.view, tabs) {
            choice.zoom.reset();
        }
        if !is_narrow {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                axes_ui(ui, choice, shown);
            });
        }
    });
    is_narrow
}

/// Draws the scales and the zoom, from right to left.
pub(super) fn axes_ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>]) {
    let Some(first) = shown.first() else {
        return;
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = STEP / 2.0;
        zoom_ui(ui, &mut choice.zoom);
        if choice.view.has_scale() && !matches!(first.experiment.plan.sweep, Sweep::Link(_)) {
            scale_ui(ui, choice);
        }
        if matches!(choice.view, View::Curves(_)) {
            vertical_ui(ui, choice);
        }
    });
}

fn zoom_ui(ui: &mut Ui, zoom: &mut Zoom) {
    let reset = little_button(ui, "1:1", "Reset the zoom", zoom.is_in());
    if reset.clicked() {
        zoom.reset();
    }
    for (words, name, request) in [
        ("+", "Zoom in", ZoomRequest::In),
        ("−", "Zoom out", ZoomRequest::Out),
    ] {
        let enabled = request == ZoomRequest::In || zoom.is_in();
        if little_button(ui, words, name, enabled).clicked() {
            zoom.request(request);
        }
    }
}

/// Draws a small button; `words` is its text, `name` its accessible name.
fn little_button(ui: &mut Ui, words: &str, name: &str, enabled: bool) -> Response {
    let response = ui
        .add_enabled_ui(enabled, |ui| {
            ui.spacing_mut().button_padding = vec2(4.0, 4.0);
            ui.add_sized(vec2(CONTROL, CONTROL), Button::new(words))
        })
        .inner;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    response.on_hover_text(name)
}

fn scale_ui(ui: &mut Ui, choice: &mut PlotSettings) {
    let before = choice.scale;
    let list = ComboBox::from_id_salt("scale")
        .width(72.0)
        .selected_text(choice.scale.name())
        .show_ui(ui, |ui| {
            for scale in Scale::ALL {
                ui.selectable_value(&mut choice.scale, scale, scale.name());
            }
        });
    let name = "Scale of the horizontal axis";
    list.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(choice.scale.name().to_owned());
        info
    });
    list.response.on_hover_text(name);
    if choice.scale != before {
        choice.zoom.reset();
    }
}

/// Draws the switch of the vertical scale.
fn vertical_ui(ui: &mut Ui, choice: &mut PlotSettings) {
    let mut is_log = choice.vertical == VerticalScale::Logarithmic;
    let name = "Logarithmic vertical axis";
    let switch = ui.add(Button::new("Log y").selected(is_log));
    is_log ^= switch.clicked();
    switch.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_log, name));
    if switch.on_hover_text(name).clicked() {
        choice.vertical = match is_log {
            true => VerticalScale::Logarithmic,
            false => VerticalScale::Linear,
        };
        choice.zoom.reset();
    }
}

/// Draws the selected view.
pub(super) fn ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>], size: Vec2) {
    choice.focus = choice.focus.min(shown.len().saturating_sub(1));
    match choice.view {
        View::Curves(metric) => curves::ui(ui, choice, shown, metric, size),
        View::Boxes => boxes::ui(ui, choice, shown, size),
        View::OverTime => over_time::ui(ui, choice, shown, size),
        View::Lanes => lanes::ui(ui, choice, shown, size),
        View::Packets => packets::ui(ui, choice, shown, size),
    }
}

/// Draws the list of experiments, if there are several, for views that show only one.
fn focus_ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>]) {
    if shown.len() < 2 {
        return;
    }
    let before = choice.focus;
    let list = ComboBox::from_id_salt("focus")
        .width(160.0)
        .truncate()
        .selected_text(shown[choice.focus].name.as_str())
        .show_ui(ui, |ui| {
            for one in shown {
                ui.selectable_value(&mut choice.focus, one.place, one.name.as_str());
            }
        });
    list.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Selected experiment");
        info.current_text_value = Some(shown[choice.focus].name.clone());
        info
    });
    if choice.focus != before {
        choice.run = None;
        choice.zoom.reset();
    }
}

/// Returns the traced run of a value whose time is nearest to the median.
fn typical_run(experiment: &Experiment, value: u64) -> Option<&Run> {
    let summary = experiment.summaries.iter().find(|one| one.value == value)?;
    let runs = experiment
        .runs
        .iter()
        .filter(|run| run.value == value && is_traced(run));
    let distance = |run: &&Run| (run.seconds - summary.median_secs).abs();
    runs.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

fn is_traced(run: &Run) -> bool {
    run.is_good()
        && run
            .trace
            .as_ref()
            .is_some_and(|trace| trace.micros.len() > 1)
}

/// Returns the value of the current run.
fn current(experiment: &Experiment) -> Option<u64> {
    match experiment.state {
        ExperimentState::Running(value) => value,
        _ => None,
    }
}
