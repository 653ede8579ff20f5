//! Redirects: chains, loops, invalid locations, and forbidden schemes.

use crate::scenario::{Action, Scenario, When};

const REDIRECT: &[&str] = &["redirect"];

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let to = |name, location| {
        new(name)
            .at("/go")
            .when(When::PathPrefix("/go"), [Action::Redirect(302, location)])
    };
    let hops = |name, path| {
        new(name)
            .at(path)
            .when(When::PathPrefix("/hop"), [Action::RedirectChain])
    };
    vec![
        hops("chain of 9 redirects", "/hop/8").saved_as("file.bin"),
        hops("chain of 30 redirects", "/hop/30").fails(REDIRECT),
        to("redirect to itself", "/go").fails(REDIRECT),
        to("redirect with a relative location", "some/../file.bin"),
        to("redirect to another host", "http://{other}/file.bin"),
        new("each range is redirected to another host")
            .when(
                When::NonInitialRange,
                [Action::Redirect(307, "http://{other}/x")],
            )
            .when(
                When::PathPrefix("/x"),
                [Action::SetHeader("Server", "another")],
            ),
        to("redirect to a file URL", "file:///etc/passwd").fails(&["redirect", "file:"]),
        to("redirect to FTP", "ftp://{here}/file.bin").fails(&["redirect", "ftp:"]),
        to("redirect with an empty location", "").fails(REDIRECT),
        new("redirect without a location")
            .at("/go")
            .when(
                When::PathPrefix("/go"),
                [Action::Redirect(302, ""), Action::RemoveHeader("Location")],
            )
            .fails(&["redirect", "location", "302"]),
        to("redirect with an invalid location", "http://[::banana")
            .fails(&["redirect", "location", "url"]),
        to("redirect with a space in the location", "/my file.bin")
            .saved_or_fails(&["redirect", "location", "url"]),
        // The fault server encodes heads as Latin-1: two characters for `é` in UTF-8, one in ISO-8859-1.
        to(
            "redirect with UTF-8 in the location",
            "/caf\u{c3}\u{a9}.bin",
        )
        .saved_as("café.bin"),
        to("redirect with Latin-1 in the location", "/caf\u{e9}.bin").saved_as("café.bin"),
        to(
            "redirect with UTF-8 in the query",
            "/file.bin?n=\u{c3}\u{a9}",
        ),
        to(
            "redirect with a control character in the location",
            "/a\x01b.bin",
        ),
        to("redirect with a folded location", "/a\r\n b.bin"),
        to(
            "redirect with an absolute location in UTF-8",
            "http://{other}/caf\u{c3}\u{a9}.bin",
        )
        .saved_as("café.bin"),
    ]
}
