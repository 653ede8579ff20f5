//! Documents that the server sends with the type of a web page, and that are what the link asks for.

use std::fs;
use std::time::Duration;

use super::fault_server::FaultServer;
use super::sandbox::Sandbox;
use super::scenario::{Action, Scenario};
use super::{job_pool, process};

const LIMIT: Duration = Duration::from_secs(30);
/// Number of runs at the same time.
const WORKERS: usize = 8;
const PAGE: &str = "<!doctype html><title>A page</title><p>Text.";

/// The path of a link, and the text that the server sends.
const DOCUMENTS: [(&str, &str); 20] = [
    ("/feed.xml", "<?xml version='1.0'?><rss/>"),
    ("/i.svg", "<svg xmlns='x'></svg>"),
    ("/track.gpx", "<gpx version='1.1'/>"),
    ("/r.md", "<p align=center>Title"),
    ("/sums.sha256", "0a1b2c  d.iso"),
    ("/view.vm", PAGE),
    ("/view.ejs", PAGE),
    ("/view.hbs", PAGE),
    ("/view.tmpl", PAGE),
    ("/cgi/show.py", PAGE),
    ("/cgi/show.rb", PAGE),
    ("/home.page", PAGE),
    ("/names.nsf", PAGE),
    ("/p.jhtml", PAGE),
    ("/p.dhtml", PAGE),
    ("/p.mht", PAGE),
    ("/wiki/Node.js", PAGE),
    ("/web/2020/example.com", PAGE),
    ("/v1.2.3", PAGE),
    ("/download", "Link list"),
];

#[test]
fn documents_with_the_type_of_a_page_are_saved() {
    let runs = [1, 5].into_iter().flat_map(|connections| {
        let document = move |(path, text)| (connections, path, text);
        DOCUMENTS.into_iter().map(document)
    });
    job_pool::run(runs.collect(), WORKERS, |(connections, path, text)| {
        for action in [
            Action::Document("text/html; charset=utf-8", text),
            Action::StaticPage(text),
        ] {
            let server = FaultServer::start(Scenario::new("document").always([action]));
            let sandbox = Sandbox::new();
            let run = process::run(
                &mut process::lanes(&sandbox, &server.url(path), connections),
                LIMIT,
            );
            assert_eq!(run.code, Some(0), "{path}: {run:?}");
            let [name] = &sandbox.files()[..] else {
                panic!("{path}: {:?}", sandbox.files());
            };
            let saved = fs::read_to_string(sandbox.download_dir().join(name)).unwrap();
            assert_eq!(saved, text, "{path}");
        }
    });
}
