//! The plot of a lesson. Before the run, a click or a drag draws the guess.

use eframe::egui::{Color32, Role, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{
    GridInput, GridMark, Line, LineStyle, MarkerShape, Plot, PlotPoints, PlotUi, Points,
};

use super::progress::LessonProgress;
use crate::ui::tokens::{Palette, STEP};
use crate::ui::widgets::controls;

/// Height of the plot.
const HEIGHT: f32 = 300.0;
const LEAST: f32 = 200.0;
/// Grid lines of the vertical axis.
const RUNGS: f64 = 6.0;

/// Draws the plot and its legend.
pub(super) fn ui(ui: &mut Ui, progress: &mut LessonProgress) {
    legend_ui(ui, progress);
    if !progress.is_answered() {
        let hint = "Guess: click in the plot above each value, or drag across it";
        ui.label(controls::small(ui, hint));
    }
    let (lesson, palette) = (progress.lesson.clone(), Palette::of(ui));
    let labels: Vec<String> = lesson
        .values
        .iter()
        .map(|value| lesson.varied.value(*value))
        .collect();
    let top = progress.top();
    let last = labels.len() as f64 - 0.5;
    let step = step(top);
    let unit = lesson.measure.unit();
    let x_marks = |_: GridInput| marks(labels.len(), 1.0);
    let y_marks = |_: GridInput| marks((top / step) as usize + 1, step);
    let label = |mark: GridMark| labels.get(mark.value.round() as usize).cloned();
    let height = (ui.ctx().content_rect().height() - 360.0).clamp(LEAST, HEIGHT);
    let shown = Plot::new(("lesson plot", progress.key()))
        .width(ui.available_width())
        .height(height)
        .x_axis_label(lesson.varied.label())
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
        .x_grid_spacer(x_marks)
        .y_grid_spacer(y_marks)
        .x_axis_formatter(|mark, _| label(mark).unwrap_or_default())
        .y_axis_formatter(|mark, _| format!("{} {unit}", plain(mark.value)))
        .label_formatter(|_| None)
        .show(ui, |plot| {
            let bounds = egui_plot::PlotBounds::from_min_max([-0.5, 0.0], [last, top]);
            plot.set_plot_bounds(bounds);
            paint(plot, progress, palette);
        });
    let response = shown.response;
    // A press and a release within one frame move no pointer that is down.
    let is_pressed = response.is_pointer_button_down_on() || response.clicked();
    let pointer = response
        .interact_pointer_pos()
        .or_else(|| response.hover_pos());
    if let Some(pointer) = pointer.filter(|_| is_pressed)
        && !progress.is_answered()
        && !progress.is_running
    {
        let at = shown.transform.value_from_position(pointer);
        draw(progress, at.x, at.y.clamp(0.0, top));
    }
    let spoken = spoken(progress);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
}

/// Sets the guess of the value next to `x`.
fn draw(progress: &mut LessonProgress, x: f64, y: f64) {
    let index = x.round().max(0.0) as usize;
    if let Some(guess) = progress.guesses.get_mut(index) {
        *guess = Some(y);
    }
}

/// Returns the colour of a curve: those that are known before the guess are set back.
fn colour(progress: &LessonProgress, curve: usize, palette: &Palette) -> Color32 {
    if curve == progress.lesson.guessed {
        return palette.predicted;
    }
    let known = (0..curve).filter(|other| *other != progress.lesson.guessed);
    [palette.weak, palette.warn, palette.good][known.count() % 3]
}

fn paint(plot: &mut PlotUi<'_>, progress: &LessonProgress, palette: &Palette) {
    for curve in 0..progress.lesson.curves.len() {
        let points = points(progress.curve(curve).into_iter().map(Some));
        let colour = colour(progress, curve, palette);
        line(plot, points, colour, LineStyle::Solid, MarkerShape::Circle);
    }
    let guess = points(progress.guesses.iter().copied());
    let dashed = LineStyle::dashed_dense();
    line(plot, guess, palette.accent, dashed, MarkerShape::Diamond);
}

fn points(values: impl Iterator<Item = Option<f64>>) -> Vec<[f64; 2]> {
    let point = |(index, value): (usize, Option<f64>)| Some([index as f64, value?]);
    values.enumerate().filter_map(point).collect()
}

fn line(
    plot: &mut PlotUi<'_>,
    points: Vec<[f64; 2]>,
    colour: Color32,
    style: LineStyle,
    shape: MarkerShape,
) {
    let line = Line::new("", PlotPoints::from(points.clone()));
    plot.line(
        line.color(colour)
            .width(2.0)
            .style(style)
            .allow_hover(false),
    );
    let marks = Points::new("", PlotPoints::from(points));
    plot.points(
        marks
            .color(colour)
            .radius(4.5)
            .shape(shape)
            .allow_hover(false),
    );
}

fn legend_ui(ui: &mut Ui, progress: &LessonProgress) {
    let palette = Palette::of(ui);
    let lesson = &progress.lesson;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = STEP / 2.0;
        ui.label(controls::small(
            ui,
            crate::ui::format::capital(lesson.measure.label()),
        ));
        ui.add_space(STEP);
        let mut entry = |shape: Mark, colour: Color32, words: &str| {
            mark_ui(ui, shape, colour);
            ui.label(controls::small(ui, words));
            ui.add_space(STEP);
        };
        entry(Mark::Diamond, palette.accent, "your guess");
        for (index, curve) in lesson.curves.iter().enumerate() {
            let is_simulated = progress
                .results()
                .get(index)
                .is_some_and(|all| !all.is_empty());
            let words = match curve.name.as_str() {
                "" => "simulated",
                name => name,
            };
            if is_simulated {
                entry(Mark::Circle, colour(progress, index, palette), words);
            }
        }
    });
}

