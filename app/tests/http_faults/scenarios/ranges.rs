//! Ranges that are ignored, refused or answered with something else.

use super::RANGE;
use crate::scenario::{Act, End, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    vec![
        new("range ignored").always([Act::Whole, Act::Drop("Accept-Ranges")]),
        new("ranges advertised, answered with 200").always([Act::Whole]),
        new("200 for later ranges").when(When::FromMiddle, [Act::Whole]),
        // The file can be had from the first answer, or by asking for the whole again.
        new("206 with another range").when(When::FromMiddle, [Act::Shift(i64::MIN)]),
        new("range shifted by one").when(When::FromMiddle, [Act::Shift(1)]),
        new("range shifted by one from the first")
            .always([Act::Shift(1)])
            .saved_or_fails(RANGE),
        new("range shifted backwards by one").when(When::FromMiddle, [Act::Shift(-1)]),
        new("206 to the end of the file, whatever was asked").when(When::FromMiddle, [Act::ToEnd]),
        // What is missing then can only be had by asking so.
        new("206 to the end of the file, after the first answer was cut off")
            .when(When::First, [Act::Cut(300_000, End::Close)])
            .when(When::FromMiddle, [Act::ToEnd]),
        new("half of each range")
            .always([Act::Half])
            .saved_or_fails(RANGE),
        new("range of a total that is not told")
            .always([Act::HideTotal])
            .saved_or_fails(RANGE),
        new("206 without Content-Range")
            .always([Act::Drop("Content-Range")])
            .saved_or_fails(RANGE),
        new("Content-Range that means nothing")
            .always([Act::Set("Content-Range", "bytes banana")])
            .saved_or_fails(RANGE),
        new("Content-Range that runs backwards")
            .always([Act::Set("Content-Range", "bytes 500-20/2109497")])
            .saved_or_fails(RANGE),
        new("Content-Range of 2^62 bytes")
            .always([Act::Set(
                "Content-Range",
                "bytes 0-4611686018427387903/4611686018427387904",
            )])
            .saved_or_fails(&["range", "space", "room", "length"]),
        new("multipart answer to one range")
            .always([Act::Multipart])
            .saved_or_fails(&["range", "multipart"]),
        new("416 for later ranges").when(When::FromMiddle, [Act::Status(416)]),
        new("416 for every range")
            .when(When::Ranged, [Act::Status(416)])
            .saved_or_fails(&["416", "range"]),
        new("empty file, 416 for its only range").len(0),
        new("empty file, 200").len(0).always([Act::Whole]),
        new("file of one byte").len(1),
    ]
}
