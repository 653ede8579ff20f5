//! Response heads that are endless, invalid, or not HTTP.

use super::NOT_HTTP;
use crate::scenario::{Action, End, EndlessHead, Scenario, When};

/// A value of 102,400 bytes.
const LONG: &str = match std::str::from_utf8(&[b'x'; 102_400]) {
    Ok(text) => text,
    Err(_) => "",
};

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
        // Small servers look for the names as other clients write them.
        new("Host in another case is missed")
            .when(When::WithoutText("Host: "), [Action::Status(400)])
            .fault_optional(),
        new("Range in another case is missed")
            .when(When::WithoutText("Range: bytes="), [Action::Status(400)])
            .fault_optional(),
        new("names in another case are missed, every connection closes")
            .always([Action::CutBody(100_000, End::Close)])
            .when(When::WithoutText("User-Agent: "), [Action::Status(403)])
            .fault_optional(),
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
        new("NUL in a header value").always([Action::SetHeader("X-Odd", "a\0b")]),
        new("Latin-1 in a header value").always([Action::SetHeader("X-Odd", "caf\u{e9}")]),
        new("space in a header name").always([Action::SetHeader("X Odd", "x")]),
        new("folded field").always([Action::SetHeader("X-Policy", "a\r\n   b\r\n\tc")]),
        new("folded Content-Type and blank fold").always([Action::SetHeader(
            "Content-Type",
            "\r\n application/\r\n \r\n zip",
        )]),
        new("folded field, bare line feeds").always([
            Action::LineEnd("\n"),
            Action::SetHeader("X-Policy", "a\n b"),
        ]),
        new("space before the colon").always([Action::FieldSeparator(" : ")]),
        new("tab before the colon, no space after it").always([Action::FieldSeparator("\t:")]),
        new("300 fields").always([Action::AddHeaders(300)]),
        new("300 fields, chunked").always([
            Action::IgnoreRange,
            Action::Chunked,
            Action::AddHeaders(300),
        ]),
        new("field of 100 KB").always([Action::AddHeaders(1), Action::SetHeader("X-Long", LONG)]),
        new("escape sequence in a field").always([Action::SetHeader("X-Odd", "\x1b[31m\x7f")]),
        new("carriage return in a field").always([Action::SetHeader("X-Odd", "a\rb")]),
        new("two carriage returns at line ends").always([Action::LineEnd("\r\r\n")]),
        new("line without a colon").always([Action::SetHeader("X-Odd", "a\r\nno colon here")]),
        new("Latin-1 in a field name").always([Action::SetHeader("X-\u{e9}", "x")]),
        new("UTF-8 and Latin-1 in an ETag")
            .always([Action::SetHeader("ETag", "\"caf\u{c3}\u{a9} \u{e9}\"")]),
        new("103 with odd fields before the response")
            .always([Action::EarlyHints(2), Action::AddHeaders(150)]),
        new("control character in Transfer-Encoding")
            .always([Action::SetHeader("Transfer-Encoding", "chun\0ked")])
            .fails(NOT_HTTP),
        new("control character in Content-Length")
            .always([Action::SetHeader("Content-Length", "2109497\x01")])
            .fails(NOT_HTTP),
    ]
}
