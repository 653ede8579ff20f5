//! Messages in a corner: what happened, and what can be done about it.

use eframe::egui::{Align, Align2, Area, Frame, Label, Layout, Margin, Order, Ui, vec2};

use crate::ui::message::{Action, Note};
use crate::ui::tokens::{CONTROL, Palette, RADIUS};
use crate::ui::widgets::controls;

/// How many messages are shown at once; of more the oldest go.
const MAX_NOTES: usize = 3;
/// How wide a message is at most.
const WIDTH: f32 = 480.0;

/// Adds a message. One that says the same takes the place of the one before.
pub(super) fn push(notes: &mut Vec<Note>, note: Note) {
    notes.retain(|other| other.text != note.text);
    notes.push(note);
    if notes.len() > MAX_NOTES {
        notes.remove(0);
    }
}

/// The messages, until each is dismissed or acted on.
pub(super) fn ui(ui: &Ui, notes: &mut Vec<Note>, actions: &mut Vec<Action>) {
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

/// One message. Returns what was chosen: one of its acts, or that it is to go.
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
            ui.set_width(width - 32.0);
            ui.add(Label::new(note.text.as_str()).wrap());
            // As high as a button: centred in all the room there is, it would take all of it.
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
