//! Characters that are not seen. Names of files and servers come from strangers, and may hold characters
//! that are not seen or change the direction of reading, so that `photo[U+202E]gpj.exe` looks like
//! `photoexe.jpg`.

/// Returns whether a character is not seen, or changes how others are shown: the bidirectional controls,
/// the other code points that Unicode calls default ignorable, and the line and paragraph separators.
/// Control characters (`char::is_control`) are a set of their own.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' // soft hyphen
        | '\u{34f}' // combining grapheme joiner
        | '\u{61c}' // Arabic letter mark
        | '\u{115f}'..='\u{1160}' // Hangul fillers
        | '\u{17b4}'..='\u{17b5}' // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}' // Mongolian variation selectors
        | '\u{200b}'..='\u{200f}' // zero-width spaces and joiners, direction marks
        | '\u{2028}'..='\u{202e}' // separators, embeddings and overrides
        | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates
        | '\u{3164}' // Hangul filler
        | '\u{fe00}'..='\u{fe0f}' // variation selectors
        | '\u{feff}' // byte order mark
        | '\u{ffa0}' // halfwidth Hangul filler
        | '\u{fff0}'..='\u{fffb}' // unassigned, interlinear annotation
        | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
        | '\u{1d173}'..='\u{1d17a}' // musical format controls
        | '\u{e0000}'..='\u{e0fff}' // tags, variation selectors
    )
}

/// Returns a text on one line of at most `max_chars` characters: without control characters and hidden ones,
/// with single spaces.
///
/// # Examples
/// ```
/// use lanes_shared::visible_text::cleaned;
///
/// assert_eq!(cleaned(" Ada\u{202e}\n  Lovelace ", 40), "Ada Lovelace");
/// assert_eq!(cleaned("Zürich", 2), "Zü");
/// ```
pub fn cleaned(text: &str, max_chars: usize) -> String {
    let is_harmful = |c: &char| is_hidden(*c) || (c.is_control() && !c.is_whitespace());
    let visible: String = text.chars().filter(|c| !is_harmful(c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(max_chars).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_known_and_letters_and_marks_are_not() {
        for hidden in
            "\u{34f}\u{115f}\u{1160}\u{3164}\u{ffa0}\u{fe00}\u{fe0f}\u{e0100}\u{e01ef}\u{202e}"
                .chars()
        {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
        assert!(!"Zürich 日本語 עברית a\u{301} 🦀 \u{1161} \n".contains(is_hidden));
    }
}
