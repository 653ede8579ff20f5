//! The file format of cookies that Netscape introduced, as curl, wget, yt-dlp and browser extensions write
//! it (`cookies.txt`). This is pure parsing.
//!
//! Each line has seven fields, separated by tabs: domain, `TRUE` if hosts within the domain get the cookie
//! too, path, `TRUE` if it is for encrypted connections only, time of expiry in seconds since 1970 (0 for
//! the end of the session), name, value. `#HttpOnly_` before the domain marks a cookie that scripts cannot
//! read; any other line that begins with `#` is a comment.

use std::fmt::Write as _;

/// One cookie of a file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FileCookie {
    /// The host or domain, without a dot before it.
    pub domain: String,
    /// True if hosts within the domain get the cookie too.
    pub for_subdomains: bool,
    pub path: String,
    /// True if the cookie is for encrypted connections only.
    pub secure: bool,
    /// True if scripts cannot read the cookie.
    pub http_only: bool,
    /// Time of expiry in seconds since 1970; 0 for the end of the session.
    pub expires: i64,
    pub name: String,
    pub value: String,
}

impl std::fmt::Debug for FileCookie {
    /// Leaves out the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{} {}=…", self.domain, self.path, self.name)
    }
}

/// Reason why a line is not a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CookieLineError {
    /// The line has this many fields.
    #[error("found {0} of 7 fields, separated by tabs")]
    Fields(usize),
    /// A field that is `TRUE` or `FALSE` has another value.
    #[error("field {0} is neither TRUE nor FALSE")]
    Flag(usize),
    /// The time of expiry is not a number.
    #[error("field 5 is not a time in seconds since 1970")]
    Expires,
    /// There is no domain or no name.
    #[error("domain or name is empty")]
    Empty,
    /// The name, the path or the value has a character that cookies cannot have.
    #[error("a field has a semicolon or a control character")]
    Character,
    /// The file has another format.
    #[error("this is JSON: export the cookies in the format of Netscape (cookies.txt)")]
    Json,
}

/// A line of a file that is no comment, with its number, from 1.
pub(crate) type Line = (usize, Result<FileCookie, CookieLineError>);

/// Parses the lines of a file.
pub(crate) fn parse(content: &str) -> Vec<Line> {
    let content = content.trim_start_matches('\u{feff}');
    if content.trim_start().starts_with(['[', '{']) {
        return vec![(1, Err(CookieLineError::Json))];
    }
    let mut cookies = Vec::new();
    for (number, line) in (1..).zip(content.lines()) {
        let line = line.trim_end_matches('\r');
        let http_only = line.strip_prefix("#HttpOnly_");
        if line.trim().is_empty() || (line.starts_with('#') && http_only.is_none()) {
            continue;
        }
        let cookie = parse_line(http_only.unwrap_or(line), http_only.is_some());
        cookies.push((number, cookie));
    }
    cookies
}

fn parse_line(line: &str, http_only: bool) -> Result<FileCookie, CookieLineError> {
    let fields: Vec<&str> = line.splitn(7, '\t').collect();
    // An editor may take away the tab before an empty value.
    let (fields, value) = match fields[..] {
        [ref fields @ .., value] if fields.len() == 6 => (fields.to_vec(), value),
        ref fields if fields.len() == 6 => (fields.to_vec(), ""),
        ref fields => return Err(CookieLineError::Fields(fields.len())),
    };
    let flag = |index: usize| match fields[index].trim() {
        word if word.eq_ignore_ascii_case("true") => Ok(true),
        word if word.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(CookieLineError::Flag(index + 1)),
    };
    let domain = without_port(fields[0].trim().trim_start_matches('.'));
    let (path, name) = (fields[2].trim(), fields[5].trim());
    if domain.is_empty() || name.is_empty() {
        return Err(CookieLineError::Empty);
    }
    let is_bad = |c: char| c.is_control() || c == ';';
    if [path, name, value].iter().any(|text| text.contains(is_bad)) || name.contains('=') {
        return Err(CookieLineError::Character);
    }
    Ok(FileCookie {
        domain: domain.to_owned(),
        for_subdomains: flag(1)?,
        path: if path.starts_with('/') { path } else { "/" }.to_owned(),
        secure: flag(3)?,
        http_only,
        expires: expires(fields[4].trim())?,
        name: name.to_owned(),
        value: value.to_owned(),
    })
}

