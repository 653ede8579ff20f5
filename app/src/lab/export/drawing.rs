//! Export as a plot: a dot for each run, a line through the medians, and a dashed line for the
//! predictions of the link model.

mod heading;

use std::ops::Range;
use std::sync::Arc;

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::Ranged as _;
use plotters::prelude::*;

use super::ExportError;
use super::axis::Axis;
use super::canvas::{Area, Drawn, PNG_SCALE, SIZE, colour, embed_font, png, svg};
use super::scale::{Scale, VerticalScale, has_bars};
use super::vertical_axis::VerticalAxis;
use lanes_engine::one_line;
use lanes_shared::link::limiting_factor::link_line_secs;

use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::prediction::Prediction;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::format::wrapped;
use crate::lab::report::label;
use crate::lab::report::metric::{Base, Metric};

/// Height of the title and the legend in units.
const HEADING: u32 = 76;
/// Height of a line of the finding in units, and its width in letters.
const FINDING_LINE: u32 = 20;
const FINDING_WIDTH: usize = 116;
/// Width of the bars of a value, as a share of the distance of two values.
const BARS: f64 = 0.6;
const RUNS: RGBColor = RGBColor(80, 80, 80);
const PREDICTED: RGBColor = RGBColor(150, 60, 160);
const HTTP3: RGBColor = RGBColor(20, 130, 90);

/// The description of an exported plot: what the screen shows around it.
#[derive(Debug, Clone, Default)]
pub struct Caption {
    /// Title; empty for the name of the file.
    pub title: String,
    /// Names of the experiments, in their order; empty for names that distinguish them.
    pub names: Vec<String>,
    /// Finding, written below the plot; may be empty.
    pub finding: String,
    /// Scale of the horizontal axis; `None` for one that fits the values.
    pub scale: Option<Scale>,
    /// Scale of the vertical axis.
    pub vertical: VerticalScale,
}

/// Returns a plot of the metric over the swept values as SVG: a dot for each good run, and a line
/// through the medians, or a bar for each of them if they are categories.
///
/// # Errors
/// [`ExportError::NoRuns`] without a good run, [`ExportError::Draw`] if plotters fails.
pub fn to_svg(
    experiments: &[Arc<Experiment>],
    metric: Metric,
    caption: &Caption,
) -> Result<String, ExportError> {
    let plot = Plot::new(experiments, metric, caption, 1)?;
    svg((SIZE.0, plot.height()), |root| plot.draw(root))
}

/// Returns the same plot as PNG.
///
/// # Errors
/// As [`to_svg`].
pub fn to_png(
    experiments: &[Arc<Experiment>],
    metric: Metric,
    caption: &Caption,
) -> Result<Vec<u8>, ExportError> {
    let plot = Plot::new(experiments, metric, caption, PNG_SCALE)?;
    png((SIZE.0, plot.height()), |root| plot.draw(root))
}

/// The area of a plot inside its axes.
type Chart<'a, DB> = ChartContext<'a, DB, Cartesian2d<Axis, VerticalAxis>>;

/// A plot to draw.
pub(super) struct Plot<'a> {
    experiments: Vec<&'a Experiment>,
    metric: Metric,
    axis: Axis,
    /// Vertical axis, in the unit of the metric.
    vertical: VerticalAxis,
    /// The medians are bars.
    has_bars: bool,
    /// Pixels per unit.
    scale: u32,
    caption: &'a Caption,
    /// Name of each experiment.
    names: Vec<String>,
    /// Lines of the finding.
    finding: Vec<String>,
}

