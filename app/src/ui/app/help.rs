//! The dialog that lists the keyboard shortcuts.

use eframe::egui::{Grid, Id, Key, Modifiers, Ui};

use crate::ui::downloads::HELP;
use crate::ui::shortcut::localized;
use crate::ui::tokens::ROW;
use crate::ui::widgets::{controls, modal};

/// Draws the dialog. Returns whether it stays open.
pub(super) fn ui(ui: &Ui) -> bool {
    let mut is_open = true;
    modal::window(ui, Id::unique("keys"), "Keyboard shortcuts")
        .open(&mut is_open)
        .resizable(false)
        .show(ui.ctx(), |ui| {
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
        });
    is_open && !ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
}
