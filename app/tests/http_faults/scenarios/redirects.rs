//! Redirects: far, round and round, and to where nobody should go.

use crate::scenario::{Act, Scenario, When};

const REDIRECT: &[&str] = &["redirect"];

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let to = |name, location| {
        new(name)
            .at("/go")
            .when(When::Path("/go"), [Act::Redirect(302, location)])
    };
    let hops = |name, path| new(name).at(path).when(When::Path("/hop"), [Act::Hop]);
    vec![
        hops("chain of 9 redirects", "/hop/8").saved_as("file.bin"),
        hops("chain of 30 redirects", "/hop/30").fails(REDIRECT),
        to("redirect to itself", "/go").fails(REDIRECT),
        to("redirect by a relative path", "some/../file.bin"),
        to("redirect to another host", "http://{other}/file.bin"),
        new("each range is redirected to another host")
            .when(When::FromMiddle, [Act::Redirect(307, "http://{other}/x")])
            .when(When::Path("/x"), [Act::Set("Server", "another")]),
        to("redirect to a file of this machine", "file:///etc/passwd")
            .fails(&["redirect", "file:"]),
        to("redirect to another protocol", "ftp://{here}/file.bin").fails(&["redirect", "ftp:"]),
        to("redirect to nowhere", "").fails(REDIRECT),
        new("redirect without a location")
            .at("/go")
            .when(
                When::Path("/go"),
                [Act::Redirect(302, ""), Act::Drop("Location")],
            )
            .fails(&["redirect", "location", "302"]),
        to("redirect that means nothing", "http://[::banana")
            .fails(&["redirect", "location", "url"]),
        to("redirect with a raw space", "/my file.bin")
            .saved_or_fails(&["redirect", "location", "url"]),
    ]
}