impl<'a> Plot<'a> {
    pub(super) fn new(
        experiments: &'a [Arc<Experiment>],
        metric: Metric,
        caption: &'a Caption,
        scale: u32,
    ) -> Result<Self, ExportError> {
        embed_font();
        let all: Vec<&Experiment> = experiments.iter().map(AsRef::as_ref).collect();
        let names = match caption.names.len() == all.len() {
            true => caption.names.clone(),
            false => label::distinguishing(&all),
        };
        let shown = all.into_iter().zip(names);
        let shown = shown.filter(|(one, _)| !one.summaries.is_empty());
        let (experiments, names): (Vec<&Experiment>, Vec<String>) = shown.unzip();
        let first = experiments.first().ok_or(ExportError::NoRuns)?;
        let applies = metric.applies_to(&first.plan.sweep);
        let metric = if applies { metric } else { Metric::Time };
        let axis = Axis::of(experiments.iter().map(|one| &one.plan.sweep), caption.scale);
        let horizontal = caption.scale.unwrap_or(Scale::Linear);
        let has_bars = has_bars(&first.plan.sweep, horizontal, caption.vertical);
        let mut plot = Self {
            experiments,
            metric,
            axis,
            vertical: VerticalAxis::new(caption.vertical, 0.0, 1.0),
            has_bars,
            scale,
            caption,
            names,
            finding: wrapped(&caption.finding, FINDING_WIDTH),
        };
        let all = plot.experiments.iter().flat_map(|one| {
            let [low, _, high] = plot.predictions(one);
            let limit = plot
                .limit(one)
                .filter(|line| line.iter().all(|at| at.1.is_finite()));
            plot.runs(one)
                .into_iter()
                .chain(low)
                .chain(high)
                .chain(limit.into_iter().flatten())
                .chain(plot.http3(one).into_iter().flatten())
        });
        let (low, high) = all
            .map(|point| caption.vertical.figure(point.1))
            .fold((f64::MAX, 1e-6_f64), |(low, high), figure: f64| {
                (low.min(figure), high.max(figure))
            });
        plot.vertical = VerticalAxis::new(caption.vertical, low, high);
        Ok(plot)
    }

    /// Returns the height of the picture in units.
    pub(super) fn height(&self) -> u32 {
        SIZE.1 + FINDING_LINE * self.finding.len() as u32
    }

    /// Returns the limit of the emulated link, which holds for any number of connections, as a line over
    /// the values; `None` without one, or if links or file sizes are swept.
    fn limit(&self, one: &Experiment) -> Option<Vec<(f64, f64)>> {
        if !matches!(one.plan.sweep, Sweep::Connections(_) | Sweep::PacketLen(_)) {
            return None;
        }
        let secs = link_line_secs(&one.plan.link()?, one.len?)?;
        let point = |value: u64| {
            let figure = self.figure(one, one.base(), value, secs)?;
            Some((self.axis.position(value), figure))
        };
        one.plan.sweep.values().into_iter().map(point).collect()
    }

    /// Returns the times over HTTP/3 as lines across the plot: the shortest, the median and the longest.
    fn http3_lines(&self, one: &Experiment) -> Option<[Vec<(f64, f64)>; 3]> {
        let summary = one.http3.summary.as_ref()?;
        let Range { start, end } = self.axis.range();
        let line = |secs| {
            let figure = self.metric.of_http3(one, secs)?;
            let height = self.caption.vertical.height(figure * self.metric.unit().1);
            let line = vec![(start, height), (end, height)];
            height.is_finite().then_some(line)
        };
        Some([
            line(summary.min_secs)?,
            line(summary.median_secs)?,
            line(summary.max_secs)?,
        ])
    }

    fn http3(&self, one: &Experiment) -> Option<impl Iterator<Item = (f64, f64)> + use<>> {
        self.http3_lines(one)
            .map(|lines| lines.into_iter().flatten())
    }

    fn px(&self, units: u32) -> u32 {
        units * self.scale
    }

    fn figure(&self, one: &Experiment, base: Option<Base>, value: u64, secs: f64) -> Option<f64> {
        let figure = self.metric.of(one, base, value as f64, secs)?;
        let height = self.caption.vertical.height(figure * self.metric.unit().1);
        Some(height).filter(|height| height.is_finite())
    }

