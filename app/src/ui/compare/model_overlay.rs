//! The link model's view of an experiment, drawn beneath the measurements: predicted times,
//! closed-form limits, and the number of connections that fills the link.

use eframe::egui::{Align2, RichText};
use egui_plot::{
    FilledArea, Line, MarkerShape, PlotPoint, PlotPoints, PlotUi, Points, Text, VLine,
};
use lanes_shared::link::{Link, limiting_factor};

use super::axis::Axis;
use super::legend::{Entry, Mark};
use crate::lab::export::VerticalScale;
use crate::lab::report::metric::{Base, Metric};
use crate::lab::{Experiment, Sweep};
use crate::ui::tokens::Palette;

/// A limit above this factor of the measured values is not made visible.
const FAR_LIMIT: f64 = 3.0;

/// The model's lines in the shown metric.
#[derive(Default)]
pub(super) struct ModelOverlay {
    /// Medians of the predicted times.
    predicted: Vec<[f64; 2]>,
    /// Lower and upper end of the band that contains 80 % of the predicted times.
    band: [Vec<f64>; 2],
    /// Size ÷ link rate: a limit for any number of connections.
    link_line: Vec<[f64; 2]>,
    /// Size ÷ (N × rate of one connection): the time without any other limit.
    connections_line: Vec<[f64; 2]>,
    /// The ideal: every connection adds as much as the first.
    ideal: Vec<[f64; 2]>,
    /// The number of connections that fills the link, with its position.
    knee: Option<(f64, usize)>,
    /// Links are swept: no line joins their predictions.
    are_links: bool,
}

impl ModelOverlay {
    /// Computes the overlay of an experiment from what is known so far.
    pub(super) fn new(experiment: &Experiment, metric: Metric, axis: &Axis) -> Self {
        let mut overlay = Self {
            are_links: matches!(experiment.plan.sweep, Sweep::Link(_)),
            ..Self::default()
        };
        let base = experiment.predicted_base();
        for one in &experiment.predictions {
            let seen = |secs| metric.of(experiment, base, one.value as f64, secs);
            let figures = (
                seen(one.median_secs),
                seen(one.low_secs),
                seen(one.high_secs),
            );
            if let (Some(at), (Some(median), Some(a), Some(b))) =
                (axis.position(one.value), figures)
            {
                overlay.predicted.push([at, median]);
                overlay.band[0].push(a.min(b));
                overlay.band[1].push(a.max(b));
            }
        }
        if let Some(link) = experiment.plan.link() {
            overlay.add_limits(experiment, &link, metric, axis);
        }
        overlay.add_ideal(experiment, metric, axis);
        overlay
    }

    fn add_limits(&mut self, experiment: &Experiment, link: &Link, metric: Metric, axis: &Axis) {
        let base = experiment.base().or(experiment.predicted_base());
        let line = |times: Vec<(f64, f64)>| see(experiment, metric, base, axis, &times);
        let values = experiment.plan.sweep.values();
        let fixed = usize::from(experiment.plan.connections);
        let (link_times, connections_times) = match (&experiment.plan.sweep, experiment.len) {
            (Sweep::Connections(_), Some(len)) => {
                self.knee = limiting_factor::knee(link)
                    .and_then(|knee| Some((axis.along(knee as f64)?, knee)))
                    // Without a bend if the link is already full at the first value.
                    .filter(|_| {
                        let first = values.first().copied().unwrap_or(0);
                        limiting_factor::knee(link).is_some_and(|knee| knee as u64 > first)
                    });
                (
                    link_times(link, &values, |_| len),
                    connections_times(link, len, &values),
                )
            }
            (Sweep::FileSize(_), _) => {
                let secs = |len| limiting_factor::connections_line_secs(link, len, fixed);
                let time = |len: &u64| Some((*len as f64, secs(*len)?));
                let times = values.iter().filter_map(time).collect();
                (link_times(link, &values, |len| len), times)
            }
            _ => return,
        };
        // A connection limit far below the link's limit does not apply.
        let first = |times: &[(f64, f64)]| times.first().map(|time| time.1);
        let is_beyond = match (first(&link_times), first(&connections_times)) {
            (Some(link), Some(connections)) => connections < link,
            _ => false,
        };
        self.link_line = line(link_times);
        if !is_beyond {
            self.connections_line = line(connections_times);
        }
    }

