//! Messages in the corner of the window, with buttons for the next step.

use std::time::Instant;

use eframe::egui::{Align, Align2, Area, Frame, Label, Layout, Margin, Order, Ui, vec2};

use lanes_engine::one_line;

use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::message::{Action, Note};
use crate::ui::tokens::{CONTROL, Palette, RADIUS};
use crate::ui::widgets::controls;

/// Maximum number of messages shown at once; the oldest are dropped.
const MAX_NOTES: usize = 3;
/// Maximum width of a message.
const WIDTH: f32 = 480.0;

/// Adds a message; an equal one is replaced. A part of its text may come from a server.
pub(super) fn push(notes: &mut Vec<Note>, mut note: Note) {
    note.text = one_line(&note.text).into_owned();
    if note.failures > 0
        && let Some(at) = notes.iter().position(|other| other.failures > 0)
    {
        // Many failures at once would hide the list of downloads.
        let failures = note.failures + notes.remove(at).failures;
        note = Note::error(format!("{} failed", format::count(failures, "download")))
            .with_action("Show them", Action::ShowFailed);
        note.failures = failures;
    }
    notes.retain(|other| other.text != note.text);
    notes.push(note);
    if notes.len() > MAX_NOTES {
        notes.remove(0);
    }
}

/// Draws the messages. News disappear after a few seconds; a message with a choice, or an error, stays
/// until it is dismissed or acted on.
pub(super) fn ui(ui: &Ui, notes: &mut Vec<Note>, actions: &mut Vec<Action>) {
    expire(ui, notes);
    if notes.is_empty() {
        return;
    }
    let room = ui.ctx().content_rect().width() - 160.0;
    let mut done = None;
    Area::new(eframe::egui::Id::unique("messages"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -40.0))
        .show(ui.ctx(), |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            for (index, note) in notes.iter().enumerate() {
                if let Some(act) = note_ui(ui, note, WIDTH.min(room)) {
                    done = Some((index, act));
                }
            }
        });
    if let Some((index, act)) = done {
        let note = notes.remove(index);
        let acts = note.actions.into_iter();
        actions.extend(
            acts.map(|(_, action)| action)
                .nth(act.unwrap_or(usize::MAX)),
        );
    }
}

/// Removes the messages whose time is over.
fn expire(ui: &Ui, notes: &mut Vec<Note>) {
    notes.retain_mut(|note| {
        let Some(lifetime) = note.lifetime() else {
            return true;
        };
        let shown = note.shown.get_or_insert_with(Instant::now).elapsed();
        let left = lifetime.saturating_sub(shown);
        ui.ctx().request_repaint_after(left);
        !left.is_zero()
    });
}

/// Draws one message. Returns the index of the clicked action, or `Some(None)` when it is
/// dismissed.
fn note_ui(ui: &mut Ui, note: &Note, width: f32) -> Option<Option<usize>> {
    let palette = Palette::of(ui);
    let fill = if note.is_error {
        palette.bad_surface
    } else {
        palette.note_surface
    };
    let mut chosen = None;
    Frame::popup(ui.style())
        .fill(fill)
        .corner_radius(RADIUS)
        .inner_margin(Margin::symmetric(16, 12))
        .show(ui, |ui| {
            if note.actions.is_empty() && note.lifetime().is_some() {
                // News take no more room than their words.
                ui.set_max_width(width - 32.0);
                ui.add(Label::new(visual(&note.text)).wrap());
                return;
            }
            ui.set_width(width - 32.0);
            ui.add(Label::new(visual(&note.text)).wrap());
            // Button height: a centred layout would take all available height.
            let line = vec2(ui.available_width(), CONTROL);
            ui.allocate_ui_with_layout(line, Layout::right_to_left(Align::Center), |ui| {
                if controls::button(ui, "Dismiss").clicked() {
                    chosen = Some(None);
                }
                for (index, (words, _)) in note.actions.iter().enumerate() {
                    if controls::button(ui, words).clicked() {
                        chosen = Some(Some(index));
                    }
                }
            });
        });
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_no_text_that_is_not_seen() {
        let mut notes = Vec::new();
        push(&mut notes, Note::error("refused: a\nb\u{202e}c".to_owned()));
        assert_eq!(notes[0].text, "refused: a\u{fffd}b\u{fffd}c");
        push(&mut notes, Note::error("refused: a\nb\u{202e}c".to_owned()));
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn several_failures_are_one_message() {
        let mut notes = Vec::new();
        for name in ["a", "b", "c"] {
            let mut note = Note::error(format!("{name} failed: no route"));
            note.failures = 1;
            push(&mut notes, note);
        }
        push(&mut notes, Note::info("Saved"));
        let texts: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(texts, ["3 downloads failed", "Saved"]);
        assert!(notes[1].lifetime().is_some() && notes[0].lifetime().is_none());
    }
}
