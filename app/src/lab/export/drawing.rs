//! The plot of experiments as a picture: every run a dot, the medians joined, and under them, dashed,
//! what the model of an emulated link foresees.

use std::sync::{Arc, Once};

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

use super::ExportError;
use super::axis::Axis;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::prediction::Prediction;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::label;
use crate::lab::report::metric::{Base, Metric};

/// Width and height of the picture in steps; an SVG has a pixel a step.
const SIZE: (u32, u32) = (900, 560);
/// Pixels a step of a PNG: sharp on every screen.
const PNG_SCALE: u32 = 2;
/// Height of the title and of what the marks mean, in steps.
const HEADING: u32 = 76;
const RUNS: RGBColor = RGBColor(80, 80, 80);
const FORESEEN: RGBColor = RGBColor(150, 60, 160);
/// The colours of the medians, one an experiment.
const MEDIANS: [RGBColor; 6] = [
    RGBColor(0, 90, 181),
    RGBColor(208, 112, 0),
    RGBColor(11, 107, 99),
    RGBColor(190, 60, 120),
    RGBColor(107, 63, 168),
    RGBColor(95, 98, 21),
];

/// The measure over what was varied, as SVG: every good run a dot, the medians joined, the vertical
/// axis from zero, the values where they stand by size.
///
/// # Errors
/// [`ExportError::NoRuns`] without a good run, [`ExportError::Draw`] when plotters fails.
pub fn to_svg(experiments: &[Arc<Experiment>], metric: Metric) -> Result<String, ExportError> {
    let sheet = Sheet::new(experiments, metric, 1)?;
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    sheet
        .draw(&root)
        .map_err(|error| ExportError::Draw(error.to_string()))?;
    drop(root);
    Ok(svg)
}

/// The same as PNG.
///
/// # Errors
/// As [`to_svg`].
pub fn to_png(experiments: &[Arc<Experiment>], metric: Metric) -> Result<Vec<u8>, ExportError> {
    let failed = |error: String| ExportError::Draw(error);
    let sheet = Sheet::new(experiments, metric, PNG_SCALE)?;
    let (width, height) = (SIZE.0 * PNG_SCALE, SIZE.1 * PNG_SCALE);
    let mut pixels = vec![0; (width * height * 3) as usize];
    let root = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    sheet
        .draw(&root)
        .map_err(|error| failed(error.to_string()))?;
    drop(root);
    let mut png = std::io::Cursor::new(Vec::new());
    let image = image::RgbImage::from_raw(width, height, pixels);
    let image = image.ok_or_else(|| failed("the picture has no size".to_owned()))?;
    let written = image.write_to(&mut png, image::ImageFormat::Png);
    written.map_err(|error| failed(error.to_string()))?;
    Ok(png.into_inner())
}

type Drawn<E> = Result<(), DrawingAreaErrorKind<E>>;
type Area<DB> = DrawingArea<DB, Shift>;

/// A picture to be.
struct Sheet<'a> {
    experiments: Vec<&'a Experiment>,
    metric: Metric,
    axis: Axis,
    /// The upper end of the vertical axis, in the unit of the measure.
    top: f64,
    /// Pixels a step.
    scale: u32,
}

impl<'a> Sheet<'a> {
    fn new(
        experiments: &'a [Arc<Experiment>],
        metric: Metric,
        scale: u32,
    ) -> Result<Self, ExportError> {
        // Only where there is no font its words would be missing; they are part of the program.
        static FONT: Once = Once::new();
        FONT.call_once(|| {
            let font = epaint_default_fonts::UBUNTU_LIGHT;
            let _ = register_font("sans-serif", FontStyle::Normal, font);
        });
        let experiments: Vec<&Experiment> = experiments
            .iter()
            .map(AsRef::as_ref)
            .filter(|one| !one.summaries.is_empty())
            .collect();
        let first = experiments.first().ok_or(ExportError::NoRuns)?;
        // Not every measure can be said of what was varied.
        let fits = metric.applies_to(&first.plan.sweep);
        let metric = if fits { metric } else { Metric::Time };
        let axis = Axis::of(experiments.iter().map(|one| &one.plan.sweep));
        let mut sheet = Self {
            experiments,
            metric,
            axis,
            top: 0.0,
            scale,
        };
        let all = sheet.experiments.iter().flat_map(|one| {
            let [_, _, high] = sheet.foreseen(one);
            sheet.runs(one).into_iter().chain(high)
        });
        sheet.top = all.map(|point| point.1).fold(1e-6, f64::max) * 1.08;
        Ok(sheet)
    }