/// The shape of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The mark of results.
    Circle,
    /// The mark of the guess.
    Diamond,
}

/// Draws a mark in the height of a line.
pub(super) fn mark_ui(ui: &mut Ui, mark: Mark, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 16.0), Sense::hover());
    let (centre, radius) = (rect.center(), 4.5);
    match mark {
        Mark::Circle => {
            ui.painter().circle_filled(centre, radius, colour);
        }
        Mark::Diamond => {
            let way = [
                vec2(0.0, -radius),
                vec2(radius, 0.0),
                vec2(0.0, radius),
                vec2(-radius, 0.0),
            ];
            let corners = way.map(|way| centre + way).to_vec();
            let shape = Shape::convex_polygon(corners, colour, Stroke::NONE);
            ui.painter().add(shape);
        }
    }
}

/// Returns a round step that divides `top` into a few.
fn step(top: f64) -> f64 {
    let rough = top / RUNGS;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
    steps
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough)
}

fn marks(count: usize, step_size: f64) -> Vec<GridMark> {
    let mark = |rung| GridMark {
        value: rung as f64 * step_size,
        step_size,
    };
    (0..count).map(mark).collect()
}

/// Formats a number without trailing zeros.
fn plain(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Describes the plot for screen readers.
fn spoken(progress: &LessonProgress) -> String {
    let lesson = &progress.lesson;
    let mut words = format!(
        "Plot of {} over {}",
        lesson.measure.label(),
        lesson.varied.label()
    );
    let mut say = |name: &str, values: Vec<(f64, f64)>| {
        let point = |(value, result): &(f64, f64)| {
            let value = lesson.varied.with_unit(*value);
            format!("{value}: {}", lesson.measure.text(*result))
        };
        if !values.is_empty() {
            let all: Vec<String> = values.iter().map(point).collect();
            words += &format!(". {name}: {}", all.join(", "));
        }
    };
    let guesses = lesson.values.iter().zip(&progress.guesses);
    let guesses = guesses.filter_map(|(value, guess)| Some((*value, (*guess)?)));
    say("Your guess", guesses.collect());
    for (index, curve) in lesson.curves.iter().enumerate() {
        let name = match curve.name.as_str() {
            "" => "Simulated",
            name => name,
        };
        let results = lesson.values.iter().copied().zip(progress.curve(index));
        say(name, results.collect());
    }
    words
}