    /// Returns the points of the good runs.
    fn runs(&self, one: &Experiment) -> Vec<(f64, f64)> {
        let good = one.runs.iter().filter(|run| run.is_good());
        let point = |value, secs| {
            let figure = self.figure(one, one.base(), value, secs)?;
            Some((self.axis.position(value), figure))
        };
        good.filter_map(|run| point(run.value, run.seconds))
            .collect()
    }

    /// Returns the points of the medians, from left to right.
    fn medians(&self, one: &Experiment) -> Vec<(f64, f64)> {
        let point = |value, secs| {
            let figure = self.figure(one, one.base(), value, secs)?;
            Some((self.axis.position(value), figure))
        };
        let all = one.summaries.iter();
        let mut medians: Vec<(f64, f64)> = all
            .filter_map(|summary| point(summary.value, summary.median_secs))
            .collect();
        medians.sort_by(|a, b| a.0.total_cmp(&b.0));
        medians
    }

    /// Returns the points of the predictions, from left to right: the 10th percentiles, the medians
    /// and the 90th percentiles.
    fn predictions(&self, one: &Experiment) -> [Vec<(f64, f64)>; 3] {
        let mut all: Vec<&Prediction> = one.predictions.iter().collect();
        all.sort_by_key(|one| one.value);
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for prediction in all {
            let times = [
                prediction.low_secs,
                prediction.median_secs,
                prediction.high_secs,
            ];
            let base = one.predicted_base();
            let figures = times.map(|secs| self.figure(one, base, prediction.value, secs));
            let [Some(a), Some(median), Some(b)] = figures else {
                continue;
            };
            let at = self.axis.position(prediction.value);
            for (line, figure) in lines.iter_mut().zip([a.min(b), median, a.max(b)]) {
                line.push((at, figure));
            }
        }
        lines
    }

    fn has_predictions(&self) -> bool {
        self.experiments
            .iter()
            .any(|one| !one.predictions.is_empty())
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, root: &Area<DB>) -> Drawn<DB::ErrorType> {
        root.fill(&WHITE)?;
        self.draw_heading(root)?;
        self.draw_finding(root)?;
        let (unit, _) = self.metric.unit();
        let mut chart = ChartBuilder::on(root)
            .margin(self.px(16))
            .margin_top(self.px(HEADING))
            .margin_bottom(self.px(16 + FINDING_LINE * self.finding.len() as u32))
            .x_label_area_size(self.px(52))
            .y_label_area_size(self.px(72))
            .build_cartesian_2d(self.axis.clone(), self.vertical.clone())?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .label_style(("sans-serif", self.px(15)))
            .axis_desc_style(("sans-serif", self.px(16)))
            .x_desc(self.axis.description.as_str())
            .y_desc(format!("{} ({unit})", self.metric.label()))
            .draw()?;
        for (index, one) in self.experiments.iter().enumerate() {
            let [low, median, high] = self.predictions(one);
            if self.experiments.len() == 1 && !low.is_empty() {
                let band: Vec<_> = low.into_iter().chain(high.into_iter().rev()).collect();
                chart.draw_series([Polygon::new(band, PREDICTED.mix(0.14).filled())])?;
            }
            let colour = self.prediction_colour(index);
            let (dash, gap) = (self.px(7), self.px(5));
            let dashes = colour.stroke_width(self.px(2));
            chart.draw_series(DashedLineSeries::new(median, dash, gap, dashes))?;
        }
        if let Some(limit) = self.shared_limit() {
            let (dash, gap) = (self.px(3), self.px(3));
            let grey = RUNS.stroke_width(self.px(1));
            chart.draw_series(DashedLineSeries::new(limit, dash, gap, grey))?;
        }
        self.draw_http3(&mut chart)?;
        for (index, one) in self.experiments.iter().enumerate() {
            let medians = self.medians(one);
            if self.has_bars {
                let bar = |at: &(f64, f64)| self.bar(index, *at);
                chart.draw_series(medians.iter().map(bar))?;
            } else {
                let line = colour(index).stroke_width(self.px(2));
                chart.draw_series(LineSeries::new(medians.clone(), line))?;
            }
            let mark = |at| EmptyElement::at(at) + self.median_mark(index);
            chart.draw_series(medians.into_iter().map(mark))?;
            // Drawn above the lines, so that every run is visible.
            let dot = |at| EmptyElement::at(at) + self.run_mark(index);
            chart.draw_series(self.runs(one).into_iter().map(dot))?;
        }
        root.present()
    }

