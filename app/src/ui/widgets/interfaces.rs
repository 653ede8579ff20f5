//! The field of the network interfaces of a download.

use eframe::egui::{Label, RichText, Ui};

use super::controls;
use crate::ui::format;
use crate::ui::tokens::Palette;
use lanes_engine::{WayName, parse_ways};

/// Reads the names of interfaces; an empty text names none.
///
/// # Errors
/// Returns a message for the user.
pub(crate) fn parse(typed: &str) -> Result<Vec<WayName>, String> {
    parse_ways(typed).map_err(|error| format::capital(&error.to_string()))
}

/// Draws the field, with an error message below it if the text is invalid.
pub(crate) fn ui(ui: &mut Ui, typed: &mut String, hint: &str) {
    controls::group(ui, "Network interfaces", |ui, label| {
        controls::field(ui, typed, label, hint, 168.0).on_hover_text(
            "Names or addresses, such as eth0, wlan0: the connections are spread over them by what each brings; \
             all stands for every one that is no VPN",
        );
        if let Err(words) = parse(typed) {
            let words = RichText::new(words).small().color(Palette::of(ui).bad);
            ui.add(Label::new(words).wrap());
        }
    });
}
