//! Completion time, throughput, speed-up or efficiency over the varied quantity: a dot per run, a
//! line through the medians.
//!
//! A linear vertical axis starts at zero, so that heights are proportional to values. Categories get bars.

use eframe::egui::{Ui, Vec2};
use egui_plot::{
    Bar, BarChart, HLine, HoverPosition, Line, MarkerShape, PlotPoints, PlotUi, Points,
};

use super::super::axis::Axis;
use super::super::http3_line::Http3Line;
use super::super::legend::{self, Entry, Mark};
use super::PlotSettings;
use super::curve_points::Curve;
use crate::lab::Sweep;
use crate::lab::export::{VerticalScale, has_bars, logarithmic_marks};
use crate::lab::report::metric::Metric;
use crate::ui::compare::model_overlay::ModelOverlay;
use crate::ui::compare::series::Series;
use crate::ui::format::capital;
use crate::ui::tokens::Palette;
use crate::ui::widgets::chart::{AxisTicks, Chart};
use crate::ui::widgets::ticks::{Tick, Unit};

/// Returns the labels of a logarithmic axis.
fn logarithmic_ticks(metric: Metric, (low, high): (f64, f64)) -> Vec<Tick> {
    let figures = logarithmic_marks(low, high).into_iter();
    figures
        .map(|figure| (figure.log10(), metric.format(figure)))
        .collect()
}

/// Draws the plot of a metric.
pub(super) fn ui(
    ui: &mut Ui,
    choice: &mut PlotSettings,
    shown: &[Series<'_>],
    metric: Metric,
    size: Vec2,
) {
    let palette = Palette::of(ui);
    let axis = Axis::new(shown, choice.scale);
    let curve = |one: &Series<'_>| {
        let sweep = &one.experiment.plan.sweep;
        let is_bar = has_bars(sweep, choice.scale, choice.vertical);
        let aside = match is_bar {
            true => axis.aside_of_bar(one.place, shown.len()),
            false => axis.aside(one.place, shown.len()),
        };
        Curve {
            bars: is_bar.then(|| axis.bar_width(shown.len())),
            ..Curve::new(one.experiment, metric, &axis, aside)
        }
    };
    let curves: Vec<Curve> = shown.iter().map(curve).collect();
    let overlays: Vec<ModelOverlay> = shown
        .iter()
        .map(|one| ModelOverlay::new(one.experiment, metric, &axis))
        .collect();
    let http3 = Http3Line::all(shown, metric, palette);
    let before = ui.cursor().top();
    let mut entries = entries(shown, &curves, &overlays, palette);
    entries.extend(Http3Line::legend(&http3));
    legend::ui(ui, &capital(metric.label()), &entries, &mut choice.hidden);
    let height = size.y - (ui.cursor().top() - before);
    let measured = curves.iter().map(Curve::top).fold(0.0, f64::max);
    let tops = overlays.iter().map(|overlay| overlay.top(measured));
    let lines = http3.iter().map(Http3Line::top);
    let top = tops.chain(lines).fold(measured, f64::max);
    let vertical = choice.vertical;
    let bottom = curves.iter().map(Curve::bottom).fold(f64::MAX, f64::min);
    let bottoms = overlays.iter().map(|overlay| overlay.bottom(bottom));
    let lines = http3.iter().map(Http3Line::bottom);
    let range = vertical.range(bottoms.chain(lines).fold(bottom, f64::min), top);
    let ticks = logarithmic_ticks(metric, range);
    let overlays: Vec<ModelOverlay> = overlays.into_iter().map(|one| one.on(vertical)).collect();
    let curves: Vec<Curve> = curves.into_iter().map(|one| one.on(vertical)).collect();
    let (marks, x) = (axis.marks(), axis.range());
    let chart = Chart {
        id: metric.label(),
        size: eframe::egui::vec2(size.x, height),
        x: x.clone(),
        y: range.0..=range.1,
        x_ticks: AxisTicks::Fixed(&marks),
        y_ticks: match vertical {
            VerticalScale::Linear => AxisTicks::Numeric(unit(metric)),
            VerticalScale::Logarithmic => AxisTicks::Fixed(&ticks),
        },
        label: axis.title(),
        spoken: spoken(shown, &curves, &overlays, metric, &axis, vertical)
            + &Http3Line::spoken_all(&http3, metric),
    };
    let PlotSettings { zoom, hidden, .. } = choice;
    let read = |at: &HoverPosition<'_>| read(at, shown, &curves, metric, &axis, vertical);
    chart.show(ui, zoom, read, |plot| {
        let is_hidden = |name: &str| hidden.contains(name);
        // Drawn first, and so beneath the measurements.
        paint_overlays(plot, shown, &overlays, palette, range.1, &is_hidden);
        Http3Line::paint_all(&http3, plot, &x, vertical, &is_hidden);
        if vertical == VerticalScale::Linear {
            let zero = HLine::new("", 0.0).color(palette.weak).width(1.0);
            plot.hline(zero.allow_hover(false));
        }
        for (one, curve) in shown.iter().zip(&curves) {
            if !is_hidden(&one.name) {
                paint_curve(
                    plot,
                    one,
                    shown.len() == 1,
                    curve,
                    (palette, range.0),
                    &is_hidden,
                );
            }
        }
    });
}

