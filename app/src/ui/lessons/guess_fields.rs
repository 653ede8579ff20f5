//! The guess as numbers, and the button that runs the experiment.

use eframe::egui::{DragValue, Role, Ui, WidgetInfo};

use super::progress::LessonProgress;
use crate::ui::message::Action;
use crate::ui::tokens::STEP;
use crate::ui::widgets::controls;

/// Least width of a field.
const FIELD: f32 = 64.0;

/// Draws the button and the fields.
pub(super) fn ui(ui: &mut Ui, progress: &mut LessonProgress, actions: &mut Vec<Action>) {
    if progress.is_answered() {
        return;
    }
    run_ui(ui, progress, actions);
    ui.add_space(STEP);
    ui.label(controls::small(ui, "Your guess as numbers"));
    ui.add_enabled_ui(!progress.is_running, |ui| fields_ui(ui, progress));
}

fn run_ui(ui: &mut Ui, progress: &mut LessonProgress, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        let (given, all) = (progress.guess_count(), progress.guesses.len());
        let is_ready = given == all && !progress.is_running;
        let run = ui.add_enabled_ui(is_ready, |ui| controls::primary(ui, "Run"));
        let without = given < all && controls::button(ui, "Run without a guess").clicked();
        if run.inner.clicked() || without {
            progress.request_answer(actions);
        }
        let words = match (progress.is_running, given) {
            (true, _) => "Simulating…".to_owned(),
            (_, given) if given == all => "Ready: run the experiment".to_owned(),
            (_, given) => format!("{given} of {all} guessed"),
        };
        ui.label(controls::small(ui, words));
    });
}

/// Draws a field for each value, in as many rows as they need.
fn fields_ui(ui: &mut Ui, progress: &mut LessonProgress) {
    let lesson = progress.lesson.clone();
    let room = ui.available_width() + STEP;
    let columns = (room / (FIELD + STEP)) as usize;
    let columns = columns.clamp(1, lesson.values.len());
    let width = room / columns as f32 - STEP;
    let rows = lesson.values.chunks(columns);
    for (values, guesses) in rows.zip(progress.guesses.chunks_mut(columns)) {
        ui.horizontal(|ui| {
            for (value, guess) in values.iter().zip(guesses) {
                let value = lesson.varied.with_unit(*value);
                ui.vertical(|ui| {
                    ui.set_width(width);
                    ui.spacing_mut().item_spacing.y = 4.0;
                    controls::truncated(ui, controls::small(ui, &value));
                    field_ui(
                        ui,
                        guess,
                        (&value, lesson.measure.unit()),
                        (lesson.axis_to, width),
                    );
                });
            }
        });
    }
}

/// Draws the field of one guess; without a guess it shows a dash.
fn field_ui(
    ui: &mut Ui,
    guess: &mut Option<f64>,
    (value, unit): (&str, &str),
    (top, width): (f64, f32),
) {
    let is_given = guess.is_some();
    let mut number = guess.unwrap_or_default();
    let field = DragValue::new(&mut number)
        .range(0.0..=1e9)
        .speed(top / 200.0)
        .custom_formatter(|number, _| match is_given {
            true => format!("{} {unit}", (number * 100.0).round() / 100.0),
            false => "–".to_owned(),
        })
        .custom_parser(parsed);
    let response = ui.add_sized([width, crate::ui::tokens::CONTROL], field);
    let name = format!("Guess for {value}");
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::SpinButton, ui.is_enabled(), &name);
        info.value = is_given.then_some(number);
        info
    });
    if response.changed() {
        *guess = Some(number);
    }
}

/// Parses a typed guess, with or without a unit.
fn parsed(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".");
    let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    number.parse().ok()
}
