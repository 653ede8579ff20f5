//! Words of a command line as `cmd.exe` and the C runtime of Windows split them.

use super::PasteError;

/// Returns whether a text has the carets of `cmd.exe`: before a quote, or at the end of a line. Those within the
/// quotes of a POSIX shell are characters of a value.
pub(super) fn is_cmd(text: &str) -> bool {
    let mut chars = text.chars().peekable();
    // The open quote, and whether backslashes escape within it.
    let mut quote = None;
    let mut before = ' ';
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '^') if matches!(chars.peek(), Some('"' | '\r' | '\n')) => return true,
            (None | Some((_, true)), '\\') => {
                chars.next();
            }
            (None, '\'') => quote = Some((c, before == '$')),
            (None, '"') => quote = Some((c, true)),
            (Some((open, _)), _) if open == c => quote = None,
            _ => {}
        }
        before = c;
    }
    false
}

/// Splits a command line into words.
///
/// # Errors
/// [`PasteError::Quote`].
pub(super) fn split(text: &str) -> Result<Vec<String>, PasteError> {
    words(&without_carets(&text.replace("\r\n", "\n")))
}

/// Resolves the carets. Outside quotes a caret makes the next character plain; before a line end it takes the
/// line end away and makes the character after that plain. An escaped quote opens no quotes for `cmd.exe`.
fn without_carets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut is_quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '^' if !is_quoted => match chars.next() {
                Some('\n') => out.extend(chars.next()),
                other => out.extend(other),
            },
            '"' => {
                is_quoted = !is_quoted;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Splits the text into arguments as the C runtime does: backslashes count only before a quote, and two
/// quotes within quotes are one.
fn words(text: &str) -> Result<Vec<String>, PasteError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let mut count = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let word = word.get_or_insert_default();
                if chars.peek() == Some(&'"') {
                    word.extend(std::iter::repeat_n('\\', count / 2));
                    if count % 2 == 1 {
                        word.extend(chars.next());
                    }
                } else {
                    word.extend(std::iter::repeat_n('\\', count));
                }
            }
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                word.get_or_insert_default().extend(chars.next());
            }
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            c if c.is_ascii_whitespace() && !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match is_quoted {
        true => Err(PasteError::Quote),
        false => Ok(words),
    }
}