fn unit(metric: Metric) -> Unit {
    match metric {
        Metric::Time => Unit::Seconds,
        Metric::Throughput => Unit::Rate,
        Metric::SpeedUp => Unit::Times,
        Metric::Efficiency => Unit::Percent,
    }
}

fn entries(
    shown: &[Series<'_>],
    curves: &[Curve],
    overlays: &[ModelOverlay],
    palette: &Palette,
) -> Vec<Entry> {
    let mut entries = vec![Entry::new(Mark::Run, "single run")];
    if curves.iter().any(|curve| !curve.far.at.is_empty()) {
        entries.push(Entry::new(Mark::Far, "outlier"));
    }
    if curves.iter().any(|curve| !curve.late.at.is_empty()) {
        entries.push(Entry::new(Mark::Late, "unreliable"));
    }
    if let [_] = shown {
        entries.push(Entry::new(Mark::Median, "median"));
        entries.extend(overlays.iter().flat_map(ModelOverlay::legend));
        return entries;
    }
    let series = |one: &Series<'_>| {
        Entry::new(
            Mark::Series(one.mark(), one.colour(palette)),
            one.name.as_str(),
        )
    };
    entries.extend(shown.iter().map(series));
    if overlays
        .iter()
        .any(|overlay| !overlay.predicted().is_empty())
    {
        entries.push(Entry::new(Mark::PredictedOfEach, "predicted"));
    }
    if let Some(overlay) = overlays.first().filter(|_| has_one_link(shown)) {
        entries.extend(overlay.limits_legend());
    }
    entries
}

