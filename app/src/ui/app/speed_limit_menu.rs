//! The switch of the total speed limit in the status line.

use eframe::egui::{Popup, Ui};

use crate::ui::format;
use crate::ui::widgets::{controls, rate_limit};

/// Limits to choose from, in bytes per second.
const CHOICES: [u64; 7] = [
    100_000, 250_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
];

/// Height of the button.
const HEIGHT: f32 = 20.0;

/// Draws the limit as a button with a menu; `limit` is the setting, as typed. A chosen limit is used at once.
pub(super) fn ui(ui: &mut Ui, limit: &mut String) {
    let now = rate_limit::parse(limit).unwrap_or_default();
    let words = now.map_or_else(
        || "No speed limit".to_owned(),
        |limit| format!("Limited to {} in total", format::rate(limit as f64)),
    );
    let text = controls::small(ui, words);
    // The line is lower than a button.
    ui.spacing_mut().interact_size.y = HEIGHT;
    ui.spacing_mut().button_padding.y = 0.0;
    let button = ui
        .add(eframe::egui::Button::new(text).frame(false))
        .on_hover_text("Total speed limit of all downloads");
    Popup::menu(&button).show(|ui| {
        ui.set_min_width(140.0);
        let custom = now.filter(|limit| !CHOICES.contains(limit));
        let choices = CHOICES.into_iter().chain(custom).map(Some);
        for choice in std::iter::once(None).chain(choices) {
            let words =
                choice.map_or_else(|| "No limit".to_owned(), |limit| format::rate(limit as f64));
            if ui.selectable_label(choice == now, words).clicked() {
                *limit = choice.map_or_else(String::new, rate_limit::typed);
                ui.close();
            }
        }
    });
}
