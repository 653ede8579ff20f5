//! The values to compare: buttons for common ones and a text field.

use std::ops::RangeInclusive;

use eframe::egui::{Key, Ui};
use lanes_shared::packet::{MAX_PACKET_LEN, MIN_PACKET_LEN};
use lanes_shared::sample::MAX_SAMPLE_LEN;
use lanes_shared::size;

use crate::lab::COUNTS;
use crate::ui::format;
use crate::ui::widgets::controls;
use lanes_engine::MAX_CONNECTIONS;

/// The quantity to vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vary {
    /// The number of connections.
    Connections,
    /// The packet size.
    PacketLen,
    /// The file size.
    FileSize,
    /// The emulated link.
    Link,
}

impl Vary {
    /// All quantities.
    pub(super) const ALL: [Self; 4] = [
        Self::Connections,
        Self::PacketLen,
        Self::FileSize,
        Self::Link,
    ];

    /// Returns the label in the list.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Connections => "Connections",
            Self::PacketLen => "Packet size",
            Self::FileSize => "File size",
            Self::Link => "Link",
        }
    }

    /// Returns the valid range of numeric values; unused for links.
    fn range(self) -> RangeInclusive<u64> {
        match self {
            Self::Connections => 1..=u64::from(MAX_CONNECTIONS),
            Self::PacketLen => u64::from(MIN_PACKET_LEN)..=u64::from(MAX_PACKET_LEN),
            Self::FileSize | Self::Link => 1..=MAX_SAMPLE_LEN,
        }
    }

    fn often_wanted(self) -> Vec<u64> {
        match self {
            Self::Connections => COUNTS.map(u64::from).to_vec(),
            Self::PacketLen => vec![128, 512, 1024, 64 << 10],
            Self::FileSize => vec![1_000_000, 5_000_000, 20_000_000, 100_000_000],
            Self::Link => Vec::new(),
        }
    }

    /// Returns the total width of the buttons.
    pub(super) fn chips_width(self) -> f32 {
        match self {
            Self::Connections => 212.0,
            Self::PacketLen => 272.0,
            Self::FileSize => 296.0,
            Self::Link => 0.0,
        }
    }
}

/// Parses the typed values.
///
/// # Errors
/// Returns a message for the user if a value is invalid or there are fewer than two.
pub(super) fn parsed(vary: Vary, typed: &str) -> Result<Vec<u64>, String> {
    parse(typed, vary.range())
}

/// Parses values separated by commas, semicolons or spaces.
fn parse(text: &str, range: RangeInclusive<u64>) -> Result<Vec<u64>, String> {
    let mut values = Vec::new();
    for word in words_of(text) {
        let value = size::parse(word)
            .ok()
            .filter(|value| range.contains(value))
            .ok_or_else(|| {
                let (low, high) = (range.start(), range.end());
                format!("\"{word}\" is not a valid value ({low} to {high})")
            })?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.sort_unstable();
    if values.len() < 2 {
        return Err("Enter at least two values to compare".to_owned());
    }
    Ok(values)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';', ' ']).filter(|word| !word.is_empty())
}

/// Draws the buttons and a field of this width; returns whether Enter was pressed in the field.
pub(super) fn ui(ui: &mut Ui, vary: Vary, typed: &mut String, width: f32) -> bool {
    controls::group(ui, "Values", |ui, label| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for value in vary.often_wanted() {
                chip_ui(ui, vary, value, typed);
            }
            let field = controls::field(ui, typed, label, "values", width);
            field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter))
        })
        .inner
    })
}

/// Draws a button that adds a value to the list or removes it.
fn chip_ui(ui: &mut Ui, vary: Vary, value: u64, typed: &mut String) {
    let mut values: Vec<u64> = words_of(typed)
        .filter_map(|word| size::parse(word).ok())
        .collect();
    let chosen = values.contains(&value);
    let words = value_label(vary, value);
    if controls::chip(ui, chosen, &words, &format!("Compare {words}")).clicked() {
        if chosen {
            values.retain(|other| *other != value);
        } else {
            values.push(value);
            values.sort_unstable();
        }
        *typed = written(vary, &values);
    }
}

/// Returns values as they are typed.
pub(super) fn written(vary: Vary, values: &[u64]) -> String {
    let words = values.iter().map(|value| {
        let words = value_label(vary, *value).replace(' ', "");
        // A rounded label is no value.
        match size::parse(&words) {
            Ok(parsed) if parsed == *value => words,
            _ => value.to_string(),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Formats a value for its button.
fn value_label(vary: Vary, value: u64) -> String {
    match vary {
        Vary::Connections | Vary::Link => value.to_string(),
        Vary::PacketLen if value <= 1024 => value.to_string(),
        Vary::PacketLen => format::round_size(value),
        Vary::FileSize if value.is_multiple_of(1_000_000) => format!("{} MB", value / 1_000_000),
        Vary::FileSize => size::si(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parsed_sorted_and_deduplicated() {
        assert_eq!(parse("1, 5 10;50", 1..=64), Ok(vec![1, 5, 10, 50]));
        assert_eq!(parse("10 5 5 1", 1..=64), Ok(vec![1, 5, 10]));
        assert_eq!(parse("128, 64KiB", 128..=1 << 22), Ok(vec![128, 65536]));
        for wrong in ["", "5", "5, 5", "1, 65", "1, x", "0, 1"] {
            assert!(parse(wrong, 1..=64).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_written_by_buttons_parse() {
        for vary in [Vary::Connections, Vary::PacketLen, Vary::FileSize] {
            let values = vary.often_wanted();
            let typed: Vec<String> = values
                .iter()
                .map(|value| value_label(vary, *value).replace(' ', ""))
                .collect();
            assert_eq!(parsed(vary, &typed.join(", ")), Ok(values));
        }
    }
}
