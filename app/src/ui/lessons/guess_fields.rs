//! The guess as numbers, and the button that runs the experiment.

use eframe::egui::{DragValue, Role, Ui, WidgetInfo};

use super::progress::LessonProgress;
use crate::ui::message::Action;
use crate::ui::tokens::STEP;
use crate::ui::widgets::controls;

/// Width of a field.
const FIELD: f32 = 76.0;

/// Draws the fields and the button.
pub(super) fn ui(ui: &mut Ui, progress: &mut LessonProgress, actions: &mut Vec<Action>) {
    if progress.is_answered() {
        return;
    }
    let lesson = progress.lesson.clone();
    ui.add_space(STEP);
    ui.label(controls::small(
        ui,
        "Click in the plot above each value, drag across it, or type your guess:",
    ));
    ui.add_enabled_ui(!progress.is_running, |ui| {
        ui.horizontal_wrapped(|ui| {
            let fields = lesson.values.iter().zip(&mut progress.guesses);
            for (value, guess) in fields {
                let value = lesson.varied.with_unit(*value);
                controls::group(ui, &value, |ui, _| {
                    field_ui(ui, guess, &value, lesson.axis_to, lesson.measure.unit());
                });
            }
        });
    });
    ui.add_space(STEP);
    ui.horizontal(|ui| {
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

/// Draws the field of one guess; without a guess it shows a dash.
fn field_ui(ui: &mut Ui, guess: &mut Option<f64>, value: &str, top: f64, unit: &str) {
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
    let response = ui.add_sized([FIELD, crate::ui::tokens::CONTROL], field);
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
