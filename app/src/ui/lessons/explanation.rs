//! The end of a lesson: what happened, why, and what to try next.

use eframe::egui::{Label, RichText, Ui};

use super::paragraphs_ui;
use super::plot::{Mark, mark_ui};
use super::progress::LessonProgress;
use crate::ui::tokens::{Palette, STEP};

/// Draws the explanation.
pub(super) fn ui(ui: &mut Ui, progress: &LessonProgress) {
    let lesson = &progress.lesson;
    ui.label(RichText::new("What happened").heading());
    if let Some(words) = farthest_guess(progress) {
        ui.add(Label::new(words).wrap());
    }
    let palette = Palette::of(ui);
    for claim in &lesson.claims {
        let Some(finding) = claim.check(progress.results()) else {
            continue;
        };
        let (colour, remark) = match finding.holds {
            true => (palette.good, ""),
            false => (palette.bad, "not true of these runs: "),
        };
        ui.horizontal_top(|ui| {
            mark_ui(ui, Mark::Circle, colour);
            let words = format!("{} ({remark}{})", claim.says, finding.measured);
            ui.add(Label::new(words).wrap());
        });
    }
    ui.add_space(STEP);
    ui.label(RichText::new("Why").heading());
    paragraphs_ui(ui, &lesson.why);
    ui.add_space(STEP);
    ui.label(RichText::new("Try next").heading());
    paragraphs_ui(ui, &lesson.next);
}

/// Describes the guess that is farthest from its result, as a factor; `None` without a guess.
fn farthest_guess(progress: &LessonProgress) -> Option<String> {
    let lesson = &progress.lesson;
    let results = progress.curve(lesson.guessed);
    let all = lesson.values.iter().zip(&progress.guesses).zip(&results);
    // A hundredth of the axis more, so that a guess of 0 has a finite distance.
    let least = lesson.axis_to / 100.0;
    let distance = |guess: f64, result: f64| {
        (guess + least).max(result + least) / (guess + least).min(result + least)
    };
    let guessed = all.filter_map(|((value, guess), result)| Some((*value, (*guess)?, *result)));
    let farthest = guessed.max_by(|a, b| distance(a.1, a.2).total_cmp(&distance(b.1, b.2)))?;
    let (value, guess, result) = farthest;
    if distance(guess, result) < 1.25 {
        return Some("Your guess is right: no value is off by more than a quarter.".to_owned());
    }
    let (value, measure) = (lesson.varied.with_unit(value), lesson.measure);
    Some(format!(
        "Your guess is farthest off at {value}: {} beside {}.",
        measure.text(guess),
        measure.text(result)
    ))
}
