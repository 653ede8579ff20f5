//! Heads without an end, and what is no head at all.

use super::NO_HTTP;
use crate::scenario::{Act, Endless, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let endless = |name, kind| new(name).always([Act::Endless(kind)]).fails(NO_HTTP);
    let raw = |name, bytes| new(name).always([Act::Raw(bytes)]).fails(NO_HTTP);
    vec![
        endless("endless headers", Endless::Lines),
        endless("one endless header", Endless::OneLine),
        endless("endless informational answers", Endless::Hints),
        new("some informational answers").always([Act::Hints(3)]),
        new("garbage").always([Act::Garbage]).fails(NO_HTTP),
        new("garbage for later ranges")
            .when(When::FromMiddle, [Act::Garbage])
            .saved_or_fails(NO_HTTP),
        raw("another protocol", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
        raw(
            "HTTP that nobody knows",
            b"HTTP/9.9 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ),
        raw("a body without a head", b"hello, this is the file\n"),
        raw(
            "a status that is no number",
            b"HTTP/1.1 banana OK\r\nContent-Length: 5\r\n\r\nhello",
        ),
        new("NUL in a header")
            .always([Act::Set("X-Odd", "a\0b")])
            .saved_or_fails(NO_HTTP),
        new("Latin-1 in a header").always([Act::Set("X-Odd", "caf\u{e9}")]),
        new("name of a header with a space")
            .always([Act::Set("X Odd", "x")])
            .saved_or_fails(NO_HTTP),
    ]
}
