//! Error statuses, permanent and temporary.

use std::time::Duration;

use crate::scenario::{Action, End, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let early = When::Within(Duration::from_secs(2));
    let later = |seconds| Action::SetHeader("Retry-After", seconds);
    let refused = |name, status, word| new(name).always([Action::Status(status)]).fails(word);
    vec![
        new("202 for 2 s with Retry-After").when(early, [Action::Status(202), later("1")]),
        new("202 without Retry-After")
            .always([Action::Status(202)])
            .fails(&["202"]),
        // Truncated bodies, so that there are at least three requests.
        new("503 for every third request")
            .always([Action::CutBody(60_000, End::Close)])
            .when(When::EveryNthGet(3), [Action::Status(503)])
            // One connection takes 47 s on an idle machine, because it pauses for 1 s after every 503.
            .within_secs(120),
        new("203 with the whole file").always([Action::IgnoreRange, Action::StatusOnly(203)]),
        new("203 without a length").always([
            Action::IgnoreRange,
            Action::StatusOnly(203),
            Action::NoContentLength,
        ]),
        new("203 to the range of the whole file")
            .when(
                When::AnyRange,
                [Action::WholeRangeWithStatus200, Action::StatusOnly(203)],
            )
            .when(When::PartialRange, [Action::StatusOnly(206)]),
        new("500 once").when(When::FirstGet, [Action::Status(500)]),
        new("502 five times at the start")
            .when(When::NthGet(0), [Action::Status(502)])
            .when(When::NthGet(1), [Action::Status(522)])
            .when(When::NthGet(2), [Action::Status(500)])
            .when(When::NthGet(3), [Action::Status(530)])
            .when(When::NthGet(4), [Action::Status(504)]),
        new("520 for 1 s").when(When::Within(Duration::from_secs(1)), [Action::Status(520)]),
        refused("500 always", 500, &["500"]),
        refused("501 always", 501, &["501"]),
        new("503 for 2 s with Retry-After")
            .when(early, [Action::Status(503), later("2")])
            .once_per_connection(),
        new("429 for 2 s with Retry-After")
            .when(early, [Action::Status(429), later("2")])
            .once_per_connection(),
        new("503 once, Retry-After in the past").when(
            When::FirstGet,
            [Action::Status(503), later("Fri, 31 Dec 1999 23:59:59 GMT")],
        ),
        new("503 once, unparsable Retry-After")
            .when(When::FirstGet, [Action::Status(503), later("soon")]),
        new("503 always, Retry-After of a day")
            .always([Action::Status(503), later("86400")])
            .fails(&["503", "retry", "later"]),
        refused("503 always", 503, &["503"]).args(&["--retry-for", "4"]),
        refused("429 always", 429, &["429"]).args(&["--retry-for", "4"]),
        refused("404", 404, &["404", "no such file"]),
        refused("410", 410, &["410"]),
        refused("401", 401, &["401", "password", "sign in", "authenti"]),
        refused("403", 403, &["403", "forbidden"]),
        refused("unrequested 304", 304, &["304"]),
        refused("204", 204, &["204"]),
        new("403 for non-initial ranges")
            .when(When::NonInitialRange, [Action::Status(403)])
            .saved_or_fails(&["403"]),
        new("404 for non-initial ranges")
            .when(When::NonInitialRange, [Action::Status(404)])
            .saved_or_fails(&["404"]),
        new("503 above 2 requests in flight").when(When::InFlightAbove(2), [Action::Status(503)]),
        new("429 above 1 request in flight").when(When::InFlightAbove(1), [Action::Status(429)]),
        new("403 above 3 requests in flight").when(When::InFlightAbove(3), [Action::Status(403)]),
        new("close above 2 requests in flight")
            .when(When::InFlightAbove(2), [Action::CutHead(0, End::Close)]),
        new("reset above 2 requests in flight")
            .when(When::InFlightAbove(2), [Action::CutHead(0, End::Reset)]),
        new("HTML error page with status 200")
            .always([Action::HtmlPage])
            .fails(&["html", "page"]),
        new("HTML error page for non-initial ranges")
            .when(When::NonInitialRange, [Action::HtmlPage])
            .saved_or_fails(&["html", "page"]),
    ]
}
