//! All fault scenarios, grouped by kind of fault.

mod body_framing;
mod content_codings;
mod few_connections;
mod file_names;
mod logins;
mod malformed_heads;
mod outages;
mod patience;
mod proxies;
mod ranges;
mod redirects;
mod stalls;
mod status_codes;
mod truncation;
mod validators_and_digests;
mod versions;
mod web_pages;

use super::scenario::Scenario;

/// Words in an error message that report a truncated response.
const TRUNCATED: &[&str] = &[
    "closed",
    "ended",
    "cut off",
    "broke off",
    "early",
    "reset",
    "lost",
];
/// Words in an error message that report a response that is not valid HTTP.
const NOT_HTTP: &[&str] = &["http", "head", "answer", "protocol"];
/// Words in an error message that report a changed file.
const CHANGED: &[&str] = &["changed", "another version"];
/// Words in an error message that report a wrong range.
const RANGE: &[&str] = &["range"];
/// Words in an error message that report an idle timeout.
const IDLE_TIMEOUT: &[&str] = &[
    "stall",
    "no byte",
    "nothing came",
    "timed out",
    "time-out",
    "no answer",
    "too slow",
];

/// Returns every scenario.
pub fn all() -> Vec<Scenario> {
    let groups = [
        vec![Scenario::new("no fault").saved_as("file.bin")],
        ranges::scenarios(),
        body_framing::scenarios(),
        truncation::scenarios(),
        stalls::scenarios(),
        status_codes::scenarios(),
        validators_and_digests::scenarios(),
        versions::scenarios(),
        redirects::scenarios(),
        malformed_heads::scenarios(),
        file_names::scenarios(),
        content_codings::scenarios(),
        web_pages::scenarios(),
        logins::scenarios(),
        proxies::scenarios(),
        outages::scenarios(),
        patience::scenarios(),
        few_connections::scenarios(),
    ];
    groups.concat()
}
