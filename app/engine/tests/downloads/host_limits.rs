//! The per-host connection limit, shared by all downloads of one engine.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use super::common::{TIMEOUT, serve, wait, wait_for};
use lanes_engine::{
    Command, ConnectionState, Destination, DownloadSnapshot, DownloadSpec, DownloadState, Engine,
    Limits,
};

fn engine(per_host: u16) -> Engine {
    let engine = Engine::start(Arc::new(|| {})).expect("an engine");
    engine.send(Command::Limit(Limits {
        downloads: 8,
        per_host,
        ..Limits::default()
    }));
    engine
}

/// Returns a request for a sample file from an HTTP server that does not complete during a test.
fn endless(addr: SocketAddr, gib: u32, connections: u16, folder: &Path) -> DownloadSpec {
    let url = format!("http://{addr}/sample-{gib}GiB.bin");
    DownloadSpec {
        connections,
        rate_limit: Some(8_000_000),
        flush: false,
        destination: Destination::Folder(folder.to_owned()),
        ..DownloadSpec::new(url.parse().expect("a URL"))
    }
}

/// Returns the number of connections that receive, or would if the download's rate limit did not hold them.
fn receiving(now: &DownloadSnapshot) -> usize {
    count(now, ConnectionState::Receiving) + count(now, ConnectionState::Limited)
}

fn count(now: &DownloadSnapshot, state: ConnectionState) -> usize {
    let all = now.connections.iter();
    all.filter(|connection| connection.state == state).count()
}

#[test]
fn two_downloads_share_the_host_limit_fairly_and_release_their_connections() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine(6);
    let first = engine.add(endless(server.addr(), 2, 20, folder.path()));
    let now = wait(&engine, first, "all six connections", |now| {
        receiving(now) == 6
    });
    assert!(
        now.notices
            .iter()
            .any(|words| words.starts_with("20 connections requested, limited to 6")),
        "{:?}",
        now.notices
    );
    let second = engine.add(endless(server.addr(), 1, 6, folder.path()));
    let both = wait_for("three connections each", || {
        let snapshot = engine.snapshot();
        let both = [first, second].map(|id| snapshot.download(id).cloned());
        let both = both.into_iter().collect::<Option<Vec<_>>>()?;
        both.iter().all(|now| receiving(now) == 3).then_some(both)
    });
    wait_for("six connections at the server", || {
        (server.stats().connections == 6).then_some(())
    });
    for now in both {
        let is_logged = |now: &DownloadSnapshot| {
            now.log
                .iter()
                .any(|line| line.text.starts_with("Sharing the limit of 6 connections"))
        };
        wait(&engine, now.id, "the line in its log", is_logged);
        assert_eq!(now.state, DownloadState::Running);
    }
    engine.send(Command::Pause(first));
    wait(&engine, second, "all six connections", |now| {
        receiving(now) == 6
    });
    // A lower limit takes effect during the download.
    engine.send(Command::Limit(Limits {
        per_host: 2,
        ..Limits::default()
    }));
    wait(&engine, second, "two connections", |now| {
        receiving(now) == 2 && count(now, ConnectionState::Queued) == 4
    });
    engine.send(Command::Cancel(second));
    wait(&engine, second, "its end", |now| {
        now.state == DownloadState::Cancelled
    });
}

#[test]
fn a_download_without_a_free_connection_reports_that_it_waits_and_starts_later() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(root.path().join("a.bin"), vec![7; 2_000_000]).unwrap();
    let server = serve(root.path());
    let engine = engine(2);
    let [first, second] =
        [2, 1].map(|gib| engine.add(endless(server.addr(), gib, 4, folder.path())));
    for id in [first, second] {
        wait(&engine, id, "one connection", |now| receiving(now) == 1);
    }
    let mut small = endless(server.addr(), 1, 4, folder.path());
    small.source = format!("http://{}/a.bin", server.addr()).parse().unwrap();
    let third = engine.add(small);
    let now = wait(&engine, third, "the line in its log", |now| {
        now.notices
            .iter()
            .any(|words| words.starts_with("Waiting for a connection"))
    });
    assert_eq!((now.state.clone(), now.done), (DownloadState::Starting, 0));
    // Downloads from another server are not delayed.
    let other = serve(root.path());
    let mut elsewhere = endless(other.addr(), 1, 4, folder.path());
    elsewhere.source = format!("http://{}/a.bin", other.addr()).parse().unwrap();
    let elsewhere = engine.add(elsewhere);
    wait(&engine, elsewhere, "its file", |now| {
        now.state == DownloadState::Finished
    });
    engine.send(Command::Pause(first));
    wait(&engine, third, "its file", |now| {
        now.state == DownloadState::Finished
    });
    let ended = std::time::Instant::now();
    drop(engine);
    assert!(
        ended.elapsed() < TIMEOUT,
        "waiting downloads delayed the shutdown"
    );
}
