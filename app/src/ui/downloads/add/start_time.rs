//! The time at which the downloads of the dialog start.

use std::time::SystemTime;

use eframe::egui::{Label, RichText, Ui};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use crate::schedule::parse_start;
use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

/// Draws the field, with an error message below it if the text is invalid.
pub(super) fn ui(ui: &mut Ui, typed: &mut String) {
    controls::group(ui, "Start", |ui, label| {
        controls::field(ui, typed, label, "at once", 136.0)
            .on_hover_text("Such as 23:30, Sat 8:00, 2026-12-24 18:00, in 90 min or in 2 h");
        if let Err(words) = parse(typed) {
            let words = RichText::new(words).small().color(Palette::of(ui).bad);
            ui.add(Label::new(words).wrap());
        }
    });
}

/// Parses the time of the start; `None` for at once.
pub(super) fn parse(typed: &str) -> Result<Option<SystemTime>, String> {
    let at = parse_start(typed, &ZonedDateTime::now());
    let at = at.map_err(|error| format::capital(&error.to_string()))?;
    let at = at.map(|at| SystemTime::try_from(at.timestamp()));
    at.transpose()
        .map_err(|error| format::capital(&error.to_string()))
}

/// Formats a time so that [`parse`] accepts it.
pub(super) fn typed(at: SystemTime) -> String {
    let Ok(at) = Timestamp::try_from(at) else {
        return String::new();
    };
    let at = at.to_zoned_datetime(TimeZone::system());
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}
