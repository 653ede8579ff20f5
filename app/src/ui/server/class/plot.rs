//! The plot of a class: each student a dot at each value, and the median of the class.

use eframe::egui::{Color32, Sense, Ui, vec2};
use egui_plot::{HoverPosition, Line, LineStyle, MarkerShape, PlotPoints, PlotUi, Points};
use lanes_server::CollectedResult;
use lanes_shared::class_result::Varied;

use super::tasks::{ClassMetric, Task, point_of, seconds, shown_name};
use crate::lab::report::format as lab_format;
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::tokens::{LANES, Palette, STEP};
use crate::ui::widgets::chart::{AxisTicks, Chart, Zoom};
use crate::ui::widgets::controls;
use crate::ui::widgets::ticks::{Tick, Unit};

/// Height of the plot.
const HEIGHT: f32 = 280.0;
/// Width over which the dots of one value are spread, as a share of the distance of two values.
const SPREAD: f64 = 0.6;
/// Name of the line of medians.
const MEDIAN: &str = "Median of the class";

/// Draws the legend and the plot.
pub(super) fn ui(ui: &mut Ui, task: &Task, metric: ClassMetric, zoom: &mut Zoom) {
    let palette = Palette::of(ui);
    legend_ui(ui, task);
    let marks: Vec<Tick> = task
        .values
        .iter()
        .enumerate()
        .map(|(index, (_, label))| (index as f64, label.clone()))
        .collect();
    let dots: Vec<Vec<[f64; 2]>> = (0..task.results.len())
        .map(|index| dots(task, index, metric))
        .collect();
    let highest = dots.iter().flatten().map(|at| at[1]).fold(0.0, f64::max);
    let chart = Chart {
        id: "class",
        size: vec2(ui.available_width(), HEIGHT),
        x: -0.5..=marks.len() as f64 - 0.5,
        y: 0.0..=if highest > 0.0 { highest * 1.1 } else { 1.0 },
        x_ticks: AxisTicks::Fixed(&marks),
        y_ticks: AxisTicks::Numeric(match metric {
            ClassMetric::Time => Unit::Seconds,
            ClassMetric::Rate => Unit::Rate,
        }),
        label: task.any().map_or("", |result| result.varied.label()),
        spoken: spoken(task, metric),
    };
    let hover = |at: &HoverPosition<'_>| match at {
        HoverPosition::NearDataPoint {
            plot_name,
            position,
            ..
        } => hovered(task, metric, plot_name, position.x),
        HoverPosition::Elsewhere { .. } => None,
    };
    chart.show(ui, zoom, hover, |plot| {
        for (index, dots) in dots.iter().enumerate() {
            let colour = colour(palette, index, task.results.len());
            paint_student(plot, index, dots, colour, task.results.len());
        }
        paint_median(plot, task, metric, palette.text);
    });
}

/// Returns the positions of the dots of a student: beside each other within a value.
fn dots(task: &Task, index: usize, metric: ClassMetric) -> Vec<[f64; 2]> {
    let result = &task.results[index].result;
    let count = task.results.len().max(2) as f64;
    let aside = (index as f64 / (count - 1.0) - 0.5) * SPREAD;
    let figure = |value: u64| metric.of(result, point_of(result, value)?);
    let values = task.values.iter().enumerate();
    values
        .filter_map(|(at, (value, _))| Some([at as f64 + aside, figure(*value)?]))
        .collect()
}

/// Returns the colour of a student: their own while the colours differ, else that of the class.
fn colour(palette: &Palette, index: usize, count: usize) -> Color32 {
    match count {
        0..=LANES => palette.lanes[index % LANES],
        _ => palette.accent.gamma_multiply(0.7),
    }
}

/// The name of a plot item is the index of the student, by which the tooltip finds it.
fn paint_student(
    plot: &mut PlotUi<'_>,
    index: usize,
    dots: &[[f64; 2]],
    colour: Color32,
    count: usize,
) {
    if count <= LANES {
        let line = Line::new("", PlotPoints::from(dots.to_vec()));
        let faint = colour.gamma_multiply(0.45);
        plot.line(line.color(faint).width(1.0).allow_hover(false));
    }
    let points = Points::new(index.to_string(), PlotPoints::from(dots.to_vec()));
    plot.points(points.color(colour).radius(4.5).shape(MarkerShape::Circle));
}

