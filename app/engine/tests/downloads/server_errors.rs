//! Servers that do not listen, do not have the file, speak another protocol, or limit connections.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;

use lanes_engine::{Command, DownloadSpec, Engine, Mode};

use super::common::{bytes, get, names, request, serve, serve_at_most, wait_for};
use super::reason;

#[test]
fn a_missing_file_is_named_in_the_error_and_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    for mode in Mode::ALL {
        let request = DownloadSpec {
            mode,
            ..request(server.addr(), "Dta.jpg", folder.path())
        };
        let reason = reason(get(&request));
        assert!(reason.contains("Dta.jpg"), "{reason}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_refused_connection_names_the_server_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let reason = reason(get(&request(gone, "Data.jpg", folder.path())));
    assert!(
        reason.contains(&gone.to_string()) && reason.contains("refused"),
        "{reason}"
    );
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_server_of_another_protocol_is_rejected_without_a_hang() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    // Two connections, enough for every attempt of one worker.
    let http_server = || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    };
    let request = DownloadSpec {
        connections: 1,
        ..request(addr, "x", folder.path())
    };
    let reason = std::thread::scope(|scope| {
        scope.spawn(http_server);
        reason(get(&request))
    });
    assert!(
        reason.contains("protocol") || reason.contains("lost") || reason.contains("answers"),
        "{reason}"
    );
}

#[test]
fn a_download_over_10_connections_succeeds_if_the_server_allows_4() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve_at_most(root.path(), 4);
    let expected = bytes(3_000_000, 4);
    fs::write(root.path().join("x"), &expected).unwrap();
    for _ in 0..5 {
        let request = DownloadSpec {
            connections: 10,
            ..request(server.addr(), "x", folder.path())
        };
        let outcome = get(&request).unwrap();
        assert!(fs::read(&outcome.path).unwrap() == expected);
        fs::remove_file(outcome.path).unwrap();
    }
}

#[test]
fn browse_returns_the_catalogue_or_the_reason_of_the_failure() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Data.jpg"), b"x").unwrap();
    let server = serve(root.path());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    let here: lanes_engine::ServerName = server.addr().to_string().parse().unwrap();
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gone: lanes_engine::ServerName = gone.to_string().parse().unwrap();
    engine.send(Command::Browse(here.clone()));
    engine.send(Command::Browse(gone.clone()));
    let entries = wait_for("the catalogue", || {
        match engine.snapshot().catalogues.get(&here) {
            Some(lanes_engine::Catalogue::Ready(entries)) => Some(entries.clone()),
            _ => None,
        }
    });
    assert!(
        entries
            .iter()
            .any(|entry| entry.name == "Data.jpg" && entry.len == 1)
    );
    let reason = wait_for("the failure", || {
        match engine.snapshot().catalogues.get(&gone) {
            Some(lanes_engine::Catalogue::Failed(reason)) => Some(reason.clone()),
            _ => None,
        }
    });
    assert!(reason.contains("refused"), "{reason}");
}
