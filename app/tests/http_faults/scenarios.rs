//! The scenarios, by what goes wrong.

mod body_framing;
mod file_names;
mod malformed_heads;
mod ranges;
mod redirects;
mod stalls;
mod status_codes;
mod truncation;
mod validators_and_digests;

use super::scenario::Scenario;

/// Words of a reason that say: the answer ended before its time.
const CUT: &[&str] = &[
    "closed",
    "ended",
    "cut off",
    "broke off",
    "early",
    "reset",
    "lost",
];
/// Words of a reason that say: what came is no answer that HTTP knows.
const NO_HTTP: &[&str] = &["http", "head", "answer", "protocol"];
/// Words of a reason that say: the file is another now.
const CHANGED: &[&str] = &["changed", "another version"];
/// Words of a reason that say: not the range that was asked for.
const RANGE: &[&str] = &["range"];
/// Words of a reason that say: nothing comes any more.
const SILENT: &[&str] = &[
    "stall",
    "no byte",
    "nothing came",
    "timed out",
    "time-out",
    "no answer",
    "too slow",
];

/// Every scenario.
pub fn all() -> Vec<Scenario> {
    let kinds = [
        vec![Scenario::new("nothing wrong").saved_as("file.bin")],
        ranges::scenarios(),
        body_framing::scenarios(),
        truncation::scenarios(),
        stalls::scenarios(),
        status_codes::scenarios(),
        validators_and_digests::scenarios(),
        redirects::scenarios(),
        malformed_heads::scenarios(),
        file_names::scenarios(),
    ];
    kinds.concat()
}
