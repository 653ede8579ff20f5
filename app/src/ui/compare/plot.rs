//! The plot: completion time over what was varied. Every run a dot, the medians joined.
//!
//! The values stand evenly spaced, each under its own label: 1 and 5 connections would lie on top of
//! each other on a scale that also holds 50. The axis of times begins at zero, so that a height twice
//! as great is a time twice as long.

use eframe::egui::{Role, Ui, Vec2, WidgetInfo};
use egui_plot::{GridMark, HLine, HoverPosition, Line, MarkerShape, Plot, PlotPoints, Points};

use super::legend;
use super::overlay::Overlay;
use crate::lab::words;
use crate::lab::{Experiment, ExperimentState};
use crate::ui::tokens::Palette;

/// How far the dots of one value lie apart, so that equal times are still seen as several runs.
const SPREAD: f64 = 0.24;

/// What is drawn: positions are 0, 1, 2 … in the order of the values.
struct Chart {
    labels: Vec<String>,
    dots: Vec<[f64; 2]>,
    medians: Vec<[f64; 2]>,
    overlay: Overlay,
    top: f64,
    current: Option<f64>,
}

impl Chart {
    fn new(experiment: &Experiment) -> Self {
        let values = experiment.plan.variable.values();
        let place = |value: u64| values.iter().position(|v| *v == value).map(|at| at as f64);
        let rounds = f64::from(experiment.plan.rounds.max(1));
        let aside = |round: u32| (f64::from(round) - (rounds + 1.0) / 2.0) / rounds * SPREAD;
        let dots: Vec<[f64; 2]> = experiment
            .runs
            .iter()
            .filter(|run| run.is_good())
            .filter_map(|run| Some([place(run.value)? + aside(run.round), run.seconds]))
            .collect();
        let medians = experiment
            .summaries
            .iter()
            .filter_map(|summary| Some([place(summary.value)?, summary.median_secs]))
            .collect();
        let overlay = Overlay::new(experiment);
        let top = dots.iter().map(|dot| dot[1]).fold(overlay.top(), f64::max);
        Self {
            labels: values
                .iter()
                .map(|value| words::value(&experiment.plan.variable, *value))
                .collect(),
            top: if top > 0.0 { top * 1.1 } else { 1.0 },
            current: match experiment.state {
                ExperimentState::Running(value) => place(value),
                _ => None,
            },
            overlay,
            dots,
            medians,
        }
    }

    /// The plot in words, for those who cannot see it.
    fn spoken(&self, label: &str) -> String {
        let said = |points: &[[f64; 2]]| {
            let points = points.iter().filter_map(|[x, y]| {
                let value = self.labels.get(*x as usize)?;
                Some(format!("{value}: {}", words::time(*y)))
            });
            points.collect::<Vec<_>>().join(", ")
        };
        let mut spoken = format!(
            "Plot of completion time over {label}. Medians: {}",
            said(&self.medians)
        );
        if !self.overlay.predicted().is_empty() {
            spoken += &format!(". Predicted: {}", said(self.overlay.predicted()));
        }
        spoken
    }
}

