//! The dialog that lists the keyboard shortcuts.

use eframe::egui::{Grid, Id, Key, Modifiers, ScrollArea, Ui};

use crate::ui::downloads::HELP;
use crate::ui::message::{Action, RaceAction};
use crate::ui::shortcut::localized;
use crate::ui::tokens::{ROW, STEP};
use crate::ui::widgets::{controls, modal};

/// Draws the dialog. Returns whether it stays open.
pub(super) fn ui(ui: &Ui, actions: &mut Vec<Action>) -> bool {
    let mut is_open = true;
    let mut shows_race = false;
    // The button below the list stays within a low window.
    let room = ui.ctx().content_rect().height() - 160.0;
    modal::window(ui, Id::unique("keys"), "Keyboard shortcuts")
        .open(&mut is_open)
        .resizable(false)
        .show(ui.ctx(), |ui| {
            ScrollArea::vertical().max_height(room).show(ui, keys_ui);
            ui.add_space(STEP);
            shows_race = controls::button(ui, "Watch 1 and 8 connections race").clicked();
        });
    if shows_race {
        actions.push(Action::Race(RaceAction::Start));
    }
    is_open && !shows_race && !ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
}

fn keys_ui(ui: &mut Ui) {
    Grid::new("keys")
        .num_columns(2)
        .spacing([32.0, 0.0])
        .min_row_height(ROW)
        .show(ui, |ui| {
            for (keys, what) in HELP {
                ui.label(controls::small(ui, localized(keys)).monospace());
                ui.label(what);
                ui.end_row();
            }
        });
}
