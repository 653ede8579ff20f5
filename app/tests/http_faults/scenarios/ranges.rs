//! Range requests that are ignored, rejected, or answered with another range.

use super::RANGE;
use crate::scenario::{Action, End, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
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
    ]
}
