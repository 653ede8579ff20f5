//! Refusals, for ever or for a while.

use std::time::Duration;

use crate::scenario::{Act, End, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let early = When::Early(Duration::from_secs(2));
    let later = |seconds| Act::Set("Retry-After", seconds);
    let refused = |name, status, word| new(name).always([Act::Status(status)]).fails(word);
    vec![
        // Cut short, so that there are requests enough for a third one.
        new("503 every third")
            .always([Act::Cut(60_000, End::Close)])
            .when(When::Every(3), [Act::Status(503)])
            // One connection takes 47 s on an idle machine: it waits a second each third time.
            .within_secs(120),
        new("500 once").when(When::First, [Act::Status(500)]),
        new("503 for a while, Retry-After")
            .when(early, [Act::Status(503), later("2")])
            .once_each(),
        new("429 for a while, Retry-After")
            .when(early, [Act::Status(429), later("2")])
            .once_each(),
        new("503 once, Retry-After a day long past").when(
            When::First,
            [Act::Status(503), later("Fri, 31 Dec 1999 23:59:59 GMT")],
        ),
        new("503 once, Retry-After that means nothing")
            .when(When::First, [Act::Status(503), later("soon")]),
        new("503 always, Retry-After tomorrow")
            .always([Act::Status(503), later("86400")])
            .fails(&["503", "retry", "later"]),
        refused("503 always", 503, &["503"]),
        refused("429 always", 429, &["429"]),
        refused("404", 404, &["404", "no such file"]),
        refused("410", 410, &["410"]),
        refused("401", 401, &["401", "password", "sign in", "authenti"]),
        refused("403", 403, &["403", "forbidden"]),
        refused("304 unasked", 304, &["304"]),
        refused("204", 204, &["204"]),
        new("403 for later ranges")
            .when(When::FromMiddle, [Act::Status(403)])
            .saved_or_fails(&["403"]),
        new("404 for later ranges")
            .when(When::FromMiddle, [Act::Status(404)])
            .saved_or_fails(&["404"]),
        new("503 beyond 2 at once").when(When::Beyond(2), [Act::Status(503)]),
        new("429 beyond 1 at once").when(When::Beyond(1), [Act::Status(429)]),
        new("403 beyond 3 at once").when(When::Beyond(3), [Act::Status(403)]),
        new("closed beyond 2 at once").when(When::Beyond(2), [Act::CutHead(0, End::Close)]),
        new("reset beyond 2 at once").when(When::Beyond(2), [Act::CutHead(0, End::Reset)]),
        new("HTML error page with 200 and no length")
            .always([Act::Page])
            .fails(&["html", "page"]),
        new("HTML error page for later ranges")
            .when(When::FromMiddle, [Act::Page])
            .saved_or_fails(&["html", "page"]),
    ]
}
