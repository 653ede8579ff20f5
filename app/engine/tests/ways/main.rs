//! Downloads over several ways: here source addresses of loopback, which need no privileges on Linux.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
mod paced_server;

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use common::{bytes, serve};
use lanes_engine::{
    CancelToken, Destination, DownloadSnapshot, DownloadSpec, FetchError, HttpOptions, Outcome,
    ProxyChoice, RetryLimits, WaySnapshot, fetch, parse_ways,
};
use paced_server::PacedServer;

const WAYS: &str = "127.0.0.2, 127.0.0.3";

fn way(number: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, 2 + number).into()
}

fn request(url: &str, ways: &str, folder: &Path) -> DownloadSpec {
    DownloadSpec {
        destination: Destination::Folder(folder.to_owned()),
        connections: 4,
        flush: false,
        retry: RetryLimits::times(5),
        http: HttpOptions {
            ways: parse_ways(ways).expect("ways"),
            proxy: ProxyChoice::Direct,
            ..HttpOptions::default()
        },
        ..DownloadSpec::new(url.parse().expect("a URL"))
    }
}

/// Downloads, and returns the last snapshot too.
fn run(
    request: &DownloadSpec,
    mut observe: impl FnMut(&DownloadSnapshot),
) -> (Result<Outcome, FetchError>, Arc<DownloadSnapshot>) {
    let mut last = None;
    let result = fetch(request, &CancelToken::default(), &mut |now: &Arc<
        DownloadSnapshot,
    >| {
        observe(now);
        last = Some(Arc::clone(now));
    });
    (result, last.expect("a snapshot"))
}

fn reason(result: Result<Outcome, FetchError>) -> String {
    result.expect_err("a failure").to_string()
}

#[test]
fn both_ways_bring_bytes_of_one_file() {
    let (file, folder) = (bytes(4_000_000, 1), tempfile::tempdir().unwrap());
    let server = PacedServer::start(file.clone());
    let (result, last) = run(&request(&server.url(), WAYS, folder.path()), |_| {});
    assert_eq!(std::fs::read(result.unwrap().path).unwrap(), file);
    let brought: Vec<u64> = last.ways.iter().map(|way| way.bytes).collect();
    assert!(brought.iter().all(|bytes| *bytes > 0), "{brought:?}");
    assert!(
        brought.iter().sum::<u64>() >= file.len() as u64,
        "{brought:?}"
    );
    assert!((0..2).all(|number| server.served(way(number)) > 0));
    assert_eq!(
        server.served(Ipv4Addr::LOCALHOST.into()),
        0,
        "all connections use a way"
    );
    for connection in &last.connections {
        assert!(usize::from(connection.way) < last.ways.len());
    }
}

#[test]
fn a_proxy_is_reached_over_the_ways() {
    let (file, folder) = (bytes(2_000_000, 2), tempfile::tempdir().unwrap());
    let server = PacedServer::start(file.clone());
    let mut request = request("http://files.invalid/file", WAYS, folder.path());
    request.http.proxy = ProxyChoice::Url(server.url().trim_end_matches("/file").to_owned());
    let (result, _) = run(&request, |_| {});
    assert_eq!(std::fs::read(result.unwrap().path).unwrap(), file);
    assert!((0..2).all(|number| server.served(way(number)) > 0));
}

#[test]
fn a_lanes_server_is_reached_over_the_ways() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = bytes(4_000_000, 3);
    std::fs::write(root.path().join("file"), &file).unwrap();
    let server = serve(root.path());
    let url = format!("lanes://{}/file", server.addr());
    let mut request = request(&url, WAYS, folder.path());
    request.rate_limit = Some(8_000_000);
    let (result, last) = run(&request, |_| {});
    assert_eq!(std::fs::read(result.unwrap().path).unwrap(), file);
    assert!(last.ways.iter().all(|way| way.bytes > 0), "{:?}", last.ways);
}

/// Freezes the second way once both bring bytes, and thaws it when the download has noticed.
#[test]
fn a_way_that_falls_silent_and_comes_back_costs_only_its_connections() {
    let (file, folder) = (bytes(16_000_000, 4), tempfile::tempdir().unwrap());
    let server = PacedServer::start(file.clone());
    let brought = |ways: &[WaySnapshot]| ways.iter().all(|way| way.bytes > 200_000);
    let mut before = None;
    let (result, last) = run(&request(&server.url(), WAYS, folder.path()), |now| {
        if before.is_none() && brought(&now.ways) {
            server.freeze(way(1), true);
            before = now.ways.get(1).map(|way| way.bytes);
        }
        if now.ways.get(1).is_some_and(|way| way.losses > 0) {
            server.freeze(way(1), false);
        }
    });
    assert_eq!(std::fs::read(result.unwrap().path).unwrap(), file);
    let second = &last.ways[1];
    let trouble = second.trouble.as_deref().unwrap_or_default();
    assert!(
        trouble.contains("nothing arrives over network interface `127.0.0.3`"),
        "{trouble}"
    );
    assert!(
        second.bytes > before.unwrap() + 500_000,
        "it is used again: {second:?}"
    );
    assert!(second.down_secs > 0.0);
}

#[test]
fn a_way_that_cannot_be_used_is_named_with_what_to_do() {
    let (file, folder) = (bytes(1000, 5), tempfile::tempdir().unwrap());
    let server = PacedServer::start(file.clone());
    let (result, _) = run(&request(&server.url(), "no-such-if", folder.path()), |_| {});
    let missing = reason(result);
    assert!(
        missing.contains("`no-such-if`: choose one of lo"),
        "{missing}"
    );
    let v6 = server.url().replace("127.0.0.1", "[::1]");
    let (result, _) = run(&request(&v6, "127.0.0.2", folder.path()), |_| {});
    let family = reason(result);
    assert!(
        family.contains("`127.0.0.2` has no IPv6 address"),
        "{family}"
    );
    // One of two is enough.
    let both = request(&server.url(), "no-such-if, 127.0.0.3", folder.path());
    let (result, last) = run(&both, |_| {});
    assert_eq!(std::fs::read(result.unwrap().path).unwrap(), file);
    assert!(
        last.notices
            .iter()
            .any(|notice| notice.contains("no-such-if"))
    );
}