    /// Adds the ideal speed-up, or the ideal efficiency of 1.
    fn add_ideal(&mut self, experiment: &Experiment, metric: Metric, axis: &Axis) {
        let values = match (&experiment.plan.sweep, metric) {
            (Sweep::Connections(_), Metric::SpeedUp | Metric::Efficiency) => {
                experiment.plan.sweep.values()
            }
            _ => return,
        };
        let Some(first) = values.first().map(|first| *first as f64) else {
            return;
        };
        let figure = |number: f64| match metric {
            Metric::Efficiency => 1.0,
            _ => number / first,
        };
        let numbers = between(&values).into_iter();
        let point = |number: f64| Some([axis.along(number)?, figure(number)]);
        self.ideal = numbers.filter_map(point).collect();
        // The ideal replaces the limit of the connections.
        self.connections_line.clear();
    }

    /// Returns the maximum value that must be visible besides the measured ones, of which `measured` is the
    /// maximum. A limit of the link is what the curve is about, unless it lies so far above that it
    /// would flatten the curve.
    pub(super) fn top(&self, measured: f64) -> f64 {
        let band = self.band[1].iter().copied().fold(measured, f64::max);
        let limits = self.link_line.iter().map(|point| point[1]);
        let limit = limits.fold(0.0, f64::max);
        if limit <= band * FAR_LIMIT {
            band.max(limit)
        } else {
            band
        }
    }

    /// Returns the smallest positive figure of the predictions and of the limit of the link, or `measured` if
    /// that is smaller.
    pub(super) fn bottom(&self, measured: f64) -> f64 {
        let limits = self.link_line.iter().map(|point| point[1]);
        let all = self.band[0].iter().copied().chain(limits);
        all.filter(|figure| *figure > 0.0).fold(measured, f64::min)
    }

    /// Replaces all figures by their heights on a scale.
    #[must_use]
    pub(super) fn on(mut self, scale: VerticalScale) -> Self {
        let lines = [
            &mut self.predicted,
            &mut self.link_line,
            &mut self.connections_line,
            &mut self.ideal,
        ];
        for point in lines.into_iter().flatten() {
            point[1] = scale.height(point[1]);
        }
        for figure in self.band.iter_mut().flatten() {
            *figure = scale.height(*figure);
        }
        self
    }

    /// Returns the predicted medians.
    pub(super) fn predicted(&self) -> &[[f64; 2]] {
        &self.predicted
    }

    /// Returns the legend entries of the drawn lines.
    pub(super) fn legend(&self) -> Vec<Entry> {
        let predicted =
            (!self.predicted.is_empty()).then(|| Entry::new(Mark::Predicted, "predicted"));
        predicted.into_iter().chain(self.limits_legend()).collect()
    }

    /// Returns the legend entries of the limits.
    pub(super) fn limits_legend(&self) -> Vec<Entry> {
        let entries = [
            (
                !self.link_line.is_empty(),
                Mark::LinkLimit,
                "limit of the link",
            ),
            (
                !self.connections_line.is_empty(),
                Mark::ConnectionsLimit,
                "ideal (N × one)",
            ),
            (
                !self.ideal.is_empty(),
                Mark::ConnectionsLimit,
                "ideal (N × one)",
            ),
            (self.knee.is_some(), Mark::Knee, "link full from here"),
        ];
        let drawn = entries.into_iter().filter(|(is_drawn, ..)| *is_drawn);
        drawn
            .map(|(_, mark, words)| Entry::new(mark, words))
            .collect()
    }

    /// Draws all visible lines; `top` is the upper end of the vertical axis.
    pub(super) fn paint(
        &self,
        plot: &mut PlotUi<'_>,
        palette: &Palette,
        top: f64,
        is_hidden: &dyn Fn(&str) -> bool,
    ) {
        self.paint_limits(plot, palette, top, is_hidden);
        if !is_hidden("predicted") {
            self.paint_predicted(plot, palette);
        }
    }

