//! Responses that end early.

use super::TRUNCATED;
use crate::scenario::{Action, End, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let cut = |bytes, end| [Action::CutBody(bytes, end)];
    vec![
        new("body truncated once").when(When::FirstGet, cut(60_000, End::Close)),
        // Every response delivers some bytes, so the download can complete.
        new("body truncated always")
            .always(cut(60_000, End::Close))
            .within_secs(60),
        new("body truncated always, ranges ignored")
            .always([Action::IgnoreRange, Action::CutBody(500_000, End::Close)])
            .args(&["--retries", "5"])
            .fails(TRUNCATED),
        new("head without a body, once").when(When::FirstGet, cut(0, End::Close)),
        new("head without a body, always")
            .always(cut(0, End::Close))
            .fails(TRUNCATED),
        new("head without a body for non-initial ranges")
            .when(When::NonInitialRange, cut(0, End::Close))
            .saved_or_fails(TRUNCATED),
        new("closed before the response, once")
            .when(When::FirstGet, [Action::CutHead(0, End::Close)]),
        new("closed before the response, always")
            .always([Action::CutHead(0, End::Close)])
            .fails(TRUNCATED),
        new("closed before responses to non-initial ranges")
            .when(When::NonInitialRange, [Action::CutHead(0, End::Close)])
            .saved_or_fails(TRUNCATED),
        new("closed in the head, once").when(When::FirstGet, [Action::CutHead(30, End::Close)]),
        new("closed in the head, always")
            .always([Action::CutHead(30, End::Close)])
            .fails(TRUNCATED),
        new("reset in the body, once").when(When::FirstGet, cut(60_000, End::Reset)),
        new("reset in the body, always")
            .always(cut(60_000, End::Reset))
            .within_secs(60),
        new("reset before the response, once")
            .when(When::FirstGet, [Action::CutHead(0, End::Reset)]),
        new("reset before the response, always")
            .always([Action::CutHead(0, End::Reset)])
            .fails(TRUNCATED),
        new("last byte missing, once")
            .when(When::FirstGet, cut(crate::scenario::LEN - 1, End::Close)),
        // Less than a packet each time.
        new("body truncated always after 7 kB")
            .len(120_000)
            .always(cut(7_000, End::Close))
            .within_secs(60),
        new("reset in the body always after 5 kB, no validators")
            .len(90_000)
            .always([
                Action::RemoveHeader("ETag"),
                Action::RemoveHeader("Last-Modified"),
            ])
            .always(cut(5_000, End::Reset))
            .within_secs(60),
        new("body truncated always after 20 kB, chunked")
            .len(300_000)
            .always([Action::Chunked])
            .always(cut(20_000, End::Close))
            .within_secs(60),
        new("every connection closed after one response").always([
            Action::SetHeader("Connection", "close"),
            Action::CutBody(u64::MAX, End::Close),
        ]),
    ]
}
