//! Header fields that another program hands over with a download: a browser, an extension, a command line.
//!
//! They contain fields of the request that the other program made. The engine makes its own requests, for
//! parts of the file, over its own connections; so fields that describe the message or the connection are
//! dropped, and those that describe the user are kept.

/// Fields that belong to the engine's own requests.
const OWNED: [&str; 16] = [
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "priority",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "via",
];

/// Returns whether a field describes the user and not the message, the connection or a cached copy.
///
/// Pseudo-header fields of HTTP/2, such as `:authority`, are no fields.
pub(crate) fn is_kept(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    let of_engine = ["if-", "proxy-", ":", "sec-websocket-"];
    !name.is_empty()
        && !OWNED.contains(&name.as_str())
        && !of_engine.iter().any(|prefix| name.starts_with(prefix))
}

/// Splits `NAME: VALUE`, with or without a blank after the colon. A name that begins with a colon is that of
/// a pseudo-header field. Returns `None` if there is no colon after a name.
pub(crate) fn split(line: &str) -> Option<(String, String)> {
    let at = line.char_indices().skip(1).find(|(_, c)| *c == ':')?.0;
    let (name, value) = line.split_at(at);
    Some((name.trim().to_owned(), value[1..].trim().to_owned()))
}

/// Sets a field, and removes others of the same name.
pub(crate) fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    headers.push((name.to_owned(), value.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_message_are_dropped_and_those_of_the_user_kept() {
        for name in [
            "Cookie",
            "Referer",
            "User-Agent",
            "X-Token",
            "Authorization",
            "Accept",
        ] {
            assert!(is_kept(name), "{name}");
        }
        for name in [
            "Accept-Encoding",
            "RANGE",
            "If-Range",
            "if-none-match",
            "Host",
            "Connection",
            "Content-Length",
            "Transfer-Encoding",
            "Proxy-Authorization",
            ":authority",
            "",
        ] {
            assert!(!is_kept(name), "{name}");
        }
    }

    #[test]
    fn a_line_has_a_name_and_a_value() {
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(split("User-Agent:x"), pair("User-Agent", "x"));
        assert_eq!(
            split("Referer: https://h/a:b"),
            pair("Referer", "https://h/a:b")
        );
        assert_eq!(split(":authority: h"), pair(":authority", "h"));
        assert_eq!((split("none"), split(""), split(":")), (None, None, None));
    }
}
