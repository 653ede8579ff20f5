//! Response heads that are endless, invalid, or not HTTP.

use super::NOT_HTTP;
use crate::scenario::{Action, EndlessHead, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let endless = |name, kind| {
        new(name)
            .always([Action::EndlessHead(kind)])
            .fails(NOT_HTTP)
    };
    let raw = |name, bytes| new(name).always([Action::RawBytes(bytes)]).fails(NOT_HTTP);
    vec![
        endless("endless header fields", EndlessHead::Fields),
        endless("endless header field", EndlessHead::OneField),
        endless("endless 103 responses", EndlessHead::EarlyHints),
        new("three 103 responses").always([Action::EarlyHints(3)]),
        new("random bytes")
            .always([Action::RandomBytes])
            .fails(NOT_HTTP),
        new("random bytes for non-initial ranges")
            .when(When::NonInitialRange, [Action::RandomBytes])
            .saved_or_fails(NOT_HTTP),
        raw("SSH banner", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        raw(
            "unknown HTTP version",
            b"HTTP/9.9 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ),
        raw("body without a head", b"hello, this is the file\n"),
        raw(
            "status code that is not a number",
            b"HTTP/1.1 banana OK\r\nContent-Length: 5\r\n\r\nhello",
        ),
        new("NUL in a header value")
            .always([Action::SetHeader("X-Odd", "a\0b")])
            .saved_or_fails(NOT_HTTP),
        new("Latin-1 in a header value").always([Action::SetHeader("X-Odd", "caf\u{e9}")]),
        new("space in a header name")
            .always([Action::SetHeader("X Odd", "x")])
            .saved_or_fails(NOT_HTTP),
    ]
}
