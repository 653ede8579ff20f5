//! Words of a command line as a POSIX shell splits them, with the `$'…'` strings that browsers write.

use std::iter::Peekable;
use std::str::Chars;

use super::PasteError;

/// Splits a command line into words.
///
/// # Errors
/// [`PasteError::Quote`].
pub(super) fn split(text: &str) -> Result<Vec<String>, PasteError> {
    let plain = without_dollar_quotes(text)?;
    shell_words::split(&plain).map_err(|_| PasteError::Quote)
}

/// Replaces `$'…'` outside other quotes by a plain quoted word with the same meaning. Line ends of Windows
/// become those of Unix, so that a backslash before one continues the line.
fn without_dollar_quotes(text: &str) -> Result<String, PasteError> {
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '$') if chars.peek() == Some(&'\'') => {
                chars.next();
                out.push_str(&shell_words::quote(&ansi_c_string(&mut chars)?));
            }
            (None | Some('"'), '\\') => {
                out.push(c);
                out.extend(chars.next());
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                out.push(c);
            }
            (Some(open), _) if open == c => {
                quote = None;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

/// Reads up to the closing quote of `$'…'` and resolves its escapes (POSIX.1-2024, 2.2.4).
fn ansi_c_string(chars: &mut Peekable<Chars<'_>>) -> Result<String, PasteError> {
    let mut out = Vec::new();
    loop {
        match chars.next().ok_or(PasteError::Quote)? {
            '\'' => break,
            '\\' => escape(chars, &mut out)?,
            other => push(&mut out, other),
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Reads what follows a backslash. `\x` and octal numbers are bytes, `\u` and `\U` are characters.
fn escape(chars: &mut Peekable<Chars<'_>>, out: &mut Vec<u8>) -> Result<(), PasteError> {
    match chars.next().ok_or(PasteError::Quote)? {
        'n' => out.push(b'\n'),
        't' => out.push(b'\t'),
        'r' => out.push(b'\r'),
        'a' => out.push(7),
        'b' => out.push(8),
        'e' => out.push(27),
        'f' => out.push(12),
        'v' => out.push(11),
        'x' => out.push(number(chars, 16, 2, 0) as u8),
        'u' => push(out, unicode(chars)),
        'U' => {
            let code = number(chars, 16, 8, 0);
            push(
                out,
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            );
        }
        digit @ '0'..='7' => out.push(number(chars, 8, 2, digit as u32 - '0' as u32) as u8),
        other => push(out, other),
    }
    Ok(())
}

/// Reads a `\u` escape. Browsers write a character beyond U+FFFF as two escapes, as in JavaScript.
fn unicode(chars: &mut Peekable<Chars<'_>>) -> char {
    let first = number(chars, 16, 4, 0);
    let mut ahead = chars.clone();
    if (0xD800..0xDC00).contains(&first) && ahead.next() == Some('\\') && ahead.next() == Some('u')
    {
        let second = number(&mut ahead, 16, 4, 0);
        if (0xDC00..0xE000).contains(&second) {
            *chars = ahead;
            let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
    }
    char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Reads at most `most` digits behind those that `number` already holds.
fn number(chars: &mut Peekable<Chars<'_>>, base: u32, most: usize, mut number: u32) -> u32 {
    for _ in 0..most {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(base)) else {
            break;
        };
        chars.next();
        number = number.wrapping_mul(base).wrapping_add(digit);
    }
    number
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
