//! The list of keys.

use eframe::egui::{Align2, Grid, Id, Key, Modifiers, Ui, Window};

use crate::ui::downloads::HELP;
use crate::ui::tokens::{self, ROW};
use crate::ui::widgets::controls;

/// The window with the list of keys. Returns whether it stays open.
pub(super) fn ui(ui: &Ui) -> bool {
    let mut is_open = true;
    Window::new("Keys")
        .id(Id::unique("keys"))
        .open(&mut is_open)
        .collapsible(false)
        .title_frame(tokens::title(ui))
        .resizable(false)
        .pivot(Align2::CENTER_CENTER)
        .default_pos(ui.ctx().content_rect().center())
        .show(ui.ctx(), |ui| {
            Grid::new("keys")
                .num_columns(2)
                .spacing([32.0, 0.0])
                .min_row_height(ROW)
                .show(ui, |ui| {
                    for (keys, what) in HELP {
                        ui.label(controls::small(ui, keys).monospace());
                        ui.label(what);
                        ui.end_row();
                    }
                });
        });
    is_open && !ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
}
