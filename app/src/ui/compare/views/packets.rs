//! The packets of one simulated run of the shown experiment: windows, queue, sequence numbers, round
//! trips.
//!
//! It is the first of the simulations behind the prediction, which runs again as a background job when
//! the view, or another value, is chosen.

use std::sync::Arc;

use eframe::egui::{Color32, ComboBox, Role, Ui, Vec2, WidgetInfo, vec2};
use egui_plot::{HoverPosition, Line, LineStyle, MarkerShape, PlotPoints, PlotUi, Points};

use super::super::legend::{self, Entry, Mark};
use super::packet_path::PathPlayer;
use super::{PlotSettings, focus_ui};
use crate::lab::Experiment;
use crate::lab::Plan;
use crate::lab::analysis::packet_curves::{Look, PacketCurve, PacketView, curves};
use crate::lab::analysis::simulated_run::{SimulatedDownload, SimulatedRun};
use crate::lab::export::PacketPlot;
use crate::lab::report::{format, label};
use crate::ui::compare::series::Series;
use crate::ui::message::Action;
use crate::ui::tokens::{Palette, STEP};
use crate::ui::widgets::chart::{AxisTicks, Chart};
use crate::ui::widgets::controls;
use crate::ui::widgets::ticks::Unit;

/// Width of the plot below which the list and the tabs above it are narrower.
const NARROW: f32 = 640.0;

/// The simulated run that is shown.
pub(crate) struct Packets {
    view: PacketView,
    /// The chosen value; `None` selects the first.
    value: Option<u64>,
    /// Plan, value and file length of the last request.
    asked: Option<(Plan, u64, u64)>,
    /// Number of the last request.
    number: u64,
    /// A request that is not sent yet.
    request: Option<SimulatedDownload>,
    run: Option<Arc<SimulatedRun>>,
    /// Curves of the run in this view.
    curves: Vec<PacketCurve>,
    drawn: Option<PacketView>,
    title: String,
    /// The moving packets are shown in place of a plot.
    is_path: bool,
    player: PathPlayer,
}

impl Default for Packets {
    fn default() -> Self {
        Self {
            view: PacketView::Window,
            value: None,
            asked: None,
            number: 0,
            request: None,
            run: None,
            curves: Vec::new(),
            drawn: None,
            title: String::new(),
            is_path: false,
            player: PathPlayer::default(),
        }
    }
}

impl Packets {
    /// Asks for the run of `value`, unless it is the one that is shown.
    fn ask(&mut self, experiment: &Experiment, value: u64) {
        // The order of the runs plays no part.
        let plan = Plan {
            seed: 0,
            ..experiment.plan.clone()
        };
        let asked = (plan, value, experiment.len.unwrap_or_default());
        if self.asked.as_ref() == Some(&asked) {
            return;
        }
        self.request = SimulatedDownload::of(&asked.0, value, asked.2);
        self.title = format!(
            "{}, {}: one simulated run",
            experiment
                .plan
                .emulated()
                .map(label::link)
                .unwrap_or_default(),
            label::with_unit(&experiment.plan.sweep, value)
        );
        self.asked = Some(asked);
        self.number += 1;
        (self.run, self.drawn) = (None, None);
        self.player.stop();
    }

    /// Returns whether a plot is shown, which can be exported.
    pub(crate) fn has_plot(&self) -> bool {
        self.run.is_some() && !self.is_path
    }

    /// Sends the request that the view has made.
    pub(crate) fn request(&mut self, actions: &mut Vec<Action>) {
        if let Some(download) = self.request.take() {
            let download = Box::new(download);
            actions.push(Action::Simulate(self.number, download));
        }
    }

    /// Shows a run, unless another one was requested since.
    pub(crate) fn show(&mut self, number: u64, run: Arc<SimulatedRun>) {
        if number == self.number {
            (self.run, self.drawn) = (Some(run), None);
        }
    }

