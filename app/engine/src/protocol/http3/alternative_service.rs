//! Reads `Alt-Svc` (RFC 7838): where a server speaks HTTP/3.

/// The name of HTTP/3 in `Alt-Svc` and in TLS.
pub(crate) const PROTOCOL: &str = "h3";

/// A place where a server speaks HTTP/3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http3Service {
    /// The host to connect to; `None` for the one of the link. The certificate is that of the link's host.
    pub host: Option<String>,
    /// The UDP port.
    pub port: u16,
}

/// Returns the first alternative in the values of `Alt-Svc` that speaks HTTP/3.
pub(crate) fn http3(values: &str) -> Option<Http3Service> {
    let mut rest = values;
    while !rest.is_empty() {
        let (alternative, others) = split_outside_quotes(rest, ',');
        rest = others;
        let (named, _parameters) = split_outside_quotes(alternative, ';');
        let Some((protocol, authority)) = named.split_once('=') else {
            continue;
        };
        if protocol.trim() == PROTOCOL
            && let Some(service) = service(authority.trim())
        {
            return Some(service);
        }
    }
    None
}

/// Reads a quoted `HOST:PORT` or `:PORT`.
fn service(authority: &str) -> Option<Http3Service> {
    let inner = authority.strip_prefix('"')?.strip_suffix('"')?;
    let (host, port) = inner.rsplit_once(':')?;
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    let port = port.parse().ok().filter(|port| *port > 0)?;
    host.bytes().all(is_host).then(|| Http3Service {
        host: (!host.is_empty()).then(|| host.to_owned()),
        port,
    })
}

/// Splits at the first `separator` that does not stand in a quoted string.
fn split_outside_quotes(text: &str, separator: char) -> (&str, &str) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if letter == separator && !is_quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_alternative_with_http3_counts() {
        let found = |text: &str| {
            let service = http3(text)?;
            Some(format!(
                "{}:{}",
                service.host.unwrap_or_default(),
                service.port
            ))
        };
        for (text, service) in [
            (r#"h3=":443"; ma=2592000"#, Some(":443")),
            (
                r#"h2="a:1", h3-29=":1";ma=1,  h3="alt.example:8443" ; ma=3;persist=1"#,
                Some("alt.example:8443"),
            ),
            (r#"h3="[::1]:444""#, Some("[::1]:444")),
            (r#"x="a,h3=\":9\"", h3=":7""#, Some(":7")),
            (r#"h3="bad host:1", h3=":2""#, Some(":2")),
            (r#"h3=":0""#, None),
            (r#"h3=":443"#, None),
            ("clear", None),
            ("h3", None),
            ("", None),
        ] {
            assert_eq!(found(text).as_deref(), service, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[ -~é\"]{0,60}") {
            if let Some(service) = http3(&text) {
                prop_assert!(service.port > 0);
            }
        }
    }
}