/// Returns a domain without the port that wget writes. Cookies have none (RFC 6265, 8.5).
fn without_port(domain: &str) -> &str {
    match domain.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
        _ => domain,
    }
}

/// Parses a time of expiry. Some browser extensions write fractions, others nothing for a session.
fn expires(text: &str) -> Result<i64, CookieLineError> {
    let whole = text.split('.').next().unwrap_or_default();
    match whole {
        "" => Ok(0),
        _ => whole.parse().map_err(|_| CookieLineError::Expires),
    }
}

/// Writes cookies in the format of the file.
pub(crate) fn format(cookies: &[FileCookie]) -> String {
    let mut text =
        "# Netscape HTTP Cookie File\n# Written by Lanes. Keep it secret: it holds logins.\n\n"
            .to_owned();
    let word = |flag: bool| if flag { "TRUE" } else { "FALSE" };
    for cookie in cookies {
        let prefix = if cookie.http_only { "#HttpOnly_" } else { "" };
        let dot = if cookie.for_subdomains { "." } else { "" };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{prefix}{dot}{}\t{}\t{}\t{}\t{}\t{}\t{}",
            cookie.domain,
            word(cookie.for_subdomains),
            cookie.path,
            word(cookie.secure),
            cookie.expires,
            cookie.name,
            cookie.value,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the cookies, or the first error and its line.
    fn parse(content: &str) -> Result<Vec<FileCookie>, (usize, CookieLineError)> {
        let lines = super::parse(content).into_iter();
        lines
            .map(|(line, cookie)| cookie.map_err(|error| (line, error)))
            .collect()
    }

    #[test]
    fn files_of_curl_and_yt_dlp_are_read() {
        let content = "\u{feff}# Netscape HTTP Cookie File\r\n\r\n\
            .example.org\tTRUE\t/\tTRUE\t4102444800\tsid\ta=b c\r\n\
            #HttpOnly_127.0.0.1\tFALSE\t/dl\tFALSE\t0\tseen\t1\r\n\
            # a comment\n\
            wget.example:8080\tFALSE\t/\tFALSE\t0\tw\t1\n\
            h.example\tfalse\t\tFALSE\t1750000000.25\tempty\n";
        let cookies = parse(content).unwrap();
        let [sid, seen, of_wget, empty] = &cookies[..] else {
            panic!("{cookies:?}");
        };
        assert_eq!(
            (&*sid.domain, sid.for_subdomains, sid.secure),
            ("example.org", true, true)
        );
        assert_eq!(
            (&*sid.value, sid.expires, sid.http_only),
            ("a=b c", 4_102_444_800, false)
        );
        assert_eq!(
            (&*seen.domain, &*seen.path, seen.http_only),
            ("127.0.0.1", "/dl", true)
        );
        assert_eq!(
            (&*empty.value, &*empty.path, empty.expires),
            ("", "/", 1_750_000_000)
        );
        assert_eq!(of_wget.domain, "wget.example");
        assert_eq!(parse(&format(&cookies)).unwrap(), cookies);
    }

    #[test]
    fn bad_lines_are_named_and_their_values_are_not() {
        for (line, error) in [
            ("example.org", CookieLineError::Fields(1)),
            ("h TRUE / FALSE 0 sid secret", CookieLineError::Fields(1)),
            ("h\tyes\t/\tFALSE\t0\tsid\tsecret", CookieLineError::Flag(2)),
            ("h\tTRUE\t/\t1\t0\tsid\tsecret", CookieLineError::Flag(4)),
            (
                "h\tTRUE\t/\tTRUE\tnever\tsid\tsecret",
                CookieLineError::Expires,
            ),
            ("h\tTRUE\t/\tTRUE\t0\t\tsecret", CookieLineError::Empty),
            (".\tTRUE\t/\tTRUE\t0\tsid\tsecret", CookieLineError::Empty),
            ("h\tTRUE\t/\tTRUE\t0\tsid\ta;b", CookieLineError::Character),
        ] {
            let found = parse(&format!("# x\n\n{line}\n")).unwrap_err();
            assert_eq!(found, (3, error), "{line}");
            assert!(!error.to_string().contains("secret"));
        }
        assert_eq!(parse("[{\"name\": 1}]"), Err((1, CookieLineError::Json)));
        assert_eq!(parse("").unwrap(), []);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\t\nA-Za-z0-9.#/;=_]{0,80}") {
            if let Ok(cookies) = parse(&text) {
                prop_assert_eq!(parse(&format(&cookies)).unwrap(), cookies);
            }
        }
    }
}
