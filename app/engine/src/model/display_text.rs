//! Text as it is shown. Links are shown without their secrets. Names of files and servers come from
//! strangers, and may hold characters that are not seen or change the direction of reading, so that
//! `photo[U+202E]gpj.exe` looks like `photoexe.jpg`.

use std::borrow::Cow;

pub use lanes_shared::visible_text::is_hidden;

/// Returns a text on one line, with `�` for each control character and each hidden one.
///
/// # Examples
/// ```
/// use lanes_engine::one_line;
///
/// assert_eq!(one_line("photo\u{202e}gpj.exe"), "photo\u{fffd}gpj.exe");
/// assert_eq!(one_line("Zürich × 2"), "Zürich × 2");
/// ```
pub fn one_line(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_control() || is_hidden(c);
    if text.contains(is_harmful) {
        text.replace(is_harmful, "\u{FFFD}").into()
    } else {
        text.into()
    }
}

/// Returns a number of connections with its noun.
pub(crate) fn connections(count: usize) -> String {
    match count {
        1 => "1 connection".to_owned(),
        _ => format!("{count} connections"),
    }
}

/// Returns a link as it is shown: without user name and password, and with `…` for each value of its
/// query. The text need not be a valid URL.
pub fn redact(link: &str) -> String {
    let link = link.split('#').next().unwrap_or_default();
    let (path, query) = match link.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (link, None),
    };
    let mut shown = without_userinfo(path);
    if let Some(query) = query {
        shown.push('?');
        for (index, part) in query.split('&').enumerate() {
            if index > 0 {
                shown.push('&');
            }
            // A part without a name may be a secret itself.
            if let Some((name, _)) = part.split_once('=') {
                shown.push_str(name);
                shown.push('=');
            }
            if !part.is_empty() {
                shown.push('…');
            }
        }
    }
    shown
}

/// Removes everything between the scheme and the last `@` of the authority.
fn without_userinfo(url: &str) -> String {
    let (scheme, rest) = match url.find("://") {
        Some(at) => url.split_at(at + 3),
        None => ("", url),
    };
    let authority = rest.split(['/', '\\']).next().unwrap_or_default();
    let userinfo = authority.rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", &rest[userinfo..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_replaced_and_others_stay() {
        for hidden in [
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{2028}',
            '\u{2029}',
            '\u{ad}',
            '\u{feff}',
            '\u{e0041}',
            '\u{180e}',
            '\u{fe0f}',
            '\n',
            '\u{1b}',
            '\u{9b}',
        ] {
            assert_eq!(one_line(&format!("a{hidden}b")), "a\u{fffd}b", "{hidden:?}");
        }
        for plain in [
            "",
            "Data.jpg",
            "Zürich",
            "日本語",
            "עברית",
            "a\u{301}",
            "🦀",
            "x²",
        ] {
            assert_eq!(one_line(plain), plain);
        }
    }
}
