//! Visual order of text that mixes writing directions (Unicode Standard Annex #9).
//!
//! egui shapes each word of a right-to-left script in its own direction, but places the words one after
//! another from left to right. So a line is reordered by words: each word stays as it is written, and
//! the shaper mirrors it.

use std::borrow::Cow;

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};

/// Returns one line of text with its words in visual order from left to right, in a line that runs from
/// left to right as all of the window does.
pub(crate) fn visual(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_right_to_left) {
        return text.into();
    }
    let info = BidiInfo::new(text, Some(Level::ltr()));
    let Some(paragraph) = info.paragraphs.first() else {
        return text.into();
    };
    let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
    let mut line = String::with_capacity(text.len());
    for run in runs {
        let part = &text[run.clone()];
        if levels[run.start].is_ltr() {
            line.push_str(part);
        } else {
            push_reversed(&mut line, part);
        }
    }
    line.into()
}

fn is_right_to_left(letter: char) -> bool {
    matches!(
        bidi_class(letter),
        BidiClass::R | BidiClass::AL | BidiClass::AN
    )
}

/// Appends the words of a right-to-left run, the last one first.
fn push_reversed(line: &mut String, run: &str) {
    let mut rest = run;
    while let Some(last) = rest.chars().next_back() {
        let is_word = !is_neutral(last);
        let start = rest
            .char_indices()
            .rev()
            .take_while(|(_, letter)| is_neutral(*letter) != is_word)
            .last()
            .map_or(0, |(at, _)| at);
        let (before, word) = rest.split_at(start);
        if is_word {
            line.push_str(word);
        } else {
            line.extend(word.chars().rev().map(mirrored));
        }
        rest = before;
    }
}

fn is_neutral(letter: char) -> bool {
    matches!(
        bidi_class(letter),
        BidiClass::WS
            | BidiClass::ON
            | BidiClass::CS
            | BidiClass::ES
            | BidiClass::ET
            | BidiClass::B
    )
}

/// Returns the bracket that stands at the other side.
fn mirrored(letter: char) -> char {
    const PAIRS: [(char, char); 5] = [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>'), ('«', '»')];
    PAIRS
        .iter()
        .find_map(|&(open, close)| match letter {
            _ if letter == open => Some(close),
            _ if letter == close => Some(open),
            _ => None,
        })
        .unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_ending_at_the_right_and_its_words_in_reading_order() {
        // The shaper mirrors each word; here the words stand as they are stored.
        for (stored, seen) in [
            ("Data.jpg", "Data.jpg"),
            ("שלום.zip: 100 kB, resumable", "שלום.zip: 100 kB, resumable"),
            ("שלום עולם.zip", "עולם שלום.zip"),
            ("a (שלום עולם) b", "a (עולם שלום) b"),
            ("שלום (עולם) טוב", "טוב (עולם) שלום"),
            ("تقرير سنوي 2026.pdf", "2026 سنوي تقرير.pdf"),
        ] {
            assert_eq!(visual(stored), seen, "{stored}");
        }
        assert_eq!(visual(""), "");
    }
}
