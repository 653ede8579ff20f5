//! Stalled and slow responses. With an idle timeout of 5 s, one stalled connection must delay a download
//! of this size by no more than about 6 s.

use std::time::Duration;

use super::IDLE_TIMEOUT;
use crate::scenario::{Action, End, EndlessHead, Scenario, When};

/// Limit for a run with one stalled connection, with a margin for a busy machine.
const ONE_STALL_SECS: u64 = 15;
/// Limit for several attempts that each run into the idle timeout, with pauses between them.
const ALL_STALL_SECS: u64 = 90;

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let millis = Duration::from_millis;
    let silent = [Action::CutHead(0, End::Stall)];
    vec![
        new("stall in the body, once")
            .when(When::FirstGet, [Action::CutBody(30_000, End::Stall)])
            .within_secs(ONE_STALL_SECS),
        new("stall in one body of many")
            .when(When::NthGet(1), [Action::CutBody(30_000, End::Stall)])
            .within_secs(ONE_STALL_SECS),
        new("no response, once")
            .when(When::FirstGet, silent)
            .args(&["--timeout", "3"])
            .within_secs(ONE_STALL_SECS),
        new("no response on one connection of many")
            .when(When::NthGet(1), silent)
            .within_secs(ONE_STALL_SECS),
        new("stall in the head, once")
            .when(When::FirstGet, [Action::CutHead(40, End::Stall)])
            .within_secs(ONE_STALL_SECS),
        // Every response delivers some bytes, so the download can complete.
        new("stall in every body")
            .always([Action::CutBody(700_000, End::Stall)])
            .within_secs(ALL_STALL_SECS),
        new("stall after every head")
            .always([Action::CutBody(0, End::Stall)])
            .args(&["--timeout", "2"])
            .fails(IDLE_TIMEOUT)
            .within_secs(ALL_STALL_SECS),
        new("no response, always")
            .always(silent)
            .args(&["--timeout", "5"])
            .fails(IDLE_TIMEOUT)
            .within_secs(ALL_STALL_SECS),
        new("no response to non-initial ranges")
            .when(When::NonInitialRange, silent)
            .saved_or_fails(IDLE_TIMEOUT)
            .within_secs(ALL_STALL_SECS),
        new("slow body on one connection of many")
            .when(When::NthGet(1), [Action::Rate(10_000)])
            .within_secs(ONE_STALL_SECS),
        new("late response").when(When::FirstGet, [Action::Delay(millis(3000))]),
        new("head byte by byte").always([Action::SlowHead(millis(3))]),
        // Single bytes reset an idle timeout, so the head needs a deadline.
        new("endless head byte by byte")
            .always([
                Action::EndlessHead(EndlessHead::Fields),
                Action::SlowHead(millis(500)),
            ])
            .fails(&[
                "head",
                "stall",
                "timed out",
                "time-out",
                "no answer",
                "too slow",
            ])
            .within_secs(100),
        new("body byte by byte")
            .len(30_000)
            .rate(1 << 30)
            .always([Action::WriteSize(1)]),
    ]
}
