//! Lengths that lie, and codings of the body.

use super::CUT;
use crate::scenario::{Act, End, Scenario, When};

/// Words of a reason that say: such a length cannot be.
const LENGTH: &[&str] = &[
    "length", "http", "head", "answer", "range", "closed", "ended", "early",
];
const TOO_BIG: &[&str] = &[
    "space",
    "room",
    "length",
    "too large",
    "closed",
    "ended",
    "early",
];

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let length = |text| Act::Set("Content-Length", text);
    vec![
        new("Content-Length longer than the range")
            .always([Act::LengthOff(1000)])
            .saved_or_fails(LENGTH),
        new("Content-Length shorter than the range")
            .always([Act::LengthOff(-1000)])
            .saved_or_fails(LENGTH),
        new("Content-Length longer than the file")
            .always([Act::Whole, Act::LengthOff(1000)])
            .fails(CUT),
        new("negative Content-Length")
            .always([Act::Whole, length("-5")])
            .saved_or_fails(LENGTH),
        new("negative Content-Length beside a range")
            .always([length("-5")])
            .saved_or_fails(LENGTH),
        new("Content-Length of 2^62")
            .always([Act::Whole, length("4611686018427387904")])
            .fails(TOO_BIG),
        new("Content-Length beyond 64 bits")
            .always([Act::Whole, length("99999999999999999999999999")])
            .saved_or_fails(LENGTH),
        new("Content-Length in letters")
            .always([Act::Whole, length("many")])
            .saved_or_fails(LENGTH),
        new("two Content-Lengths")
            .always([Act::Whole, Act::Add("Content-Length", "2109498")])
            .saved_or_fails(LENGTH),
        new("stray bytes after the body").always([Act::Extra(5000)]),
        new("chunked").always([Act::Whole, Act::Chunked]),
        new("chunked ranges").always([Act::Chunked]),
        new("chunked, broken off once").when(
            When::First,
            [Act::Whole, Act::Chunked, Act::Cut(500_000, End::Close)],
        ),
        new("chunked, broken off always")
            .always([Act::Whole, Act::Chunked, Act::Cut(500_000, End::Close)])
            .fails(CUT),
        new("chunk sizes that lie")
            .always([Act::Whole, Act::ChunkSize("7")])
            .fails(&["chunk", "http", "closed", "ended"]),
        new("chunk of 2^62 bytes")
            .always([
                Act::Whole,
                Act::ChunkSize("4000000000000000"),
                Act::Cut(500_000, End::Close),
            ])
            .fails(&["chunk", "http", "closed", "ended", "space", "early"]),
        new("chunk sizes in letters")
            .always([Act::Whole, Act::ChunkSize("zz")])
            .fails(&["chunk", "http", "closed", "ended"]),
        new("length not told").always([Act::Whole, Act::NoLength]),
        new("HTTP/1.0").always([Act::Whole, Act::Http10]),
        new("HTTP/1.0, and the length is not told").always([
            Act::Whole,
            Act::Http10,
            Act::NoLength,
        ]),
        new("length not told, reset once").when(
            When::First,
            [Act::Whole, Act::NoLength, Act::Cut(500_000, End::Reset)],
        ),
        new("length not told, reset always")
            .always([Act::Whole, Act::NoLength, Act::Cut(500_000, End::Reset)])
            .fails(CUT),
        new("gzip forced")
            .always([Act::Gzip])
            .fails(&["encod", "compress", "gzip"]),
        new("gzip forced for later ranges")
            .when(When::FromMiddle, [Act::Gzip])
            .saved_or_fails(&["encod", "compress", "gzip"]),
        new("Content-Encoding that nobody knows")
            .always([Act::Set("Content-Encoding", "banana")])
            .fails(&["encod", "compress", "banana"]),
        new("Content-Encoding identity").always([Act::Set("Content-Encoding", "identity")]),
        new("Transfer-Encoding that nobody knows")
            .always([Act::Set("Transfer-Encoding", "banana")])
            .saved_or_fails(&["encod", "http", "length", "banana"]),
    ]
}