    /// Returns what is shown, for an export.
    pub(crate) fn export(&self) -> Option<PacketPlot> {
        if !self.has_plot() {
            return None;
        }
        Some(PacketPlot {
            view: self.view,
            title: self.title.clone(),
            curves: self.curves.clone(),
        })
    }

    fn update(&mut self) {
        if let (Some(run), true) = (&self.run, self.drawn != Some(self.view)) {
            self.curves = curves(&run.packets, self.view);
            self.drawn = Some(self.view);
        }
    }
}

/// Draws the view.
pub(super) fn ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>], size: Vec2) {
    let before = ui.cursor().top();
    let is_narrow = size.x < NARROW;
    let has_run = ui.horizontal_wrapped(|ui| {
        if is_narrow {
            ui.spacing_mut().button_padding.x = STEP / 2.0;
        }
        focus_ui(ui, choice, shown);
        let experiment = shown.get(choice.focus)?.experiment;
        let width = if is_narrow { 88.0 } else { 144.0 };
        let value = value_ui(ui, choice, experiment, width)?;
        if is_narrow && shown.len() > 1 {
            // Two lists leave no space for the views.
            ui.end_row();
        }
        choice.packets.ask(experiment, value);
        let packets = &mut choice.packets;
        let mut shown = (!packets.is_path).then_some(packets.view);
        let views = PacketView::ALL.map(Some).into_iter().chain([None]);
        let views = views.map(|view| {
            let name = view.map_or("Path", PacketView::name);
            let spoken = format!("Packets: {}", name.to_lowercase());
            (view, name.to_owned(), spoken)
        });
        if controls::chips(ui, &mut shown, views) {
            packets.is_path = shown.is_none();
            packets.view = shown.unwrap_or(packets.view);
            packets.player.stop();
            choice.zoom.reset();
        }
        Some(())
    });
    if has_run.inner.is_none() {
        let words = "Only a file of known size over an emulated link can be simulated";
        ui.label(controls::small(ui, words));
        return;
    }
    choice.packets.update();
    let Some(run) = choice.packets.run.clone() else {
        ui.label(controls::small(ui, "Simulating…"));
        return;
    };
    if choice.packets.is_path {
        let height = size.y - (ui.cursor().top() - before);
        choice.packets.player.ui(ui, &run, height);
        return;
    }
    if choice.packets.curves.is_empty() {
        let words =
            "Only senders with BBR pace their packets: choose a link with that congestion control";
        ui.label(controls::small(ui, words));
        return;
    }
    let entries = entries(&choice.packets.curves, Palette::of(ui));
    let left_out = match run.left_out {
        0 => String::new(),
        count => format!(" ({count} packets are left out)"),
    };
    let title = format!(
        "One simulated run{left_out}: {}",
        choice.packets.view.label()
    );
    legend::ui(ui, &title, &entries, &mut choice.hidden);
    let height = size.y - (ui.cursor().top() - before);
    chart_ui(ui, choice, vec2(size.x, height));
}

/// Draws the list of values; returns the selected one. `None` if nothing can be simulated.
fn value_ui(
    ui: &mut Ui,
    choice: &mut PlotSettings,
    experiment: &Experiment,
    width: f32,
) -> Option<u64> {
    let sweep = &experiment.plan.sweep;
    let bytes = experiment.len.unwrap_or_default();
    let is_simulated = |value: &u64| {
        let len = experiment.plan.len_of(*value, experiment.len);
        let link = experiment.plan.link_of(*value);
        len.is_some_and(|len| len > 0) && link.is_some_and(|link| !link.is_open())
    };
    let values: Vec<u64> = sweep.values().into_iter().filter(is_simulated).collect();
    let chosen = choice.packets.value.filter(|value| values.contains(value));
    let value = chosen.or_else(|| values.first().copied())?;
    SimulatedDownload::of(&experiment.plan, value, bytes)?;
    let list = ComboBox::from_id_salt("packets value")
        .width(width)
        .truncate()
        .selected_text(label::with_unit(sweep, value))
        .show_ui(ui, |ui| {
            for other in values {
                let words = label::with_unit(sweep, other);
                if ui.selectable_label(other == value, words).clicked() {
                    choice.packets.value = Some(other);
                    choice.zoom.reset();
                }
            }
        });
    list.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, "Simulated value");
        info.current_text_value = Some(label::with_unit(sweep, value));
        info
    });
    Some(value)
}

