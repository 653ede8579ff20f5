//! Servers that take few connections, behind a URL that is good once.

use crate::scenario::{Action, End, Scenario, When};

/// Returns a scenario whose URL redirects once, and whose target refuses further connections like this.
fn good_once<const N: usize>(name: &'static str, most: usize, refusal: [Action; N]) -> Scenario {
    Scenario::new(name)
        .at("/go")
        .rate(crate::scenario::RATE / 2)
        .when(When::PathPrefix("/go"), [Action::Status(410)])
        .when(When::FirstGet, [Action::Redirect(302, "/ticket/file.bin")])
        .when(When::InFlightAbove(most), refusal)
        .saved_as("file.bin")
        .within_secs(60)
}

/// Returns a scenario whose URL redirects once, and whose target serves this many requests.
fn few_requests<const N: usize>(name: &'static str, most: usize, refusal: [Action; N]) -> Scenario {
    Scenario::new(name)
        .at("/go")
        .rate(crate::scenario::RATE / 2)
        .when(When::PathPrefix("/go"), [Action::Status(410)])
        .when(When::FirstGet, [Action::Redirect(302, "/ticket/file.bin")])
        .when(When::FromGet(1 + most), refusal)
        .saved_as("file.bin")
        .within_secs(60)
}

/// Returns a scenario whose server accepts every connection, and never answers those that were made while
/// this many were open.
fn silent(name: &'static str, most: usize) -> Scenario {
    Scenario::new(name)
        .rate(crate::scenario::RATE / 2)
        .when(When::OpenAbove(most), [Action::CutHead(0, End::Stall)])
        .within_secs(40)
}

/// Returns a scenario whose responses are all truncated, and those above this many in flight refused.
fn refused<const N: usize>(name: &'static str, most: usize, refusal: [Action; N]) -> Scenario {
    Scenario::new(name)
        .rate(crate::scenario::RATE / 2)
        .always([Action::CutBody(400_000, End::Close)])
        .when(When::InFlightAbove(most), refusal)
        .within_secs(60)
}

/// Returns a scenario whose responses are all truncated, and each fourth is this one.
fn truncated<const N: usize>(name: &'static str, fourth: [Action; N]) -> Scenario {
    Scenario::new(name)
        .always([Action::CutBody(400_000, End::Close)])
        .when(When::EveryNthGet(4), fourth)
        .within_secs(60)
}

pub fn scenarios() -> Vec<Scenario> {
    let status = |status| [Action::Status(status)];
    vec![
        good_once("good once, 403 above 2 requests in flight", 2, status(403)),
        good_once("good once, 403 above 3 requests in flight", 3, status(403)),
        good_once("good once, 404 above 2 requests in flight", 2, status(404)),
        good_once("good once, 429 above 2 requests in flight", 2, status(429)),
        good_once("good once, 503 above 2 requests in flight", 2, status(503)),
        good_once(
            "good once, reset above 2 requests in flight",
            2,
            [Action::CutHead(0, End::Reset)],
        ),
        good_once(
            "good once, close above 3 requests in flight",
            3,
            [Action::CutHead(0, End::Close)],
        ),
        few_requests("good once, two requests, then 403", 2, status(403)),
        few_requests("good once, two requests, then 404", 2, status(404)),
        few_requests("good once, three requests, then 429", 3, status(429)),
        few_requests(
            "good once, two requests, then reset",
            2,
            [Action::CutHead(0, End::Reset)],
        ),
        // The place is left only for a new one.
        Scenario::new("good once, connections break")
            .at("/go")
            .when(When::PathPrefix("/go"), [Action::Status(410)])
            .when(When::FirstGet, [Action::Redirect(302, "/ticket/file.bin")])
            .when(
                When::PathPrefix("/ticket"),
                [Action::CutBody(300_000, End::Reset)],
            )
            .within_secs(60),
        // Each ticket is good for one request only.
        Scenario::new("expired target, the URL redirects again")
            .at("/go")
            .when(When::PathPrefix("/go"), [Action::Redirect(302, "/ticket")])
            .always([Action::CutBody(400_000, End::Close)])
            .when(When::EveryNthGet(5), status(403))
            .within_secs(60),
        // A refusal after parts is no refusal of ranges: the whole file would never arrive.
        truncated("403 now and then, truncated ranges", status(403)),
        truncated("404 now and then, truncated ranges", status(404)),
        truncated(
            "whole file now and then, truncated ranges",
            [Action::IgnoreRange, Action::CutBody(400_000, End::Close)],
        ),
        refused(
            "409 above 1 request in flight, truncated ranges",
            1,
            status(409),
        ),
        refused(
            "420 above 2 requests in flight, truncated ranges",
            2,
            status(420),
        ),
        refused(
            "509 above 2 requests in flight, truncated ranges",
            2,
            status(509),
        ),
        refused(
            "busy page above 2 requests in flight, truncated ranges",
            2,
            [Action::SizedHtmlPage],
        ),
        Scenario::new("429 above 2 requests in flight, Retry-After")
            .rate(crate::scenario::RATE / 2)
            .when(
                When::InFlightAbove(2),
                [Action::Status(429), Action::SetHeader("Retry-After", "1")],
            ),
        silent("2 connections served, further ones silent", 2),
        silent("3 connections served, further ones silent", 3),
        silent("1 connection served, further ones silent", 1),
        Scenario::new("2 requests served at a time, further ones silent")
            .rate(crate::scenario::RATE / 2)
            .when(When::InFlightAbove(2), [Action::CutHead(0, End::Stall)])
            .within_secs(40),
    ]
}