    /// Draws the visible limits.
    pub(super) fn paint_limits(
        &self,
        plot: &mut PlotUi<'_>,
        palette: &Palette,
        top: f64,
        is_hidden: &dyn Fn(&str) -> bool,
    ) {
        let limit = |points: &Vec<[f64; 2]>, mark: Mark| {
            Line::new("", PlotPoints::from(points.clone()))
                .color(palette.weak)
                .width(1.5)
                .style(mark.style())
                .allow_hover(false)
        };
        for (name, points, mark) in [
            ("limit of the link", &self.link_line, Mark::LinkLimit),
            (
                "ideal (N × one)",
                &self.connections_line,
                Mark::ConnectionsLimit,
            ),
            ("ideal (N × one)", &self.ideal, Mark::ConnectionsLimit),
        ] {
            if !is_hidden(name) {
                plot.line(limit(points, mark));
            }
        }
        if let Some((at, connections)) = self.knee.filter(|_| !is_hidden("link full from here")) {
            let line = VLine::new("", at)
                .color(palette.warn)
                .width(1.5)
                .style(Mark::Knee.style());
            plot.vline(line.allow_hover(false));
            let words = RichText::new(format!(" link full from {connections}")).small();
            let text = Text::new("", PlotPoint::new(at, top), words)
                .color(palette.warn)
                .anchor(Align2::LEFT_TOP);
            plot.text(text.allow_hover(false));
        }
    }

    fn paint_predicted(&self, plot: &mut PlotUi<'_>, palette: &Palette) {
        if self.are_links {
            let points = Points::new("predicted", PlotPoints::from(self.predicted.clone()))
                .shape(MarkerShape::Square)
                .radius(9.0)
                .color(palette.predicted.gamma_multiply(0.45));
            plot.points(points);
            return;
        }
        if self.predicted.len() > 1 {
            let places: Vec<f64> = self.predicted.iter().map(|point| point[0]).collect();
            let [low, high] = &self.band;
            let band = FilledArea::new("", &places, low, high)
                .fill_color(palette.predicted.gamma_multiply(0.16));
            plot.add(band.allow_hover(false));
        }
        // Wide enough to stay visible beneath a measured line.
        let predicted = Line::new("predicted", PlotPoints::from(self.predicted.clone()))
            .color(palette.predicted.gamma_multiply(0.6))
            .width(Mark::PREDICTED_WIDTH)
            .style(Mark::Predicted.style());
        plot.line(predicted);
    }
}

/// Converts times to points of the metric.
fn see(
    experiment: &Experiment,
    metric: Metric,
    base: Option<Base>,
    axis: &Axis,
    times: &[(f64, f64)],
) -> Vec<[f64; 2]> {
    let point = |(number, secs): &(f64, f64)| {
        let figure = metric.of(experiment, base, *number, *secs)?;
        Some([axis.along(*number)?, figure])
    };
    times.iter().filter_map(point).collect()
}

/// Returns size ÷ link rate for each value; `len` returns a value's file size.
fn link_times(link: &Link, values: &[u64], len: impl Fn(u64) -> u64) -> Vec<(f64, f64)> {
    let time = |value: &u64| {
        Some((
            *value as f64,
            limiting_factor::link_line_secs(link, len(*value))?,
        ))
    };
    values.iter().filter_map(time).collect()
}

/// Returns size ÷ (N × rate of one connection) as a curve over the range of values.
fn connections_times(link: &Link, len: u64, values: &[u64]) -> Vec<(f64, f64)> {
    let Some(of_one) = limiting_factor::connections_line_secs(link, len, 1) else {
        return Vec::new();
    };
    // The server may limit the number of connections.
    let most = link.max_connections().map_or(f64::INFINITY, f64::from);
    let numbers = between(values).into_iter();
    numbers
        .map(|number| (number, of_one / number.min(most)))
        .collect()
}

/// Number of segments of the curve between two values.
const PIECES: u32 = 12;

/// Returns the values with interpolated numbers between them.
fn between(values: &[u64]) -> Vec<f64> {
    let mut numbers: Vec<f64> = Vec::new();
    for pair in values.windows(2) {
        let (from, to) = (pair[0] as f64, pair[1] as f64);
        let share = |piece| f64::from(piece) / f64::from(PIECES);
        numbers.extend((0..PIECES).map(|piece| from + share(piece) * (to - from)));
    }
    numbers.extend(values.last().map(|last| *last as f64));
    numbers
}

#[cfg(test)]
mod tests;