/// Returns the colour of a curve.
fn colour(curve: &PacketCurve, palette: &Palette) -> Color32 {
    match curve.name {
        "startup" => return palette.warn,
        "drain" => return palette.bad,
        "probe_rtt" => return palette.good,
        _ => {}
    }
    match (curve.look, curve.connection) {
        (Look::Crosses, _) => palette.bad,
        (Look::Dots, None) => palette.warn,
        (_, None) => palette.predicted,
        (Look::Dashed, Some(index)) => palette.lane(index as u16 + 1).gamma_multiply(0.6),
        (_, Some(index)) => palette.lane(index as u16 + 1),
    }
}

/// Returns an entry for each kind of curve.
fn entries(curves: &[PacketCurve], palette: &Palette) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for curve in curves {
        if entries.iter().all(|entry| entry.words != curve.name) {
            let colour = colour(curve, palette);
            entries.push(Entry::new(Mark::Line(colour), curve.name));
        }
    }
    entries
}

fn chart_ui(ui: &mut Ui, choice: &mut PlotSettings, size: Vec2) {
    let palette = Palette::of(ui);
    let PlotSettings {
        packets,
        zoom,
        hidden,
        ..
    } = choice;
    let points = || packets.curves.iter().flat_map(|curve| &curve.points);
    let highest = |axis: usize| points().map(|point| point[axis]).fold(1e-6, f64::max);
    let (end, top) = (highest(0), highest(1));
    let unit = match packets.view {
        PacketView::Window => Unit::Packets,
        PacketView::Queue | PacketView::Sequence => Unit::Bytes,
        PacketView::RoundTrip => Unit::Seconds,
        PacketView::Pacing => Unit::Rate,
    };
    let spoken = format!(
        "Plot of {}: {} over {}",
        packets.title,
        packets.view.label(),
        format::time(end)
    );
    let chart = Chart {
        id: "packets",
        size,
        x: 0.0..=end * 1.02,
        y: 0.0..=top * 1.05,
        x_ticks: AxisTicks::Numeric(Unit::Seconds),
        y_ticks: AxisTicks::Numeric(unit),
        label: "time since the start",
        spoken,
    };
    let read = |at: &HoverPosition<'_>| match at {
        HoverPosition::NearDataPoint { plot_name, .. } if !plot_name.is_empty() => {
            Some((*plot_name).to_owned())
        }
        _ => None,
    };
    chart.show(ui, zoom, read, |plot| {
        for curve in &packets.curves {
            if !hidden.contains(curve.name) {
                paint(plot, curve, colour(curve, palette));
            }
        }
    });
}

fn paint(plot: &mut PlotUi<'_>, curve: &PacketCurve, colour: Color32) {
    let points = PlotPoints::from(curve.points.clone());
    let name = match curve.connection {
        Some(index) => format!("connection {}, {}", index + 1, curve.name),
        None => curve.name.to_owned(),
    };
    match curve.look {
        Look::Line | Look::Dashed => {
            let style = match curve.look {
                Look::Dashed => LineStyle::dashed_dense(),
                _ => LineStyle::Solid,
            };
            let line = Line::new(name, points)
                .color(colour)
                .width(1.5)
                .style(style);
            plot.line(line);
        }
        Look::Dots => plot.points(Points::new(name, points).color(colour).radius(1.5)),
        Look::Crosses => {
            let crosses = Points::new(name, points).shape(MarkerShape::Cross);
            plot.points(crosses.color(colour).radius(4.0));
        }
    }
}
