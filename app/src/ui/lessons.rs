//! The Lessons screen: a question, the learner's guess drawn on the plot, the simulated experiment, and
//! its explanation.
//!
//! The simulations run as background jobs. The screen repaints only when one ends.

mod explanation;
mod guess_fields;
mod list;
mod plot;
mod progress;

use std::sync::Arc;

use eframe::egui::{Label, RichText, ScrollArea, Ui, vec2};
use lanes_shared::lesson::{Lesson, Reading, builtin};

use super::message::{Action, LessonAction};
use super::tokens::{self, STEP};
use super::widgets::controls;
use progress::LessonProgress;

/// Width of the list of lessons.
const LIST: f32 = 232.0;
/// Share of the width that the texts take beside the plot, and their largest width.
const TEXT_SHARE: f32 = 0.42;
const MOST_TEXT: f32 = 480.0;
/// Below this width the plot stands under the question.
const NARROW: f32 = 620.0;

/// State of the screen.
pub(crate) struct State {
    lessons: Vec<LessonProgress>,
    /// Index of the shown lesson.
    current: usize,
    /// Path of a lesson to open, as typed.
    pub file: String,
    /// Why the file is no lesson.
    refusal: String,
}

impl State {
    /// Creates the state with the lessons of the program.
    pub(crate) fn new() -> Self {
        let lessons = builtin::ALL.iter().filter_map(builtin::Builtin::lesson);
        let progress = |(key, lesson)| LessonProgress::new(key as u64, Arc::new(lesson));
        Self {
            lessons: lessons.enumerate().map(progress).collect(),
            current: 0,
            file: String::new(),
            refusal: String::new(),
        }
    }

    /// Shows a lesson from a file, or why it is none. A lesson of the same title from a file is replaced.
    pub(crate) fn opened(&mut self, outcome: Result<Box<Lesson>, String>) {
        let lesson = match outcome {
            Ok(lesson) => Arc::new(*lesson),
            Err(words) => {
                self.refusal = words;
                return;
            }
        };
        self.refusal.clear();
        let own = builtin::ALL.len();
        let is_same = |other: &LessonProgress| other.lesson.title == lesson.title;
        let place = self.lessons.iter().skip(own).position(is_same);
        let key = self.lessons.iter().map(LessonProgress::key).max();
        let progress = LessonProgress::new(key.map_or(0, |key| key + 1), lesson);
        match place {
            Some(place) => {
                self.current = own + place;
                self.lessons[self.current] = progress;
            }
            None => {
                self.lessons.push(progress);
                self.current = self.lessons.len() - 1;
            }
        }
    }

    /// Stores the results of simulated curves of the lesson with this key.
    pub(crate) fn ran(&mut self, key: u64, results: Vec<(usize, Vec<Reading>)>) {
        let lesson = self.lessons.iter_mut().find(|lesson| lesson.key() == key);
        if let Some(lesson) = lesson {
            lesson.ran(results);
        }
    }

    /// Ends the simulations.
    pub(crate) fn cancel(&self) {
        for lesson in &self.lessons {
            lesson.cancel();
        }
    }
}

/// Draws the screen.
pub(crate) fn ui(ui: &mut Ui, state: &mut State, dialog_is_open: bool, actions: &mut Vec<Action>) {
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0 * STEP;
        ui.allocate_ui(vec2(LIST, height), |ui| {
            ui.vertical(|ui| {
                ui.set_width(LIST);
                list::ui(ui, state, dialog_is_open, actions);
            });
        });
        ui.vertical(|ui| {
            ScrollArea::vertical()
                .id_salt("lesson")
                .auto_shrink(false)
                .show(ui, |ui| {
                    tokens::card(ui).show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        lesson_ui(ui, state, actions);
                    });
                });
        });
    });
}

fn lesson_ui(ui: &mut Ui, state: &mut State, actions: &mut Vec<Action>) {
    let last = state.lessons.len().saturating_sub(1);
    let Some(progress) = state.lessons.get_mut(state.current) else {
        return;
    };
    progress.request_known(actions);
    let lesson = progress.lesson.clone();
    ui.label(RichText::new(&lesson.title).heading());
    ui.add_space(STEP);
    let is_narrow = ui.available_width() < NARROW;
    if is_narrow {
        paragraphs_ui(ui, &lesson.question);
        plot_ui(ui, progress, actions);
        if answer_ui(ui, progress, state.current < last, actions) {
            state.current += 1;
        }
        return;
    }
    let text = (ui.available_width() * TEXT_SHARE).min(MOST_TEXT);
    let mut go_on = false;
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            ui.set_width(text);
            paragraphs_ui(ui, &lesson.question);
            go_on = answer_ui(ui, progress, state.current < last, actions);
        });
        ui.add_space(STEP);
        ui.vertical(|ui| plot_ui(ui, progress, actions));
    });
    if go_on {
        state.current += 1;
    }
}

/// Draws the plot, the button that runs the experiment, and the guess as numbers.
fn plot_ui(ui: &mut Ui, progress: &mut LessonProgress, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.x = STEP;
    plot::ui(ui, progress);
    guess_fields::ui(ui, progress, actions);
}

/// Draws the explanation once the experiment has run. Returns whether the next lesson is to be shown.
fn answer_ui(
    ui: &mut Ui,
    progress: &mut LessonProgress,
    has_next: bool,
    actions: &mut Vec<Action>,
) -> bool {
    if !progress.is_answered() {
        return false;
    }
    ui.spacing_mut().item_spacing.x = STEP;
    ui.add_space(STEP);
    explanation::ui(ui, progress);
    next_ui(ui, progress, has_next, actions)
}

/// Draws the buttons behind the explanation. Returns whether the next lesson is to be shown.
fn next_ui(
    ui: &mut Ui,
    progress: &mut LessonProgress,
    has_next: bool,
    actions: &mut Vec<Action>,
) -> bool {
    ui.add_space(STEP);
    let mut go_on = false;
    ui.horizontal_wrapped(|ui| {
        go_on = has_next && controls::primary(ui, "Next lesson").clicked();
        let compare = controls::button(ui, "Open in Compare");
        let compare = compare.on_hover_text("Measure this link with real downloads");
        if compare.clicked()
            && let Some((link, file)) = progress.for_compare()
        {
            actions.push(Action::Lesson(LessonAction::Compare(Box::new(link), file)));
        }
        if controls::button(ui, "Guess again").clicked() {
            progress.reset();
        }
    });
    go_on
}

/// Draws a text of several paragraphs.
fn paragraphs_ui(ui: &mut Ui, text: &str) {
    ui.spacing_mut().item_spacing.y = STEP;
    for paragraph in text.split("\n\n") {
        ui.add(Label::new(paragraph).wrap());
    }
}
