//! The runs over HTTP/3 in a plot: a line across it at their median, and a band from the shortest to the
//! longest.

use std::ops::RangeInclusive;

use eframe::egui::Color32;
use egui_plot::{HLine, PlotPoints, PlotUi, Polygon};

use super::legend::{Entry, Mark};
use super::series::Series;
use crate::lab::export::VerticalScale;
use crate::lab::report::http3::HTTP3_NAME;
use crate::lab::report::metric::Metric;
use crate::ui::tokens::Palette;

/// The figures of one experiment over HTTP/3.
pub(super) struct Http3Line {
    /// Figures of the shortest time, the median and the longest time.
    figures: [f64; 3],
    colour: Color32,
    /// Name of the experiment; empty if it is the only one.
    of: String,
}

impl Http3Line {
    /// Returns the line of an experiment in this metric; `None` without a good run.
    fn new(one: &Series<'_>, metric: Metric, palette: &Palette) -> Option<Self> {
        let summary = one.experiment.http3.summary.as_ref()?;
        let figure = |secs| metric.of_http3(one.experiment, secs);
        Some(Self {
            figures: [
                figure(summary.min_secs)?,
                figure(summary.median_secs)?,
                figure(summary.max_secs)?,
            ],
            colour: match &one.name[..] {
                "" => palette.good,
                _ => one.colour(palette),
            },
            of: one.name.clone(),
        })
    }

    /// Returns the lines of all experiments that have one.
    pub(super) fn all(shown: &[Series<'_>], metric: Metric, palette: &Palette) -> Vec<Self> {
        let lines = shown.iter().map(|one| Self::new(one, metric, palette));
        lines.flatten().collect()
    }

    /// Returns the entry of the legend.
    pub(super) fn legend(lines: &[Self]) -> Option<Entry> {
        lines
            .first()
            .map(|line| Entry::new(line.mark(), HTTP3_NAME))
    }

    /// Draws the lines over the horizontal range `x`, unless they or their experiments are hidden.
    pub(super) fn paint_all(
        lines: &[Self],
        plot: &mut PlotUi<'_>,
        x: &RangeInclusive<f64>,
        vertical: VerticalScale,
        is_hidden: &dyn Fn(&str) -> bool,
    ) {
        for line in lines {
            if !is_hidden(HTTP3_NAME) && !is_hidden(&line.of) {
                line.paint(plot, x, vertical);
            }
        }
    }

    /// Describes the lines for screen readers.
    pub(super) fn spoken_all(lines: &[Self], metric: Metric) -> String {
        lines.iter().map(|line| line.spoken(metric)).collect()
    }

    fn mark(&self) -> Mark {
        Mark::Http3(self.colour)
    }

    /// Returns the highest figure.
    pub(super) fn top(&self) -> f64 {
        self.figures.into_iter().fold(0.0, f64::max)
    }

    /// Returns the lowest figure.
    pub(super) fn bottom(&self) -> f64 {
        self.figures.into_iter().fold(f64::MAX, f64::min)
    }

    fn paint(&self, plot: &mut PlotUi<'_>, x: &RangeInclusive<f64>, vertical: VerticalScale) {
        let [low, median, high] = self.figures.map(|figure| vertical.height(figure));
        let (left, right) = (*x.start(), *x.end());
        let corners = vec![[left, low], [right, low], [right, high], [left, high]];
        let band = Polygon::new("", PlotPoints::from(corners))
            .fill_color(self.colour.gamma_multiply(0.14))
            .stroke((0.0, Color32::TRANSPARENT));
        plot.polygon(band.allow_hover(false));
        let name = match &self.of[..] {
            "" => HTTP3_NAME.to_owned(),
            of => format!("{of}, {HTTP3_NAME}"),
        };
        let line = HLine::new(name, median).color(self.colour).width(2.0);
        plot.hline(line.style(self.mark().style()));
    }

    fn spoken(&self, metric: Metric) -> String {
        let of = match &self.of[..] {
            "" => String::new(),
            of => format!(" of {of}"),
        };
        format!(". {HTTP3_NAME}{of}: {}", metric.format(self.figures[1]))
    }
}
