//! The server log.

use std::collections::VecDeque;

use eframe::egui::{Align, Label, Layout, RichText, ScrollArea, Ui};
use lanes_server::{LogLevel, LogLine};

use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

/// Maximum number of lines.
const KEPT: usize = 500;
/// Maximum height of the lines.
const HEIGHT: f32 = 168.0;

/// The most recent lines.
#[derive(Default)]
pub(super) struct Log {
    lines: VecDeque<LogLine>,
}

impl Log {
    /// Returns the number of the last line; 0 if there is none.
    pub(super) fn last(&self) -> u64 {
        self.lines.back().map_or(0, |line| line.number)
    }

    /// Returns whether the log is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Appends new lines and drops the oldest.
    pub(super) fn extend(&mut self, new: Vec<LogLine>) {
        self.lines.extend(new);
        let too_many = self.lines.len().saturating_sub(KEPT);
        self.lines.drain(..too_many);
    }
}

/// Draws the lines, scrolled to the last one.
pub(super) fn ui(ui: &mut Ui, log: &Log) {
    ui.horizontal(|ui| {
        ui.label(controls::small(ui, "Log"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if controls::button(ui, "Copy log").clicked() {
                let lines: Vec<String> = log.lines.iter().map(line_text).collect();
                ui.copy_text(lines.join("\n"));
            }
        });
    });
    ui.spacing_mut().item_spacing.y = 2.0;
    let height = ui.text_style_height(&eframe::egui::TextStyle::Monospace);
    ScrollArea::vertical()
        .id_salt("log")
        .max_height(HEIGHT)
        .auto_shrink([false, true])
        .stick_to_bottom(true)
        .show_rows(ui, height, log.lines.len(), |ui, rows| {
            for line in log.lines.range(rows) {
                line_ui(ui, line);
            }
        });
}

fn line_ui(ui: &mut Ui, line: &LogLine) {
    let palette = Palette::of(ui);
    let colour = match line.level {
        LogLevel::Info => palette.text,
        LogLevel::Notice => palette.warn,
        LogLevel::Warning => palette.bad,
    };
    let words = RichText::new(line_text(line)).monospace();
    ui.add(Label::new(words.color(colour)).truncate());
}

fn line_text(line: &LogLine) -> String {
    format!("{}  {}", format::clock(line.at), line.message)
}
