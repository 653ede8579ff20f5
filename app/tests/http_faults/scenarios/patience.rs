//! Slow first bytes and pauses, as of servers that pack a file or fetch it from elsewhere. A connection
//! that lives is waited for, and not asked again and again.

use std::time::Duration;

use crate::scenario::{Action, End, Scenario, When};

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let secs = Duration::from_secs;
    vec![
        new("first byte of each response after 10 s")
            .always([Action::Delay(secs(10))])
            .once_per_connection()
            .within_secs(40),
        new("first byte of each response after 10 s, no ranges")
            .always([Action::IgnoreRange, Action::Delay(secs(10))])
            .once_per_connection()
            .within_secs(40),
        new("first byte after 9 s, length unknown")
            .always([Action::Chunked, Action::IgnoreRange, Action::Delay(secs(9))])
            .within_secs(40),
        new("late first bytes of non-initial ranges")
            .when(When::NonInitialRange, [Action::Delay(secs(9))])
            .within_secs(40),
        new("late first byte within --timeout")
            .when(When::FirstGet, [Action::Delay(secs(4))])
            .args(&["--timeout", "9"]),
        new("pause of 10 s in a body without ranges")
            .always([Action::IgnoreRange, Action::PauseBody(700_000, secs(10))])
            .within_secs(40),
        new("pause of 10 s in a body of unknown length")
            .always([
                Action::IgnoreRange,
                Action::Chunked,
                Action::PauseBody(700_000, secs(10)),
            ])
            .within_secs(40),
        new("pause of 7 s in each body")
            .always([Action::PauseBody(100_000, secs(7))])
            .within_secs(60),
        new("pause in one body of many")
            .when(When::NthGet(2), [Action::PauseBody(20_000, secs(120))])
            .within_secs(20),
        new("pause of 8 s in the first body")
            .when(When::FirstGet, [Action::PauseBody(700_000, secs(8))])
            .within_secs(25),
        new("pause of 8 s in the first body, chunked")
            .always([Action::Chunked])
            .when(When::FirstGet, [Action::PauseBody(700_000, secs(8))])
            .within_secs(25),
        new("pause of 8 s, no second connection")
            .when(When::FirstGet, [Action::PauseBody(700_000, secs(8))])
            .when(When::InFlightAbove(1), [Action::Status(503)])
            .within_secs(30),
        new("pause of 25 s, the second connection is reset")
            .when(When::FirstGet, [Action::PauseBody(700_000, secs(25))])
            .when(When::InFlightAbove(1), [Action::CutHead(0, End::Reset)])
            .within_secs(50),
        new("pause of 12 s, the second connection is silent")
            .when(When::FirstGet, [Action::PauseBody(700_000, secs(12))])
            .when(When::InFlightAbove(1), [Action::CutHead(0, End::Stall)])
            .within_secs(60),
        new("103 at once, the response after 10 s")
            .always([Action::EarlyHints(1), Action::DelayAfterHints(secs(10))])
            .within_secs(40),
    ]
}
