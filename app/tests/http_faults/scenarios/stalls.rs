//! Silence, and trickles. With a stall time-out of 5 s and what a download of this size takes, one
//! silent connection must cost no more than about 6 s.

use std::time::Duration;

use super::SILENT;
use crate::scenario::{Act, End, Endless, Scenario, When};

/// What one silent connection may cost, with room for a busy machine.
const ONE_STALL_SECS: u64 = 15;
/// Some tries, each silent until the stall time-out, and pauses between them.
const ALL_STALL_SECS: u64 = 60;

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let millis = Duration::from_millis;
    let silent = [Act::CutHead(0, End::Stall)];
    vec![
        new("stall in the body, once")
            .when(When::First, [Act::Cut(30_000, End::Stall)])
            .within_secs(ONE_STALL_SECS),
        new("stall of one connection of many")
            .when(When::Number(1), [Act::Cut(30_000, End::Stall)])
            .within_secs(ONE_STALL_SECS),
        new("no answer, once")
            .when(When::First, silent)
            .within_secs(ONE_STALL_SECS),
        new("no answer to one connection of many")
            .when(When::Number(1), silent)
            .within_secs(ONE_STALL_SECS),
        new("half a head, then silence, once")
            .when(When::First, [Act::CutHead(40, End::Stall)])
            .within_secs(ONE_STALL_SECS),
        // Each answer brings something, so the file can be had.
        new("stall in every body")
            .always([Act::Cut(700_000, End::Stall)])
            .within_secs(ALL_STALL_SECS),
        new("stall after every head")
            .always([Act::Cut(0, End::Stall)])
            .fails(SILENT)
            .within_secs(ALL_STALL_SECS),
        new("no answer, ever")
            .always(silent)
            .fails(SILENT)
            .within_secs(ALL_STALL_SECS),
        new("no answer to later ranges")
            .when(When::FromMiddle, silent)
            .saved_or_fails(SILENT)
            .within_secs(ALL_STALL_SECS),
        new("crawl of one connection of many")
            .when(When::Number(1), [Act::Rate(10_000)])
            .within_secs(ONE_STALL_SECS),
        new("late answer").when(When::First, [Act::Wait(millis(3000))]),
        new("head byte by byte").always([Act::DribbleHead(millis(3))]),
        // A byte now and then is no silence, and yet no answer.
        new("head byte by byte, without an end")
            .always([Act::Endless(Endless::Lines), Act::DribbleHead(millis(500))])
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
            .always([Act::Pieces(1)]),
    ]
}