    fn px(&self, steps: u32) -> u32 {
        steps * self.scale
    }

    fn figure(&self, one: &Experiment, base: Option<Base>, value: u64, secs: f64) -> Option<f64> {
        let figure = self.metric.of(one, base, value as f64, secs)?;
        Some(figure * self.metric.unit().1)
    }

    /// Where the good runs stand.
    fn runs(&self, one: &Experiment) -> Vec<(f64, f64)> {
        let good = one.runs.iter().filter(|run| run.is_good());
        let place = |value, secs| {
            let figure = self.figure(one, one.base(), value, secs)?;
            Some((self.axis.position(value), figure))
        };
        good.filter_map(|run| place(run.value, run.seconds))
            .collect()
    }

    /// Where the medians stand, from left to right.
    fn medians(&self, one: &Experiment) -> Vec<(f64, f64)> {
        let place = |value, secs| {
            let figure = self.figure(one, one.base(), value, secs)?;
            Some((self.axis.position(value), figure))
        };
        let all = one.summaries.iter();
        let mut medians: Vec<(f64, f64)> = all
            .filter_map(|summary| place(summary.value, summary.median_secs))
            .collect();
        medians.sort_by(|a, b| a.0.total_cmp(&b.0));
        medians
    }

    /// What is foreseen, from left to right: the lower end of the band, the medians, its upper end.
    fn foreseen(&self, one: &Experiment) -> [Vec<(f64, f64)>; 3] {
        let mut all: Vec<&Prediction> = one.predictions.iter().collect();
        all.sort_by_key(|one| one.value);
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for foreseen in all {
            let times = [foreseen.low_secs, foreseen.median_secs, foreseen.high_secs];
            let base = one.predicted_base();
            let figures = times.map(|secs| self.figure(one, base, foreseen.value, secs));
            let [Some(a), Some(median), Some(b)] = figures else {
                continue;
            };
            let at = self.axis.position(foreseen.value);
            for (line, figure) in lines.iter_mut().zip([a.min(b), median, a.max(b)]) {
                line.push((at, figure));
            }
        }
        lines
    }

    fn is_foreseen(&self) -> bool {
        self.experiments
            .iter()
            .any(|one| !one.predictions.is_empty())
    }

    fn draw<DB: DrawingBackend>(&self, root: &Area<DB>) -> Drawn<DB::ErrorType> {
        root.fill(&WHITE)?;
        self.draw_heading(root)?;
        // As many decimals as ten marks between 0 and the top need.
        let decimals = (1.0 - self.top.log10()).ceil().max(0.0) as usize;
        let (unit, _) = self.metric.unit();
        let mut chart = ChartBuilder::on(root)
            .margin(self.px(16))
            .margin_top(self.px(HEADING))
            .x_label_area_size(self.px(52))
            .y_label_area_size(self.px(72))
            .build_cartesian_2d(self.axis.clone(), 0.0..self.top)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .label_style(("sans-serif", self.px(15)))
            .axis_desc_style(("sans-serif", self.px(16)))
            .x_desc(self.axis.description.as_str())
            .y_desc(format!("{} ({unit})", self.metric.label()))
            .y_label_formatter(&|y| format!("{y:.decimals$}"))
            .draw()?;
        for (place, one) in self.experiments.iter().enumerate() {
            let [low, median, high] = self.foreseen(one);
            if self.experiments.len() == 1 && !low.is_empty() {
                let band: Vec<_> = low.into_iter().chain(high.into_iter().rev()).collect();
                chart.draw_series([Polygon::new(band, FORESEEN.mix(0.14).filled())])?;
            }
            let colour = self.foreseen_colour(place);
            let (dash, gap) = (self.px(7), self.px(5));
            let dashes = colour.stroke_width(self.px(2));
            chart.draw_series(DashedLineSeries::new(median, dash, gap, dashes))?;
        }
        for (place, one) in self.experiments.iter().enumerate() {
            let medians = self.medians(one);
            let line = colour(place).stroke_width(self.px(2));
            chart.draw_series(LineSeries::new(medians.clone(), line))?;
            let mark = |at| EmptyElement::at(at) + self.median_mark(place);
            chart.draw_series(medians.into_iter().map(mark))?;
            // The dots lie above, so that every run shows.
            let dot = |at| EmptyElement::at(at) + self.run_mark(place);
            chart.draw_series(self.runs(one).into_iter().map(dot))?;
        }
        root.present()
    }