pub(super) fn ui(ui: &mut Ui, experiment: &Experiment, size: Vec2) {
    let chart = Chart::new(experiment);
    let label = experiment.plan.variable.label();
    let palette = Palette::of(ui);
    let before = ui.cursor().top();
    legend::ui(ui, &chart.overlay.legend());
    let height = size.y - (ui.cursor().top() - before);
    let count = chart.labels.len();
    let marks: Vec<GridMark> = (0..count)
        .map(|at| GridMark {
            value: at as f64,
            step_size: 1.0,
        })
        .collect();
    let (ticks, names) = (chart.labels.clone(), chart.labels.clone());
    let (bounds, top) = ((-0.5, count as f64 - 0.5), chart.top);
    let response = Plot::new("completion-time")
        .height(height)
        .width(size.x)
        .x_axis_label(label)
        .show_background(false)
        .grid_color(palette.track)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .show_crosshair(false)
        .show_grid([false, true])
        .y_axis_min_width(56.0)
        .x_grid_spacer(move |_| marks.clone())
        .x_axis_formatter(move |mark, _| {
            let at = mark.value.round() as usize;
            ticks.get(at).cloned().unwrap_or_default()
        })
        .y_grid_spacer(move |_| rungs(top))
        .y_axis_formatter(|mark, range| axis_words(mark.value, *range.end()))
        .label_formatter(move |hover| match hover {
            HoverPosition::NearDataPoint {
                plot_name,
                position,
                ..
            } => {
                let value = names.get(position.x.round() as usize)?;
                Some(format!(
                    "{plot_name}\n{value} {label}\n{}",
                    words::time(position.y)
                ))
            }
            HoverPosition::Elsewhere { .. } => None,
        })
        .show(ui, |plot| {
            plot.set_plot_bounds_x(bounds.0..=bounds.1);
            plot.set_plot_bounds_y(0.0..=top);
            // First, and so beneath: what is foreseen.
            chart.overlay.paint(plot, palette, top);
            items(
                plot,
                palette,
                chart.dots.clone(),
                chart.medians.clone(),
                chart.current,
            );
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, chart.spoken(label)));
}

fn items(
    plot: &mut egui_plot::PlotUi<'_>,
    palette: &Palette,
    dots: Vec<[f64; 2]>,
    medians: Vec<[f64; 2]>,
    current: Option<f64>,
) {
    plot.hline(
        HLine::new("", 0.0)
            .color(palette.weak)
            .width(1.0)
            .allow_hover(false),
    );
    if let Some(current) = current {
        // Where the next dot will appear.
        let column = PlotPoints::from(vec![[current, 0.0]]);
        let mark = Points::new("being run", column)
            .shape(MarkerShape::Up)
            .radius(7.0)
            .color(palette.warn);
        plot.points(mark.allow_hover(false));
    }
    let line = Line::new("", PlotPoints::from(medians.clone()))
        .color(palette.accent)
        .width(2.0)
        .allow_hover(false);
    plot.line(line);
    let runs = Points::new("a run", PlotPoints::from(dots))
        .radius(3.5)
        .color(palette.weak);
    plot.points(runs);
    let medians = Points::new("median", PlotPoints::from(medians))
        .radius(5.5)
        .shape(MarkerShape::Diamond)
        .color(palette.accent);
    plot.points(medians);
}

/// The lines of the axis of times: at most six steps of 1, 2 or 5 times a power of ten.
fn rungs(top: f64) -> Vec<GridMark> {
    let rough = top / 6.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|times| times * power)
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(top);
    let count = (top / step).floor() as usize;
    (0..=count)
        .map(|rung| GridMark {
            value: rung as f64 * step,
            step_size: step,
        })
        .collect()
}

/// Times on the axis, all in the unit that suits the highest.
fn axis_words(secs: f64, top: f64) -> String {
    let (number, unit) = if top < 1.0 {
        (secs * 1000.0, "ms")
    } else {
        (secs, "s")
    };
    // As many decimals as the steps between the lines need, and no more.
    let text = format!("{number:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_has_a_handful_of_round_steps() {
        for top in [0.000_3, 0.281, 1.0, 9.9, 42.0, 7200.0] {
            let rungs = rungs(top);
            assert!((3..=7).contains(&rungs.len()), "{top}: {}", rungs.len());
            assert!(rungs.iter().all(|rung| rung.value <= top));
        }
    }

    #[test]
    fn the_axis_has_one_unit() {
        assert_eq!(axis_words(0.5, 2.0), "0.5 s");
        assert_eq!(axis_words(0.0205, 0.08), "20.5 ms");
        assert_eq!(axis_words(0.02, 0.08), "20 ms");
        assert_eq!(axis_words(0.0, 2.0), "0 s");
    }
}
