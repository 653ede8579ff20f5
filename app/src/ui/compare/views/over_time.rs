//! Throughput over the duration of a run: a line per value, of the run whose time is nearest to the
//! median.

use eframe::egui::{Color32, Ui, Vec2, vec2};
use egui_plot::{HLine, HoverPosition, Line, PlotPoints};
use lanes_shared::link::limiting_factor::link_line_secs;

use super::super::legend::{self, Entry, Mark};
use super::{PlotSettings, focus_ui, typical_run};
use crate::lab::report::{format as lab_format, label};
use crate::lab::{Experiment, Trace};
use crate::ui::compare::series::Series;
use crate::ui::format;
use crate::ui::tokens::{LANES, Palette};
use crate::ui::widgets::chart::{AxisTicks, Chart};
use crate::ui::widgets::controls;
use crate::ui::widgets::ticks::Unit;

/// The line of one value.
struct Curve {
    name: String,
    colour: Color32,
    points: Vec<[f64; 2]>,
}

impl Curve {
    fn top(&self) -> f64 {
        let rates = self.points.iter().map(|point| point[1]);
        rates.fold(0.0, f64::max)
    }
}

/// Draws the plot.
pub(super) fn ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>], size: Vec2) {
    let palette = Palette::of(ui);
    let before = ui.cursor().top();
    focus_ui(ui, choice, shown);
    let Some(one) = shown.get(choice.focus) else {
        return;
    };
    let curves = curves(one.experiment, palette);
    if curves.is_empty() {
        let words = "Available after the first run";
        ui.label(controls::small(ui, words));
        return;
    }
    let limit = capacity(one.experiment);
    let mut entries: Vec<Entry> = curves
        .iter()
        .map(|curve| Entry::new(Mark::Line(curve.colour), curve.name.as_str()))
        .collect();
    entries.extend(limit.map(|_| Entry::new(Mark::LinkLimit, "limit of the link")));
    let title = match limit {
        // Data behind a lost segment waits, and arrives at once with its repetition.
        Some(limit) if curves.iter().any(|curve| curve.top() > limit * 1.1) => {
            "Throughput over time (above the link: data that waited for a lost segment or in a buffer)"
        }
        _ => "Throughput over time",
    };
    legend::ui(ui, title, &entries, &mut choice.hidden);
    let height = size.y - (ui.cursor().top() - before);
    let PlotSettings { zoom, hidden, .. } = choice;
    let visible = || curves.iter().filter(|curve| !hidden.contains(&curve.name));
    let end = |axis: usize| {
        let points = visible().flat_map(|curve| &curve.points);
        points.map(|point| point[axis]).fold(0.0, f64::max)
    };
    let (right, top) = (end(0).max(1e-3), end(1).max(limit.unwrap_or(0.0)).max(1.0));
    let chart = Chart {
        id: "over-time",
        size: vec2(size.x, height),
        x: 0.0..=right * 1.02,
        y: 0.0..=top * 1.1,
        x_ticks: AxisTicks::Numeric(Unit::Seconds),
        y_ticks: AxisTicks::Numeric(Unit::Rate),
        label: "time since the start",
        spoken: spoken(&curves),
    };
    let read = |at: &HoverPosition<'_>| match at {
        HoverPosition::NearDataPoint {
            plot_name,
            position,
            ..
        } => {
            let (time, rate) = (lab_format::time(position.x), format::rate(position.y));
            Some(format!("{plot_name}\nafter {time}\n{rate}"))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    chart.show(ui, zoom, read, |plot| {
        if let Some(limit) = limit.filter(|_| !hidden.contains("limit of the link")) {
            let line = HLine::new("limit of the link", limit).color(palette.weak);
            plot.hline(
                line.width(1.5)
                    .style(Mark::LinkLimit.style())
                    .allow_hover(false),
            );
        }
        for curve in visible() {
            let points = PlotPoints::from(curve.points.clone());
            plot.line(
                Line::new(curve.name.as_str(), points)
                    .color(curve.colour)
                    .width(2.0),
            );
        }
    });
}

fn curves(experiment: &Experiment, palette: &Palette) -> Vec<Curve> {
    let variable = &experiment.plan.sweep;
    let values = variable.values().into_iter().enumerate();
    let curve = |(at, value): (usize, u64)| {
        let trace = typical_run(experiment, value)?.trace.as_ref()?;
        Some(Curve {
            name: label::with_unit(variable, value),
            colour: palette.lanes[at % LANES],
            points: points(trace),
        })
    };
    values.filter_map(curve).collect()
}

/// Returns the rate over time, from zero at the start to zero at the end; each rate is placed in
/// the middle of its interval.
fn points(trace: &Trace) -> Vec<[f64; 2]> {
    let end = trace.seconds().last().unwrap_or(0.0);
    let first = trace.seconds().zip(&trace.done).next();
    let first = first.map(|(secs, done)| [secs / 2.0, *done as f64 / secs.max(1e-6)]);
    let rates = trace.rates(&trace.done);
    let middle = rates.map(|(from, to, rate)| [f64::midpoint(from, to), rate]);
    let ends = [[0.0, 0.0], [end, 0.0]];
    let [start, end] = ends;
    [start]
        .into_iter()
        .chain(first)
        .chain(middle)
        .chain([end])
        .collect()
}

/// Returns the effective capacity of the emulated link for the file, in bytes per second.
fn capacity(experiment: &Experiment) -> Option<f64> {
    let link = experiment.plan.link()?;
    let len = experiment.len.filter(|len| *len > 0)?;
    Some(len as f64 / link_line_secs(&link, len)?)
}

/// Describes the plot for screen readers.
fn spoken(curves: &[Curve]) -> String {
    let one = |curve: &Curve| format!("{}: up to {}", curve.name, format::rate(curve.top()));
    let all: Vec<String> = curves.iter().map(one).collect();
    format!("Plot of throughput over time. {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_span_the_run_and_end_at_zero() {
        let trace = Trace {
            micros: vec![50_000, 100_000, 150_000],
            done: vec![0, 5000, 20_000],
            connections: Vec::new(),
        };
        let points = points(&trace);
        assert_eq!(points[0], [0.0, 0.0]);
        assert_eq!(points.last(), Some(&[0.15, 0.0]));
        let highest = points.iter().map(|point| point[1]).fold(0.0, f64::max);
        assert!((highest - 300_000.0).abs() < 1e-6, "{points:?}");
    }
}
