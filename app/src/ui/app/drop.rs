//! Drag and drop of files onto the window.

use eframe::egui::{Align2, Context, FontId, Id, LayerId, Order, StrokeKind, Ui};

use super::{LanesApp, Screen};
use crate::link_list;
use crate::ui::dropped_links;
use crate::ui::message::Note;
use crate::ui::tokens::{CARD_RADIUS, HEADING, Palette, STEP};
use lanes_engine::metalink;

impl LanesApp {
    /// Handles dropped files: Metalink files, lists of links and unfinished files of other programs open in the Add dialog,
    /// others are refused.
    pub(super) fn take_dropped(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        let mut metalinks = Vec::new();
        for file in dropped {
            let path = file.path().display().to_string();
            if metalink::is_name(&path) {
                metalinks.push(path);
            } else if dropped_links::is_name(&path) {
                self.background.read_dropped_links(file.path().to_owned());
            } else if lanes_engine::is_unfinished_name(file.path()) {
                self.screen = Screen::Downloads;
                self.downloads.continue_file(file.path());
            } else if link_list::is_list_name(file.path()) {
                self.background.read_list(file.path().to_owned());
            } else {
                self.show_note(Note::error(format!(
                    "Only Metalink files (.meta4), lists (.txt, .ef2, .json) and unfinished files (.aria2, .part and the like) can be dropped here: {path}"
                )));
            }
        }
        if !metalinks.is_empty() {
            self.screen = Screen::Downloads;
            self.downloads.add_to_form(&metalinks.join("\n"));
        }
    }
}

/// Draws the drop hint while files are dragged over the window.
pub(super) fn hover_ui(ui: &Ui) {
    let (ctx, palette) = (ui.ctx(), Palette::of(ui));
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique("drop")));
    let room = ctx.content_rect();
    painter.rect_filled(room, 0.0, palette.canvas.gamma_multiply(0.9));
    painter.rect_stroke(
        room.shrink(2.0 * STEP),
        f32::from(CARD_RADIUS),
        (2.0, palette.accent),
        StrokeKind::Inside,
    );
    painter.text(
        room.center(),
        Align2::CENTER_CENTER,
        "Drop Metalink files or lists of links to see their contents, or an unfinished file to continue it",
        FontId::proportional(HEADING),
        palette.text,
    );
}
