//! Range requests that are ignored, rejected, or answered with another range.

use super::{CHANGED, RANGE};
use crate::scenario::{Action, End, Scenario, When};

/// A response to another request, for a part of another file.
const OTHER_FILE: &[u8] = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 900-903/1000\r\n\
    Content-Length: 4\r\n\r\nabcd";

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let refused = |name, status| new(name).when(When::AnyRange, [Action::Status(status)]);
    vec![
        new("range ignored").always([Action::IgnoreRange, Action::RemoveHeader("Accept-Ranges")]),
        new("ranges advertised, answered with 200").always([Action::IgnoreRange]),
        new("200 for non-initial ranges").when(When::NonInitialRange, [Action::IgnoreRange]),
        // The first response, or a new request for the whole file, can still deliver the file.
        new("206 with the range moved to the start")
            .when(When::NonInitialRange, [Action::ShiftRange(i64::MIN)]),
        new("range shifted by one").when(When::NonInitialRange, [Action::ShiftRange(1)]),
        new("range shifted by one in every response")
            .always([Action::ShiftRange(1)])
            .saved_or_fails(RANGE),
        new("range shifted backwards by one").when(When::NonInitialRange, [Action::ShiftRange(-1)]),
        new("206 to the end of the file for every range")
            .when(When::NonInitialRange, [Action::ExtendToEnd]),
        // The missing bytes are only available from responses that extend to the end of the file.
        new("206 to the end of the file after a truncated first response")
            .when(When::FirstGet, [Action::CutBody(300_000, End::Close)])
            .when(When::NonInitialRange, [Action::ExtendToEnd]),
        new("half of every range")
            .always([Action::HalveRange])
            .saved_or_fails(RANGE),
        new("Content-Range with an unknown total")
            .always([Action::UnknownTotal])
            .saved_or_fails(RANGE),
        new("206 without Content-Range")
            .always([Action::RemoveHeader("Content-Range")])
            .saved_or_fails(RANGE),
        new("unparsable Content-Range")
            .always([Action::SetHeader("Content-Range", "bytes banana")])
            .saved_or_fails(RANGE),
        new("Content-Range with the last byte before the first")
            .always([Action::SetHeader("Content-Range", "bytes 500-20/2109497")])
            .saved_or_fails(RANGE),
        new("Content-Range of 2^62 bytes")
            .always([Action::SetHeader(
                "Content-Range",
                "bytes 0-4611686018427387903/4611686018427387904",
            )])
            .saved_or_fails(&["range", "space", "room", "length"]),
        new("multipart response to one range")
            .always([Action::Multipart])
            .saved_or_fails(&["range", "multipart"]),
        new("416 for non-initial ranges").when(When::NonInitialRange, [Action::Status(416)]),
        new("416 for every range")
            .when(When::AnyRange, [Action::Status(416)])
            .saved_or_fails(&["416", "range"]),
        new("empty file, 416 for bytes=0-").len(0),
        new("empty file, 200").len(0).always([Action::IgnoreRange]),
        new("one-byte file").len(1),
        new("200 to the range of the whole file")
            .when(When::AnyRange, [Action::WholeRangeWithStatus200])
            .when(When::PartialRange, [Action::AddHeader("X-Part", "yes")]),
        new("200 with Content-Range to the range of the whole file").when(
            When::AnyRange,
            [Action::WholeRangeWithStatus200, Action::WholeContentRange],
        ),
        new("200 with Content-Range for every range")
            .when(When::AnyRange, [Action::RangeWithStatus200]),
        new("200 to the range of the whole file, 403 to smaller ones")
            .when(When::AnyRange, [Action::WholeRangeWithStatus200])
            .when(When::PartialRange, [Action::Status(403)]),
        refused("400 to every range", 400),
        refused("403 to every range", 403),
        refused("404 to every range", 404),
        refused("405 to every range", 405),
        refused("406 to every range", 406),
        refused("501 to every range", 501),
        refused("503 to every range", 503),
        new("206 of the whole file for smaller ranges")
            .when(When::PartialRange, [Action::ExtendToBlocks(1 << 40)]),
        new("403 to ranges after a truncated first response")
            .when(
                When::FirstGet,
                [Action::IgnoreRange, Action::CutBody(500_000, End::Close)],
            )
            .when(When::NonInitialRange, [Action::Status(403)]),
        new("206 in blocks of 64 KiB").when(When::AnyRange, [Action::ExtendToBlocks(64 << 10)]),
        new("206 in blocks of 1 MiB after a truncated first response")
            .when(When::FirstGet, [Action::CutBody(700_001, End::Close)])
            .when(When::AnyRange, [Action::ExtendToBlocks(1 << 20)]),
        new("206 of at most 100 KB").when(When::AnyRange, [Action::ShortenRange(100_000)]),
        new("206 of at most 10 kB")
            .len(300_000)
            .when(When::AnyRange, [Action::ShortenRange(10_000)]),
        new("206 of at most 10 kB, connections close")
            .len(150_000)
            .always([Action::SetHeader("Connection", "close")])
            .when(
                When::AnyRange,
                [
                    Action::ShortenRange(10_000),
                    Action::CutBody(u64::MAX, End::Close),
                ],
            ),
        new("another length in a rejected 206")
            .when(When::FirstGet, [Action::RawBytes(OTHER_FILE)]),
        new("another length in a rejected 206, whole file only")
            .always([Action::IgnoreRange])
            .when(When::FirstGet, [Action::RawBytes(OTHER_FILE)]),
        new("206 of at most 1 MB for the first request")
            .when(When::FirstGet, [Action::ShortenRange(1_000_001)]),
        new("Content-Range with an unknown total in every 206")
            .when(When::AnyRange, [Action::UnknownTotal]),
        new("Content-Range with an unknown total for non-initial ranges")
            .when(When::NonInitialRange, [Action::UnknownTotal]),
        new("416 to ranges of one byte")
            .len((2 << 20) + 1)
            .when(When::OneByteRange, [Action::Status(416)])
            .fault_optional(),
        new("one-byte file, 416 to its only byte")
            .len(1)
            .when(When::AnyRange, [Action::Status(416)]),
        new("empty file, 204")
            .len(0)
            .always([Action::Status(204), Action::RemoveHeader("Content-Length")]),
        new("empty file, 206 with an impossible range")
            .len(0)
            .always([
                Action::Status(206),
                Action::SetHeader("Content-Range", "bytes 0--1/0"),
                Action::SetHeader("Content-Length", "0"),
            ]),
        new("empty file, 416 without a length")
            .len(0)
            .when(When::AnyRange, [Action::Status(416)]),
        new("file shrinks, 416 without a length")
            .when(When::FirstGet, [Action::CutBody(500_000, End::Close)])
            .when(
                When::LaterGets,
                [Action::OtherVersion { seed: 2, longer: 0 }],
            )
            .when(When::NonInitialRange, [Action::Status(416)])
            .fails(CHANGED),
        new("file shrinks, 206 after its end")
            .when(When::FirstGet, [Action::CutBody(500_000, End::Close)])
            .when(
                When::NonInitialRange,
                [
                    Action::SetHeader("Content-Range", "bytes 400000-399999/400000"),
                    Action::SetHeader("Content-Length", "0"),
                ],
            )
            .fails(CHANGED),
    ]
}
