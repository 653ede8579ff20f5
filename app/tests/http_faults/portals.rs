//! Captive portals and log-in pages that answer for the server while a download is unfinished.

use std::time::Duration;

use super::assertions::{finished_files, has_correct_bytes};
use super::fault_server::FaultServer;
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario};
use super::{job_pool, process};

const LIMIT: Duration = Duration::from_secs(60);
/// Number of runs at the same time.
const WORKERS: usize = 6;

/// A scenario, and the path of the link.
type Case = (Scenario, &'static str);

/// Leaves an unfinished download, lets a portal answer, and then the server again.
fn check(connections: u16, (portal, path): Case) {
    let name = portal.name;
    let server = Scenario::new("unfinished").rate(LEN / 4 / u64::from(connections));
    let (server, sandbox) = (FaultServer::start(server), Sandbox::new());
    let (url, addr) = (server.url(path), server.addr());
    let command = || process::lanes(&sandbox, &url, connections);
    let mut child = process::start(&mut command());
    assert!(server.wait_until_sent(LEN / 3, LIMIT));
    process::signal(&child, "INT");
    child.wait().unwrap();
    drop(server);
    let part = || {
        let files = sandbox.files();
        files.into_iter().find(|file| file.ends_with(".part"))
    };
    assert!(part().is_some(), "{name}: {:?}", sandbox.files());

    let server = FaultServer::start_at(addr, portal);
    let run = process::run(command().args(["--on-change", "restart"]), LIMIT);
    drop(server);
    assert_eq!(run.code, Some(1), "{name}: {run:?}");
    assert!(run.stderr.contains("web page"), "{name}: {run:?}");
    assert!(
        part().is_some() && finished_files(&sandbox).is_empty(),
        "{name}: {:?}",
        sandbox.files()
    );

    let _server = FaultServer::start_at(addr, Scenario::new("again"));
    let run = process::run(&mut command(), LIMIT);
    assert_eq!(run.code, Some(0), "{name}: {run:?}");
    let [file] = &sandbox.files()[..] else {
        panic!("{name}: {:?}", sandbox.files());
    };
    assert!(has_correct_bytes(&sandbox, file, LEN), "{name}");
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(json["resumed_bytes"].as_u64() > Some(0), "{name}: {run:?}");
}

#[test]
fn a_portal_neither_deletes_an_unfinished_download_nor_becomes_the_file() {
    let html = Action::SetHeader("Content-Type", "text/html");
    let mut runs = Vec::new();
    for connections in [1, 5, 20] {
        let cases: [Case; 4] = [
            (
                Scenario::new("page with a length").always([Action::SizedHtmlPage]),
                "/debian.iso",
            ),
            (
                Scenario::new("page without a length").always([Action::HtmlPage]),
                "/debian.iso",
            ),
            (
                Scenario::new("page with an ETag, link without an extension").always([
                    Action::SizedHtmlPage,
                    Action::SetHeader("ETag", "\"portal\""),
                ]),
                "/download?id=3",
            ),
            (
                Scenario::new("document of a page").always([
                    Action::Document("text/html", "<html><p>Pay first</p></html>"),
                    html,
                ]),
                "/download/image",
            ),
        ];
        runs.extend(cases.map(|case| (connections, case)));
    }
    job_pool::run(runs, WORKERS, |(connections, case)| {
        check(connections, case);
    });
}
