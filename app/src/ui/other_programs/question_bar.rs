//! The question before anything is downloaded for a program without a token.

use eframe::egui::{Align, Frame, Label, Layout, Margin, Panel, Ui};
use lanes_engine::one_line;

use super::State;
use crate::rpc::window::{Answer, Question};
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::message::Action;
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

/// Most files that are named; the others are counted.
const MAX_NAMED: usize = 3;

/// Draws the question above the screen, if there is one.
pub(crate) fn ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some(interface) = state.running() else {
        return;
    };
    let Some((words, details)) = interface.questions(words) else {
        return;
    };
    let frame = Frame::new()
        .fill(Palette::of(ui).chosen)
        .inner_margin(Margin::symmetric(16, 8));
    Panel::top("questions")
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if controls::button(ui, "Refuse").clicked() {
                    actions.push(Action::AnswerPrograms(Answer::Refuse));
                }
                if controls::primary_of(ui, "Allow", 88.0).clicked() {
                    actions.push(Action::AnswerPrograms(Answer::Download));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(visual(&words)).wrap())
                        .on_hover_text(details);
                });
            });
        });
}

/// Returns the question, and the details of what is asked for.
fn words(questions: &[Question]) -> Option<(String, String)> {
    if questions.is_empty() {
        return None;
    }
    let shown = |question: &Question| {
        let (name, host) = question.shown();
        one_line(&format!("{name} from {host}")).into_owned()
    };
    let mut names: Vec<String> = questions.iter().take(MAX_NAMED).map(shown).collect();
    if let Some(more) = questions
        .len()
        .checked_sub(MAX_NAMED)
        .filter(|more| *more > 0)
    {
        names.push(format!("{} more", format::count(more, "file")));
    }
    let details: Vec<String> = questions
        .iter()
        .take(MAX_NAMED)
        .map(Question::details)
        .collect();
    let words = format!("Another program wants to download {}", names.join(", "));
    Some((words, details.join("\n\n")))
}
