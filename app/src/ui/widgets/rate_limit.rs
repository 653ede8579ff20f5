//! The text field for a rate limit. A limit is used when it is confirmed: a number is wrong until its last
//! digit is typed.

use eframe::egui::{Id, Key, Label, Response, RichText, Ui};
use lanes_shared::size;

use super::controls;
use crate::ui::format;
use crate::ui::tokens::Palette;

/// Lowest limit in bytes per second. Below it, connections would wait longer than servers do.
const LEAST: u64 = 1000;

/// Parses a limit in bytes per second; an empty text is no limit.
///
/// # Errors
/// Returns a message for the user if the text is not a size or is below 1 kB/s.
pub(crate) fn parse(typed: &str) -> Result<Option<u64>, String> {
    let bare = typed.trim().trim_end_matches("/s").trim_end();
    if bare.is_empty() {
        return Ok(None);
    }
    match size::parse(bare) {
        Ok(0) => Err("A limit of 0 would stop all transfers; leave it empty for no limit".into()),
        Ok(limit) if limit < LEAST => Err(format!(
            "{limit} B/s is too slow: at least 1 kB/s, such as 500 kB"
        )),
        Ok(limit) => Ok(Some(limit)),
        Err(error) => Err(format::capital(&error.to_string())),
    }
}

/// Formats a limit so that [`parse`] accepts it.
pub(crate) fn typed(limit: u64) -> String {
    match limit {
        whole if whole % 1_000_000 == 0 => format!("{} MB", whole / 1_000_000),
        whole if whole % 1000 == 0 => format!("{} kB", whole / 1000),
        odd => odd.to_string(),
    }
}

/// Draws the field, with an error message below it if the text is invalid.
pub(crate) fn ui(ui: &mut Ui, label: &str, typed: &mut String) {
    controls::group(ui, label, |ui, label| {
        field(ui, label, typed);
        error_ui(ui, typed);
    });
}

/// Draws the field of a limit that is in force: it changes `limit` on Enter, and when the field loses the
/// focus, but not while the user types. An invalid text is shown with its error and changes nothing.
pub(crate) fn confirmed_ui(ui: &mut Ui, label: &str, limit: &mut String) {
    controls::group(ui, label, |ui, label| {
        let key = ui.scope_id().with("typed limit");
        let mut typed: String = ui
            .data(|data| data.get_temp(key))
            .unwrap_or_else(|| limit.clone());
        let field = field(ui, label, &mut typed);
        let (enter, escape) = ui.input(|input| {
            (
                input.key_pressed(Key::Enter),
                input.key_pressed(Key::Escape),
            )
        });
        // Esc takes back what was typed.
        let is_dropped = field.lost_focus() && escape;
        let is_confirmed = field.lost_focus() || field.has_focus() && enter;
        if is_confirmed && !is_dropped && parse(&typed).is_ok() {
            limit.clone_from(&typed);
        }
        if typed == *limit || is_dropped {
            ui.data_mut(|data| data.remove::<String>(key));
        } else {
            error_ui(ui, &typed);
            if parse(&typed).is_ok() && field.has_focus() {
                ui.label(controls::small(ui, "Enter applies the limit"));
            }
            ui.data_mut(|data| data.insert_temp(key, typed));
        }
    });
}

fn field(ui: &mut Ui, label: Id, typed: &mut String) -> Response {
    let hint = "e.g. 500 kB/s";
    controls::field(ui, typed, label, hint, 168.0)
        .on_hover_text("Bytes per second, such as 500 kB or 2 MiB; empty for no limit")
}

fn error_ui(ui: &mut Ui, typed: &str) {
    if let Err(words) = parse(typed) {
        let words = RichText::new(words).small().color(Palette::of(ui).bad);
        ui.add(Label::new(words).wrap());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_parsed_with_units() {
        assert_eq!(parse(" "), Ok(None));
        assert_eq!(parse("500 KB/s"), Ok(Some(500_000)));
        assert_eq!(parse("2MiB"), Ok(Some(2 << 20)));
        for limit in [1001, 40_000, 3_000_000, 1_234_567] {
            assert_eq!(parse(&typed(limit)), Ok(Some(limit)));
        }
        assert!(parse("0").unwrap_err().contains("no limit"));
        assert!(parse("fast").is_err());
        for slow in ["5", "999", "0.5 kB"] {
            let words = parse(slow).unwrap_err();
            assert!(words.contains("at least 1 kB/s"), "{words}");
        }
    }
}