    /// Draws the times over HTTP/3: a band and a line at the median.
    fn draw_http3<DB: DrawingBackend>(&self, chart: &mut Chart<'_, DB>) -> Drawn<DB::ErrorType> {
        for one in &self.experiments {
            let Some([low, median, high]) = self.http3_lines(one) else {
                continue;
            };
            let band: Vec<_> = low.into_iter().chain(high.into_iter().rev()).collect();
            chart.draw_series([Polygon::new(band, HTTP3.mix(0.14).filled())])?;
            let line = HTTP3.stroke_width(self.px(2));
            chart.draw_series(DashedLineSeries::new(median, self.px(12), self.px(4), line))?;
        }
        Ok(())
    }

    /// Returns the bar of a median; those of several experiments stand beside each other.
    fn bar(&self, index: usize, (at, height): (f64, f64)) -> Rectangle<(f64, f64)> {
        let count = self.experiments.len() as f64;
        let width = BARS / count;
        let left = at - BARS / 2.0 + width * index as f64;
        let corners = [(left, self.vertical.low), (left + width * 0.92, height)];
        Rectangle::new(corners, colour(index).mix(0.45).filled())
    }

    /// Returns the limit of the link that all experiments share.
    fn shared_limit(&self) -> Option<Vec<(f64, f64)>> {
        let first = self.experiments.first()?;
        let key = |one: &Experiment| (one.plan.link.clone(), one.len);
        let is_shared = self.experiments.iter().all(|one| key(one) == key(first));
        self.limit(first).filter(|_| is_shared)
    }

    /// Writes the finding below the plot.
    fn draw_finding<DB: DrawingBackend>(&self, root: &Area<DB>) -> Drawn<DB::ErrorType> {
        let style = ("sans-serif", self.px(15)).into_text_style(root);
        for (line, text) in self.finding.iter().enumerate() {
            let y = SIZE.1 - 6 + FINDING_LINE * line as u32;
            let at = (self.px(24) as i32, self.px(y) as i32);
            root.draw_text(text, &style, at)?;
        }
        Ok(())
    }

    /// The predictions of a single experiment have their own colour, those of several the colour of
    /// their medians.
    fn prediction_colour(&self, index: usize) -> RGBAColor {
        match self.experiments.len() {
            1 => PREDICTED.to_rgba(),
            _ => colour(index).mix(0.5),
        }
    }

    fn run_mark(&self, index: usize) -> Circle<(i32, i32), i32> {
        let colour = if self.experiments.len() == 1 {
            RUNS
        } else {
            colour(index)
        };
        Circle::new((0, 0), self.px(4) as i32, colour.mix(0.55).filled())
    }

    /// A short bar across the line.
    fn median_mark(&self, index: usize) -> Rectangle<(i32, i32)> {
        let (wide, high) = (self.px(10) as i32, self.px(2) as i32);
        Rectangle::new([(-wide, -high), (wide, high)], colour(index).filled())
    }

    /// Returns the name of the downloaded file; with swept file sizes there are several.
    fn file(&self) -> String {
        let Some(one) = self.experiments.first() else {
            return String::new();
        };
        match one.plan.sweep {
            Sweep::FileSize(_) => "samples".to_owned(),
            _ => one_line(&one.plan.source.name()).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
