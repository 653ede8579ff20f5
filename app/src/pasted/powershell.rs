//! "Copy as PowerShell" of browsers: `Invoke-WebRequest` with a table of header fields.

use std::iter::Peekable;
use std::str::Chars;

use super::{PasteError, PastedDownload};

/// Names under which Chrome lists pseudo-header fields of HTTP/2.
const PSEUDO_FIELDS: [&str; 4] = ["authority", "method", "path", "scheme"];

/// Returns whether a text is such a command.
pub(super) fn is_command(text: &str) -> bool {
    text.contains("Invoke-WebRequest") || text.trim_start().starts_with("iwr ")
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A quoted string.
    Text(String),
    /// A bare word: a parameter, a variable, a type.
    Word(String),
    /// A single sign of the grammar.
    Sign(char),
}

/// Parses a command.
pub(super) fn parse(text: &str) -> Result<PastedDownload, PasteError> {
    let tokens = tokens(text)?;
    let mut download = PastedDownload::default();
    let mut rest = &tokens[..];
    while let [token, after @ ..] = rest {
        rest = after;
        let Token::Word(word) = token else { continue };
        match word.as_str() {
            "-Uri" => {
                if let Some(link) = value(&mut rest) {
                    download.add_link(&link)?;
                }
            }
            "-UserAgent" => set(&mut download, "User-Agent", &mut rest),
            "-OutFile" => download.name = value(&mut rest).map(Into::into),
            "-Proxy" => {
                if let Some(url) = value(&mut rest) {
                    download.set_proxy(&url);
                }
            }
            "-SkipCertificateCheck" => download.http.insecure = true,
            "-Method" => match value(&mut rest) {
                Some(method) if method.eq_ignore_ascii_case("get") => {}
                method => return Err(PasteError::NotGet(method.unwrap_or_default())),
            },
            "-Body" | "-InFile" | "-Form" => return Err(PasteError::NotGet(word.clone())),
            "-Headers" => headers(&mut download, &mut rest)?,
            "System.Net.Cookie" => cookie(&mut download, rest),
            "$session.UserAgent" => {
                if let [Token::Sign('='), after @ ..] = rest {
                    rest = after;
                    set(&mut download, "User-Agent", &mut rest);
                }
            }
            _ => {}
        }
    }
    Ok(download)
}

/// Takes a string or a bare word.
fn value(rest: &mut &[Token]) -> Option<String> {
    match rest {
        [Token::Text(text) | Token::Word(text), after @ ..] => {
            *rest = after;
            Some(text.clone())
        }
        _ => None,
    }
}

fn set(download: &mut PastedDownload, name: &str, rest: &mut &[Token]) {
    if let Some(text) = value(rest) {
        download.set_header(name, &text);
    }
}

/// Reads `@{ "NAME"="VALUE" … }`.
fn headers(download: &mut PastedDownload, rest: &mut &[Token]) -> Result<(), PasteError> {
    while let [token, after @ ..] = *rest {
        *rest = after;
        match (token, after) {
            (Token::Sign('}'), _) => break,
            (Token::Text(name), [Token::Sign('='), Token::Text(text), after @ ..]) => {
                *rest = after;
                if !PSEUDO_FIELDS.contains(&name.as_str()) {
                    download.add_header(&format!("{name}: {text}"))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reads `("NAME", "VALUE", …`.
fn cookie(download: &mut PastedDownload, rest: &[Token]) {
    if let [
        Token::Sign('('),
        Token::Text(name),
        Token::Sign(','),
        Token::Text(text),
        ..,
    ] = rest
    {
        let cookie = ("Cookie".to_owned(), format!("{name}={text}"));
        download.http.headers.push(cookie);
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, PasteError> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A backtick continues the line.
            c if c.is_whitespace() || c == '`' => {}
            '"' => tokens.push(Token::Text(double_quoted(&mut chars)?)),
            '\'' => tokens.push(Token::Text(single_quoted(&mut chars)?)),
            '(' | ')' | '{' | '}' | '=' | ',' | ';' | '@' => tokens.push(Token::Sign(c)),
            c => {
                let mut word = String::from(c);
                let is_of_word = |c: &char| !c.is_whitespace() && !"\"'(){}=,;`".contains(*c);
                while let Some(c) = chars.next_if(is_of_word) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

fn single_quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String, PasteError> {
    let mut text = String::new();
    loop {
        match chars.next().ok_or(PasteError::Quote)? {
            '\'' if chars.next_if_eq(&'\'').is_none() => return Ok(text),
            c => text.push(c),
        }
    }
}

/// Reads a string with escapes by backticks, and with the `$([char]N)` that Chrome writes for other
/// characters than those of ASCII.
fn double_quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String, PasteError> {
    let mut units: Vec<u16> = Vec::new();
    loop {
        match chars.next().ok_or(PasteError::Quote)? {
            '"' if chars.next_if_eq(&'"').is_none() => {
                return Ok(String::from_utf16_lossy(&units));
            }
            '`' => {
                let c = match chars.next().ok_or(PasteError::Quote)? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    other => other,
                };
                units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
            }
            '$' => match char_code(chars) {
                Some(unit) => units.push(unit),
                None => units.push(u16::from(b'$')),
            },
            c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
        }
    }
}

/// Reads `([char]N)`: a UTF-16 code unit.
fn char_code(chars: &mut Peekable<Chars<'_>>) -> Option<u16> {
    let mut ahead = chars.clone();
    for expected in "([char]".chars() {
        if ahead.next() != Some(expected) {
            return None;
        }
    }
    let digits: String = std::iter::from_fn(|| ahead.next_if(char::is_ascii_digit)).collect();
    if ahead.next() != Some(')') {
        return None;
    }
    let unit = digits.parse().ok()?;
    *chars = ahead;
    Some(unit)
}