    /// The title, and beneath it what the marks mean: above the plot, where no run can lie.
    fn draw_heading<DB: DrawingBackend>(&self, root: &Area<DB>) -> Drawn<DB::ErrorType> {
        let what = self
            .experiments
            .first()
            .map_or("", |one| one.plan.sweep.label());
        let title = format!("{}: {} by {what}", self.file(), self.metric.label());
        let (middle, line) = (self.px(SIZE.0 / 2) as i32, self.px(56) as i32);
        let centred = Pos::new(HPos::Center, VPos::Center);
        let title_style = ("sans-serif", self.px(22))
            .into_text_style(root)
            .pos(centred);
        root.draw_text(&title, &title_style, (middle, self.px(28) as i32))?;
        let beside = Pos::new(HPos::Left, VPos::Center);
        let style = ("sans-serif", self.px(15))
            .into_text_style(root)
            .pos(beside);
        let names = self.names();
        // As wide as its letters on the whole are.
        let width = |words: &str| (34 + 8 * words.chars().count() as i32) * self.scale as i32;
        let mut at = middle - names.iter().map(|(_, words)| width(words)).sum::<i32>() / 2;
        for (mark, words) in &names {
            let spot = at + self.px(10) as i32;
            match mark {
                Named::Run => root.draw(&(EmptyElement::at((spot, line)) + self.run_mark(0)))?,
                Named::Median(place) => {
                    root.draw(&(EmptyElement::at((spot, line)) + self.median_mark(*place)))?;
                }
                Named::Predicted => {
                    for dash in [-8, 2] {
                        let from = spot + dash * self.scale as i32;
                        let ends = [(from, line), (from + self.px(6) as i32, line)];
                        let colour = self.foreseen_colour(0).stroke_width(self.px(2));
                        root.draw(&PathElement::new(ends, colour))?;
                    }
                }
            }
            root.draw_text(words, &style, (at + self.px(24) as i32, line))?;
            at += width(words);
        }
        Ok(())
    }

    /// What stands in the heading.
    fn names(&self) -> Vec<(Named, String)> {
        let mut names = vec![(Named::Run, "a run".to_owned())];
        if let [_] = self.experiments[..] {
            names.push((Named::Median(0), "median".to_owned()));
        } else {
            let series = self
                .experiments
                .iter()
                .zip(label::distinguishing(&self.experiments));
            names.extend(
                series
                    .enumerate()
                    .map(|(place, (_, name))| (Named::Median(place), name)),
            );
        }
        if self.is_foreseen() {
            names.push((Named::Predicted, "predicted".to_owned()));
        }
        names
    }

    /// What is foreseen of one has its own colour, of several that of their medians.
    fn foreseen_colour(&self, place: usize) -> RGBAColor {
        match self.experiments.len() {
            1 => FORESEEN.to_rgba(),
            _ => colour(place).mix(0.5),
        }
    }

    fn run_mark(&self, place: usize) -> Circle<(i32, i32), i32> {
        let colour = if self.experiments.len() == 1 {
            RUNS
        } else {
            colour(place)
        };
        Circle::new((0, 0), self.px(4) as i32, colour.mix(0.55).filled())
    }

    /// A short bar across the line.
    fn median_mark(&self, place: usize) -> Rectangle<(i32, i32)> {
        let (wide, high) = (self.px(10) as i32, self.px(2) as i32);
        Rectangle::new([(-wide, -high), (wide, high)], colour(place).filled())
    }

    /// The name of the file that was fetched; with file sizes it is another one each time.
    fn file(&self) -> String {
        let Some(one) = self.experiments.first() else {
            return String::new();
        };
        match one.plan.sweep {
            Sweep::FileSize(_) => "samples".to_owned(),
            _ => one.plan.source.name().into_owned(),
        }
    }
}

/// What an entry of the heading stands for.
enum Named {
    Run,
    Median(usize),
    Predicted,
}

fn colour(place: usize) -> RGBColor {
    MEDIANS[place % MEDIANS.len()]
}

#[cfg(test)]
mod tests;