fn paint_median(plot: &mut PlotUi<'_>, task: &Task, metric: ClassMetric, colour: Color32) {
    let values = task.values.iter().enumerate();
    let medians: Vec<[f64; 2]> = values
        .filter_map(|(at, (value, _))| Some([at as f64, task.median(*value, metric)?]))
        .collect();
    let line = Line::new("", PlotPoints::from(medians.clone()));
    plot.line(
        line.color(colour)
            .width(2.0)
            .style(LineStyle::dashed_dense())
            .allow_hover(false),
    );
    let points = Points::new(MEDIAN, PlotPoints::from(medians));
    plot.points(points.color(colour).radius(5.0).shape(MarkerShape::Diamond));
}

/// Returns the tooltip of a dot.
fn hovered(task: &Task, metric: ClassMetric, name: &str, at: f64) -> Option<String> {
    let (value, label) = task.values.get(at.round().max(0.0) as usize)?;
    if name == MEDIAN {
        let median = words(metric, task.median(*value, metric)?);
        let varied = task.any()?.varied;
        let value = with_unit(varied, *value, label);
        return Some(format!("{MEDIAN}\n{value}: {median}"));
    }
    let one = task.results.get(name.parse::<usize>().ok()?)?;
    student_words(one, *value, label, metric)
}

fn student_words(
    one: &CollectedResult,
    value: u64,
    label: &str,
    metric: ClassMetric,
) -> Option<String> {
    let point = point_of(&one.result, value)?;
    let figure = words(metric, metric.of(&one.result, point)?);
    let range = lab_format::time_range(seconds(point.min_us), seconds(point.max_us));
    let runs = format::count(point.runs as usize, "run");
    let name = shown_name(one);
    let failed = match point.failed {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    Some(format!(
        "{}\n{}: {figure}\n{range} in {runs}{failed}",
        visual(&name),
        with_unit(one.result.varied, value, label)
    ))
}

/// Returns a value for a sentence.
fn with_unit(varied: Varied, value: u64, label: &str) -> String {
    match varied {
        Varied::Connections => format::count(value as usize, "connection"),
        Varied::PacketLen => format!("packets of {label}"),
        Varied::FileSize => format!("a file of {label}"),
        Varied::Link => label.to_owned(),
    }
}

/// Formats a figure.
pub(super) fn words(metric: ClassMetric, figure: f64) -> String {
    match metric {
        ClassMetric::Time => lab_format::time(figure),
        ClassMetric::Rate => format::rate(figure),
    }
}

fn legend_ui(ui: &mut Ui, task: &Task) {
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        let count = task.results.len();
        let students = format::count(count, "student");
        let dots = match count {
            0..=LANES => format!("{students}, a colour each; diamonds: median of the class"),
            _ => format!("{students}, a dot each; diamonds: median of the class"),
        };
        ui.label(controls::small(ui, dots));
        if count > LANES {
            return;
        }
        ui.spacing_mut().item_spacing.x = STEP;
        for (index, one) in task.results.iter().enumerate() {
            let (dot, _) = ui.allocate_exact_size(vec2(9.0, 16.0), Sense::hover());
            let colour = colour(palette, index, count);
            ui.painter().circle_filled(dot.center(), 4.5, colour);
            let name = shown_name(one);
            ui.label(controls::small(ui, visual(&name)));
        }
    });
}

/// Describes the plot for screen readers.
fn spoken(task: &Task, metric: ClassMetric) -> String {
    let students = format::count(task.results.len(), "student");
    let medians: Vec<String> = task
        .values
        .iter()
        .filter_map(|(value, label)| {
            let median = words(metric, task.median(*value, metric)?);
            Some(format!("{label}: {median}"))
        })
        .collect();
    format!(
        "Plot of {students}, {}. Medians: {}",
        task.title(),
        medians.join(", ")
    )
}
