//! Wrong Content-Length, chunked encoding, and content encodings.

use super::TRUNCATED;
use crate::scenario::{Action, End, Scenario, When};

/// Words in an error message that report an invalid length.
const LENGTH: &[&str] = &[
    "length", "http", "head", "answer", "range", "closed", "ended", "early",
];
/// Words in an error message that report a length beyond the free space.
const TOO_BIG: &[&str] = &[
    "space",
    "room",
    "length",
    "too large",
    "closed",
    "ended",
    "early",
];

/// An extension of a chunk that is longer than any buffer for its line.
const LONG_EXTENSION: &str = match std::str::from_utf8(&[b';'; 3000]) {
    Ok(text) => text,
    Err(_) => "",
};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let length = |text| Action::SetHeader("Content-Length", text);
    vec![
        new("Content-Length longer than the range")
            .always([Action::OffsetContentLength(1000)])
            .saved_or_fails(LENGTH),
        new("Content-Length shorter than the range")
            .always([Action::OffsetContentLength(-1000)])
            .saved_or_fails(LENGTH),
        new("Content-Length longer than the file")
            .always([Action::IgnoreRange, Action::OffsetContentLength(1000)])
            .args(&["--retries", "5"])
            .fails(TRUNCATED),
        new("negative Content-Length")
            .always([Action::IgnoreRange, length("-5")])
            .saved_or_fails(LENGTH),
        new("negative Content-Length with a Content-Range")
            .always([length("-5")])
            .saved_or_fails(LENGTH),
        new("Content-Length of 2^62")
            .always([Action::IgnoreRange, length("4611686018427387904")])
            .fails(TOO_BIG),
        new("Content-Length beyond 64 bits")
            .always([Action::IgnoreRange, length("99999999999999999999999999")])
            .saved_or_fails(LENGTH),
        new("Content-Length that is not a number")
            .always([Action::IgnoreRange, length("many")])
            .saved_or_fails(LENGTH),
        new("two different Content-Lengths")
            .always([
                Action::IgnoreRange,
                Action::AddHeader("Content-Length", "2109498"),
            ])
            .saved_or_fails(LENGTH),
        new("Content-Length twice in one field")
            .always([Action::IgnoreRange, length("2109497, 2109497")]),
        new("Content-Length in two fields").always([
            Action::IgnoreRange,
            Action::AddHeader("Content-Length", "2109497"),
        ]),
        new("two different Content-Lengths in one field")
            .always([Action::IgnoreRange, length("2109497, 2109498")])
            .saved_or_fails(LENGTH),
        new("trailing bytes after the body").always([Action::TrailingBytes(5000)]),
        new("chunked").always([Action::IgnoreRange, Action::Chunked]),
        new("chunked ranges").always([Action::Chunked]),
        new("chunks with extensions").always([
            Action::Chunked,
            Action::ChunkExtension(
                ";part=\"a;b\";chunk-signature=0123456789abcdef0123456789abcdef",
            ),
        ]),
        new("chunks with long extensions, whole file only").always([
            Action::IgnoreRange,
            Action::Chunked,
            Action::ChunkExtension(LONG_EXTENSION),
        ]),
        new("small chunks with extensions, truncated once")
            .always([
                Action::Chunked,
                Action::ChunkExtension(" ; a = b"),
                Action::WriteSize(1000),
            ])
            .when(When::NthGet(1), [Action::CutBody(50_500, End::Close)])
            .fault_optional(),
        new("chunked, truncated once").when(
            When::FirstGet,
            [
                Action::IgnoreRange,
                Action::Chunked,
                Action::CutBody(500_000, End::Close),
            ],
        ),
        new("chunked, truncated always")
            .always([
                Action::IgnoreRange,
                Action::Chunked,
                Action::CutBody(500_000, End::Close),
            ])
            .fails(TRUNCATED),
        new("wrong chunk sizes")
            .always([Action::IgnoreRange, Action::ChunkSize("7")])
            .fails(&["chunk", "http", "closed", "ended"]),
        new("chunk of 2^62 bytes")
            .always([
                Action::IgnoreRange,
                Action::ChunkSize("4000000000000000"),
                Action::CutBody(500_000, End::Close),
            ])
            .fails(&["chunk", "http", "closed", "ended", "space", "early"]),
        new("chunk sizes that are not numbers")
            .always([Action::IgnoreRange, Action::ChunkSize("zz")])
            .fails(&["chunk", "http", "closed", "ended"]),
        new("no Content-Length").always([Action::IgnoreRange, Action::NoContentLength]),
        new("HTTP/1.0").always([Action::IgnoreRange, Action::Http10]),
        new("HTTP/1.0 without Content-Length").always([
            Action::IgnoreRange,
            Action::Http10,
            Action::NoContentLength,
        ]),
        new("HTTP/1.0 in chunks").always([Action::IgnoreRange, Action::Http10, Action::Chunked]),
        new("no Content-Length, reset once").when(
            When::FirstGet,
            [
                Action::IgnoreRange,
                Action::NoContentLength,
                Action::CutBody(500_000, End::Reset),
            ],
        ),
        new("no Content-Length, reset always")
            .always([
                Action::IgnoreRange,
                Action::NoContentLength,
                Action::CutBody(500_000, End::Reset),
            ])
            .fails(TRUNCATED),
        new("unrequested gzip").always([Action::Gzip]),
        new("unrequested gzip for non-initial ranges")
            .when(When::NonInitialRange, [Action::Gzip])
            .saved_or_fails(&["encod", "compress", "gzip"]),
        new("unknown Content-Encoding").always([Action::SetHeader("Content-Encoding", "banana")]),
        new("registered Content-Encoding that is not accepted")
            .always([Action::SetHeader("Content-Encoding", "dcz")])
            .fails(&["encod", "compress", "dcz"]),
        new("Content-Encoding identity")
            .always([Action::SetHeader("Content-Encoding", "identity")]),
        new("unknown Transfer-Encoding")
            .always([Action::SetHeader("Transfer-Encoding", "banana")])
            .saved_or_fails(&["encod", "http", "length", "banana"]),
    ]
}
