//! The Log tab. Only visible lines are laid out.

use eframe::egui::{Align, Layout, RichText, ScrollArea, Ui, vec2};

use crate::ui::format;
use crate::ui::tokens::{Palette, ROW};
use crate::ui::widgets::controls;
use lanes_engine::DownloadSnapshot;

pub(super) fn ui(ui: &mut Ui, download: &DownloadSnapshot) {
    let lines = &download.log;
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt(("log", download.id.0))
        .auto_shrink(false)
        .stick_to_bottom(true)
        .show_rows(ui, ROW, lines.len(), |ui, rows| {
            for line in lines.get(rows).unwrap_or_default() {
                let room = vec2(ui.available_width(), ROW);
                ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
                    let clock = format::clock(line.at);
                    ui.label(controls::small(ui, clock).monospace());
                    let after = format!("{:>9}", format!("+{}", format::time(line.since_start)));
                    ui.label(controls::small(ui, after).monospace());
                    let palette = Palette::of(ui);
                    let colour = if line.is_warning {
                        palette.warn
                    } else {
                        palette.text
                    };
                    let words = match line.count {
                        1 => line.text.clone(),
                        count => format!("{} ({count} times)", line.text),
                    };
                    controls::truncated(ui, RichText::new(words).color(colour));
                });
            }
        });
}
