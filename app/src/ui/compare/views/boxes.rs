//! Box plots of the completion times.
//!
//! Boxes span the quartiles and show the median; whiskers reach to the farthest runs within 1.5
//! times the height of the box; runs beyond are drawn as outliers (Tukey, "Exploratory Data
//! Analysis", 1977).

use eframe::egui::{Stroke, Ui, Vec2, vec2};
use egui_plot::{BoxElem, BoxPlot, BoxSpread, HoverPosition, MarkerShape, PlotPoints, Points};

use super::super::axis::Axis;
use super::super::legend::{self, Entry, Mark};
use super::PlotSettings;
use crate::lab::Experiment;
use crate::lab::analysis::statistics::Spread;
use crate::lab::report::{format as lab_format, label};
use crate::ui::compare::series::Series;
use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::chart::{AxisTicks, Chart};
use crate::ui::widgets::ticks::Unit;

/// The boxes of one experiment.
struct Boxes {
    /// Position, spread, number of runs and name of each box.
    all: Vec<(f64, Spread, usize, String)>,
    beyond: Vec<[f64; 2]>,
    /// Single runs of values with too few of them for a box.
    dots: Vec<[f64; 2]>,
    /// Descriptions of these values.
    few: Vec<String>,
}

/// Number of runs from which a box is drawn: quartiles of fewer are the runs themselves.
const MIN_BOX: usize = 5;

impl Boxes {
    fn new(experiment: &Experiment, axis: &Axis, aside: f64) -> Self {
        let mut boxes = Self {
            all: Vec::new(),
            beyond: Vec::new(),
            dots: Vec::new(),
            few: Vec::new(),
        };
        for summary in &experiment.summaries {
            let seconds = experiment.seconds_of(summary.value);
            let (Some(place), Some(spread)) = (axis.position(summary.value), Spread::of(&seconds))
            else {
                continue;
            };
            let at = place + aside;
            if seconds.len() < MIN_BOX {
                boxes.dots.extend(seconds.iter().map(|secs| [at, *secs]));
                let name = label::with_unit(&experiment.plan.sweep, summary.value);
                let times = lab_format::time_range(summary.min_secs, summary.max_secs);
                boxes.few.push(format!("{name}: {times}"));
                continue;
            }
            boxes
                .beyond
                .extend(spread.beyond.iter().map(|secs| [at, *secs]));
            let name = label::with_unit(&experiment.plan.sweep, summary.value);
            boxes.all.push((at, spread, seconds.len(), name));
        }
        boxes
    }

    fn top(&self) -> f64 {
        let whiskers = self.all.iter().map(|(_, spread, ..)| spread.whiskers.1);
        let single = self.beyond.iter().chain(&self.dots).map(|at| at[1]);
        whiskers.chain(single).fold(0.0, f64::max)
    }
}

/// Draws the box plots.
pub(super) fn ui(ui: &mut Ui, choice: &mut PlotSettings, shown: &[Series<'_>], size: Vec2) {
    let palette = Palette::of(ui);
    let axis = Axis::new(shown, choice.scale);
    let count = shown.len() as f64;
    let width = axis.box_width() / count.max(1.0) * if shown.len() > 1 { 2.0 } else { 1.0 };
    let aside = |place: usize| (place as f64 - (count - 1.0) / 2.0) * width;
    let boxes: Vec<Boxes> = shown
        .iter()
        .map(|one| Boxes::new(one.experiment, &axis, aside(one.place)))
        .collect();
    let before = ui.cursor().top();
    let mut entries: Vec<Entry> = shown
        .iter()
        .filter(|_| shown.len() > 1)
        .map(|one| Entry::new(Mark::Area(one.colour(palette)), one.name.as_str()))
        .collect();
    if boxes.iter().any(|boxes| !boxes.beyond.is_empty()) {
        entries.push(Entry::new(Mark::Far, "outlier"));
    }
    let has_dots = boxes.iter().any(|boxes| !boxes.dots.is_empty());
    let title = match has_dots {
        true => "Completion time: single runs; box plots from 5 runs on",
        false => "Completion time, quartiles and whiskers",
    };
    legend::ui(ui, title, &entries, &mut choice.hidden);
    let height = size.y - (ui.cursor().top() - before);
    let top = boxes.iter().map(Boxes::top).fold(0.0, f64::max);
    let marks = axis.marks();
    let chart = Chart {
        id: "boxes",
        size: vec2(size.x, height),
        x: axis.range(),
        y: 0.0..=if top > 0.0 { top * 1.1 } else { 1.0 },
        x_ticks: AxisTicks::Fixed(&marks),
        y_ticks: AxisTicks::Numeric(Unit::Seconds),
        label: axis.title(),
        spoken: spoken(&boxes, axis.label),
    };
    let PlotSettings { zoom, hidden, .. } = choice;
    let read = |at: &HoverPosition<'_>| match at {
        HoverPosition::NearDataPoint {
            plot_name,
            position,
            ..
        } => Some(format!("{plot_name}\n{}", lab_format::time(position.y))),
        HoverPosition::Elsewhere { .. } => None,
    };
    chart.show(ui, zoom, read, |plot| {
        for (one, boxes) in shown.iter().zip(&boxes) {
            if hidden.contains(&one.name) {
                continue;
            }
            let colour = one.colour(palette);
            let element = |(at, spread, runs, name): &(f64, Spread, usize, String)| {
                let name = format!("{name}, {}", format::count(*runs, "run"));
                BoxElem::new(*at, plotted(spread))
                    .name(name)
                    .box_width(width * 0.9)
                    .whisker_width(width * 0.5)
                    .fill(colour.gamma_multiply(0.3))
                    .stroke(Stroke::new(1.5, colour))
            };
            let elements = boxes.all.iter().map(element).collect();
            let formatter = Box::new(|element: &BoxElem, _: &BoxPlot| hover_text(element));
            plot.box_plot(BoxPlot::new(one.name.as_str(), elements).element_formatter(formatter));
            let dots = PlotPoints::from(boxes.dots.clone());
            plot.points(Points::new("single run", dots).radius(4.0).color(colour));
            if !hidden.contains("outlier") {
                let beyond = PlotPoints::from(boxes.beyond.clone());
                let beyond = Points::new("outlier", beyond).shape(MarkerShape::Cross);
                plot.points(beyond.radius(5.0).color(palette.warn));
            }
        }
    });
}

fn plotted(spread: &Spread) -> BoxSpread {
    let [low, middle, high] = spread.quartiles;
    BoxSpread::new(spread.whiskers.0, low, middle, high, spread.whiskers.1)
}

/// Returns the tooltip of a box.
fn hover_text(element: &BoxElem) -> String {
    let spread = &element.spread;
    format!(
        "{}\nmedian {}\nmiddle half {}\nwhiskers {}",
        element.name,
        lab_format::time(spread.median),
        lab_format::time_range(spread.quartile1, spread.quartile3),
        lab_format::time_range(spread.lower_whisker, spread.upper_whisker),
    )
}

/// Describes the plot for screen readers.
fn spoken(boxes: &[Boxes], label: &str) -> String {
    let one = |(_, spread, _, name): &(f64, Spread, usize, String)| {
        let [low, _, high] = spread.quartiles;
        format!("{name}: middle half {}", lab_format::time_range(low, high))
    };
    let few = boxes.iter().flat_map(|boxes| boxes.few.iter().cloned());
    let all = boxes.iter().flat_map(|boxes| &boxes.all).map(one);
    let all: Vec<String> = few.chain(all).collect();
    format!(
        "Box plots of completion time over {label}. {}",
        all.join(", ")
    )
}
