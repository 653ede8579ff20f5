//! The settings of the schedule.

use eframe::egui::{Label, RichText, Ui};

use super::{ScheduleSettings, WhenDone, hours_ui};
use crate::schedule::{CommandLine, Hours};
use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::{controls, rate_limit};

/// Draws the settings; `when_done` is for this run of the program.
pub(crate) fn ui(ui: &mut Ui, settings: &mut ScheduleSettings, when_done: &mut WhenDone) {
    let words = "Download only at certain hours";
    let was_open = settings.only_in_hours;
    controls::checkbox(ui, &mut settings.only_in_hours, words);
    if settings.only_in_hours {
        if !was_open && settings.hours.is_empty() {
            settings.hours.push(Hours::default());
        }
        hours_ui::ui(ui, "download hours", &mut settings.hours);
    }
    let words = "Another total speed limit at certain hours";
    let was_open = settings.limits_in_hours;
    controls::checkbox(ui, &mut settings.limits_in_hours, words);
    if settings.limits_in_hours {
        if !was_open && settings.limit_hours.is_empty() {
            settings.limit_hours.push(Hours::default());
        }
        rate_limit::confirmed_ui(ui, "Speed limit at these hours", &mut settings.limit);
        hours_ui::ui(ui, "limit hours", &mut settings.limit_hours);
    }
    let words = "Keep this computer awake while downloads run";
    controls::checkbox(ui, &mut settings.keeps_awake, words);
    controls::group(ui, "Command after each finished download", |ui, label| {
        let width = ui.available_width().min(480.0);
        let hint = "e.g. notify-send Done {path}";
        controls::field(ui, &mut settings.command, label, hint, width).on_hover_text(
            "{path}, {url} and {bytes} are replaced. No shell reads the command, so names of files are never commands",
        );
        if let Err(error) = CommandLine::parse(&settings.command) {
            let words = format::capital(&error.to_string());
            let words = RichText::new(words).small().color(Palette::of(ui).bad);
            ui.add(Label::new(words).wrap());
        }
    });
    controls::group(ui, "When all downloads are done, this time", |ui, _| {
        let choices = WhenDone::ALL.map(|choice| {
            let words = choice.label().to_owned();
            (choice, words.clone(), format!("When done: {words}"))
        });
        controls::chips(ui, when_done, choices);
    });
}
