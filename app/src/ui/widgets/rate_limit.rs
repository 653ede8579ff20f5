//! The text field for a rate limit.

use eframe::egui::{Label, RichText, Ui};
use lanes_shared::size;

use super::controls;
use crate::ui::format;
use crate::ui::tokens::Palette;

/// Parses a limit in bytes per second; an empty text is no limit.
///
/// # Errors
/// Returns a message for the user if the text is not a size or is 0.
pub(crate) fn parse(typed: &str) -> Result<Option<u64>, String> {
    let bare = typed.trim().trim_end_matches("/s").trim_end();
    if bare.is_empty() {
        return Ok(None);
    }
    match size::parse(bare) {
        Ok(0) => Err("A limit of 0 would stop all transfers; leave it empty for no limit".into()),
        Ok(limit) => Ok(Some(limit)),
        Err(error) => Err(format::capital(&error.to_string())),
    }
}

/// Formats a limit so that [`parse`] accepts it.
pub(crate) fn typed(limit: u64) -> String {
    match limit {
        whole if whole % 1_000_000 == 0 => format!("{} MB", whole / 1_000_000),
        whole if whole % 1000 == 0 => format!("{} KB", whole / 1000),
        odd => odd.to_string(),
    }
}

/// Draws the field, with an error message below it if the text is invalid.
pub(crate) fn ui(ui: &mut Ui, label: &str, typed: &mut String) {
    controls::group(ui, label, |ui, label| {
        let hint = "e.g. 500 kB/s";
        controls::field(ui, typed, label, hint, 168.0)
            .on_hover_text("Bytes per second, such as 500 kB or 2 MiB; empty for no limit");
        if let Err(words) = parse(typed) {
            let words = RichText::new(words).small().color(Palette::of(ui).bad);
            ui.add(Label::new(words).wrap());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_parsed_with_units() {
        assert_eq!(parse(" "), Ok(None));
        assert_eq!(parse("500 KB/s"), Ok(Some(500_000)));
        assert_eq!(parse("2MiB"), Ok(Some(2 << 20)));
        for limit in [7, 40_000, 3_000_000, 1_234_567] {
            assert_eq!(parse(&typed(limit)), Ok(Some(limit)));
        }
        assert!(parse("0").unwrap_err().contains("no limit"));
        assert!(parse("fast").is_err());
    }
}
