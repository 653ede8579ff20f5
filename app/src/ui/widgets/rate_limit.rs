//! A speed limit as people type it.

use eframe::egui::{Label, RichText, Ui};
use lanes_shared::size;

use super::controls;
use crate::ui::format;
use crate::ui::tokens::Palette;

/// The limit that was typed, in bytes a second; nothing typed is no limit.
///
/// # Errors
/// In words.
pub(crate) fn parse(typed: &str) -> Result<Option<u64>, String> {
    let bare = typed.trim().trim_end_matches("/s").trim_end();
    if bare.is_empty() {
        return Ok(None);
    }
    match size::parse(bare) {
        Ok(0) => Err("With a limit of 0 nothing would come: leave it empty for no limit".into()),
        Ok(limit) => Ok(Some(limit)),
        Err(error) => Err(format::capital(&error.to_string())),
    }
}

/// A limit as somebody would type it.
pub(crate) fn typed(limit: u64) -> String {
    match limit {
        whole if whole % 1_000_000 == 0 => format!("{} MB", whole / 1_000_000),
        whole if whole % 1000 == 0 => format!("{} KB", whole / 1000),
        odd => odd.to_string(),
    }
}

/// The field, and beneath it what is wrong with what was typed.
pub(crate) fn ui(ui: &mut Ui, label: &str, typed: &mut String) {
    controls::group(ui, label, |ui, label| {
        let hint = "none, or 500 kB";
        controls::field(ui, typed, label, hint, 168.0)
            .on_hover_text("Bytes a second, such as 500 kB or 2 MiB; empty for no limit");
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
    fn limits_are_read_as_people_write_them() {
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
