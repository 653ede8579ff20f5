//! Servers that are gone, or busy, for a few seconds in the middle of a download.

use std::time::Duration;

use crate::scenario::{Action, End, Scenario, When};

/// Bytes after which the server is gone.
const BEFORE: u64 = 500_000;
/// Duration of an outage.
const OUTAGE: Duration = Duration::from_secs(8);

/// Returns a scenario whose bodies end early, so that there are requests at any time.
fn outage<const N: usize>(name: &'static str, actions: [Action; N]) -> Scenario {
    Scenario::new(name)
        .always([Action::CutBody(150_000, End::Close)])
        .when(When::AfterSent(BEFORE, OUTAGE), actions)
        .within_secs(60)
}

pub fn scenarios() -> Vec<Scenario> {
    let later = |value| Action::SetHeader("Retry-After", value);
    vec![
        outage("outage: resets", [Action::CutHead(0, End::Reset)]),
        outage("outage: closes", [Action::CutHead(0, End::Close)]),
        outage(
            "outage: closes after the head",
            [Action::CutBody(0, End::Close)],
        ),
        outage("outage: 502", [Action::Status(502)]),
        outage("outage: 503 without Retry-After", [Action::Status(503)]),
        outage(
            "outage: 429 with Retry-After",
            [Action::Status(429), later("3")],
        ),
        outage("outage: silence", [Action::CutHead(0, End::Stall)]).args(&["--timeout", "3"]),
        // The clock of the server is decades behind.
        outage(
            "outage: 503 with a date",
            [
                Action::Status(503),
                Action::SetHeader("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
                later("Sun, 06 Nov 1994 08:49:40 GMT"),
            ],
        ),
        Scenario::new("busy for 18 s at the start, without Retry-After")
            .when(When::Within(Duration::from_secs(18)), [Action::Status(503)])
            .within_secs(60),
        Scenario::new("an outage longer than --retry-for")
            .always([Action::CutBody(150_000, End::Close)])
            .when(
                When::AfterSent(BEFORE, Duration::from_secs(3600)),
                [Action::CutHead(0, End::Reset)],
            )
            .args(&["--retry-for", "3"])
            .fails(&["reset", "lost", "closed"]),
        Scenario::new("more failures than --retries")
            .always([Action::CutBody(150_000, End::Close)])
            .when(
                When::AfterSent(BEFORE, Duration::from_secs(3600)),
                [Action::Status(500)],
            )
            .args(&["--retries", "2"])
            .fails(&["500"]),
    ]
}