/// Returns whether all experiments ran over the same link with the same file, so that its limits are
/// those of all.
fn has_one_link(shown: &[Series<'_>]) -> bool {
    let key = |one: &Series<'_>| (one.experiment.plan.link.clone(), one.experiment.len);
    shown.windows(2).all(|two| key(&two[0]) == key(&two[1]))
}

/// Draws the complete overlay of a single experiment, or only the predictions of several.
fn paint_overlays(
    plot: &mut PlotUi<'_>,
    shown: &[Series<'_>],
    overlays: &[ModelOverlay],
    palette: &Palette,
    top: f64,
    is_hidden: &dyn Fn(&str) -> bool,
) {
    if let ([_], [overlay]) = (shown, overlays) {
        overlay.paint(plot, palette, top, is_hidden);
        return;
    }
    if let Some(overlay) = overlays.first().filter(|_| has_one_link(shown)) {
        overlay.paint_limits(plot, palette, top, is_hidden);
    }
    for (one, overlay) in shown.iter().zip(overlays) {
        if is_hidden("predicted") || is_hidden(&one.name) {
            continue;
        }
        let line = Line::new("", PlotPoints::from(overlay.predicted().to_vec()))
            .color(one.colour(palette).gamma_multiply(0.55))
            .width(Mark::PREDICTED_WIDTH)
            .style(Mark::Predicted.style());
        plot.line(line.allow_hover(false));
    }
}

fn paint_curve(
    plot: &mut PlotUi<'_>,
    one: &Series<'_>,
    is_alone: bool,
    curve: &Curve,
    (palette, bottom): (&Palette, f64),
    is_hidden: &dyn Fn(&str) -> bool,
) {
    if let Some(current) = curve.current {
        // Marks the value of the current run.
        let mark = Points::new("being run", PlotPoints::from(vec![[current, bottom]]))
            .shape(MarkerShape::Up)
            .radius(7.0)
            .color(palette.warn);
        plot.points(mark.allow_hover(false));
    }
    let colour = one.colour(palette);
    let dots = if is_alone {
        palette.weak
    } else {
        colour.gamma_multiply(0.6)
    };
    let medians = PlotPoints::from(curve.medians.at.clone());
    // Links are no numbers: a line between their medians would show a course that is none.
    let is_course = curve.bars.is_none() && !matches!(one.experiment.plan.sweep, Sweep::Link(_));
    if let Some(width) = curve.bars.filter(|_| !(is_alone && is_hidden("median"))) {
        let bar = |at: &[f64; 2]| Bar::new(at[0], at[1]).width(width);
        let bars = curve.medians.at.iter().map(bar).collect();
        let bars = BarChart::new("", bars).color(colour.gamma_multiply(0.45));
        plot.bar_chart(bars.allow_hover(false));
    }
    if is_course && !(is_alone && is_hidden("median")) {
        let line = Line::new("", medians).color(colour).width(2.0);
        plot.line(line.allow_hover(false));
    }
    if !is_hidden("single run") {
        let runs = PlotPoints::from(curve.runs.at.clone());
        plot.points(
            Points::new(name(one, "single run"), runs)
                .radius(3.5)
                .color(dots),
        );
    }
    if !is_hidden("unreliable") {
        let late = PlotPoints::from(curve.late.at.clone());
        let late = Points::new(name(one, "unreliable"), late).filled(false);
        plot.points(late.radius(4.5).color(palette.warn));
    }
    if !is_hidden("outlier") {
        let far = PlotPoints::from(curve.far.at.clone());
        let far = Points::new(name(one, "outlier"), far).shape(MarkerShape::Cross);
        plot.points(far.radius(5.0).color(palette.warn));
    }
    if !(is_alone && is_hidden("median")) {
        let medians = PlotPoints::from(curve.medians.at.clone());
        let medians = Points::new(name(one, "median"), medians).shape(one.mark());
        plot.points(medians.radius(5.5).color(colour));
    }
}

/// Returns the name of a group of points: experiment and kind.
fn name(one: &Series<'_>, what: &str) -> String {
    if one.name.is_empty() {
        return what.to_owned();
    }
    format!("{}, {what}", one.name)
}

/// Returns the tooltip of a point.
fn read(
    at: &HoverPosition<'_>,
    shown: &[Series<'_>],
    curves: &[Curve],
    metric: Metric,
    axis: &Axis,
    vertical: VerticalScale,
) -> Option<String> {
    let HoverPosition::NearDataPoint {
        plot_name,
        position,
        index,
    } = at
    else {
        return None;
    };
    for (one, curve) in shown.iter().zip(curves) {
        let groups = [
            ("single run", &curve.runs),
            ("outlier", &curve.far),
            ("unreliable", &curve.late),
            ("median", &curve.medians),
        ];
        for (what, spots) in groups {
            if name(one, what) == *plot_name {
                return Some(format!("{plot_name}\n{}", spots.words.get(*index)?));
            }
        }
    }
    let value = axis.nearest(position.x)?;
    let figure = metric.format(vertical.figure(position.y));
    Some(format!("{plot_name}\n{value} {}\n{figure}", axis.label))
}

/// Describes the plot for screen readers.
fn spoken(
    shown: &[Series<'_>],
    curves: &[Curve],
    overlays: &[ModelOverlay],
    metric: Metric,
    axis: &Axis,
    vertical: VerticalScale,
) -> String {
    let said = |points: &[[f64; 2]]| {
        let point = |[x, y]: &[f64; 2]| {
            let figure = metric.format(vertical.figure(*y));
            Some(format!("{}: {figure}", axis.nearest(*x)?))
        };
        points
            .iter()
            .filter_map(point)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut spoken = format!("Plot of {} over {}", metric.label(), axis.label);
    for ((one, curve), overlay) in shown.iter().zip(curves).zip(overlays) {
        let of = if one.name.is_empty() {
            String::new()
        } else {
            format!(" of {}", one.name)
        };
        spoken += &format!(". Medians{of}: {}", said(&curve.medians.at));
        if !overlay.predicted().is_empty() {
            spoken += &format!(". Predicted{of}: {}", said(overlay.predicted()));
        }
    }
    spoken
}
