//! Metadata of a file from a probe, before its download.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use super::common::serve;
use lanes_engine::HttpOptions;
use lanes_engine::{CancelToken, FetchError, ProbeResult, probe};

fn probe_url(url: &str) -> Result<ProbeResult, FetchError> {
    let source = url.parse().expect("a URL");
    probe(&source, &HttpOptions::default(), &CancelToken::default())
}

/// Starts a server that sends `response` on each of `connections` connections.
fn respond_with(response: &'static str, connections: usize) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    let server = std::thread::Builder::new().spawn(move || {
        for _ in 0..connections {
            let (mut socket, _) = listener.accept().expect("a connection");
            let mut request = [0; 4096];
            let _ = socket.read(&mut request);
            let _ = socket.write_all(response.as_bytes());
        }
    });
    (addr, server.expect("a thread"))
}

#[test]
fn length_range_support_and_name_come_from_http_and_lanes_servers() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("a b.bin"), vec![7; 12_345]).unwrap();
    std::fs::write(root.path().join("empty"), []).unwrap();
    let server = serve(root.path());
    for scheme in ["http", "lanes"] {
        let found = probe_url(&format!("{scheme}://{}/a%20b.bin", server.addr())).unwrap();
        let expected = ProbeResult {
            len: Some(12_345),
            accepts_ranges: true,
            name: "a b.bin".into(),
            final_url: None,
            is_metalink: false,
        };
        assert_eq!(found, expected);
        let empty = probe_url(&format!("{scheme}://{}/empty", server.addr())).unwrap();
        assert_eq!((empty.len, empty.accepts_ranges), (Some(0), true));
        let none = probe_url(&format!("{scheme}://{}/none", server.addr())).unwrap_err();
        assert!(none.to_string().contains("none"), "{none}");
    }
}

#[test]
fn a_server_without_range_support_is_detected() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nContent-Disposition: attachment; filename=\"../n.zip\"\r\n\r\nabc";
    let (addr, server) = respond_with(whole, 1);
    let found = probe_url(&format!("http://{addr}/get?id=1")).unwrap();
    assert_eq!(
        (found.len, found.accepts_ranges, found.name.as_str()),
        (Some(99_999_999), false, "n.zip")
    );
    server.join().unwrap();
    let (addr, server) = respond_with(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        1,
    );
    let found = probe_url(&format!("http://{addr}/live.bin")).unwrap();
    assert_eq!((found.len, found.accepts_ranges), (None, false));
    server.join().unwrap();
}

#[test]
fn a_redirect_is_followed_and_the_final_url_reported() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("real.bin"), [1; 10]).unwrap();
    let server = serve(root.path());
    let target = format!("http://{}/real.bin", server.addr());
    let response = format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
    let (addr, redirects) = respond_with(response.leak(), 1);
    let found = probe_url(&format!("http://{addr}/latest")).unwrap();
    assert_eq!(found.final_url.as_deref(), Some(target.as_str()));
    assert_eq!(found.name, "real.bin");
    redirects.join().unwrap();
}

#[test]
fn a_cancelled_probe_ends_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let source = format!("http://{}/x", silent.local_addr().unwrap())
        .parse()
        .unwrap();
    let stop = CancelToken::default();
    std::thread::scope(|scope| {
        let pending = scope.spawn(|| probe(&source, &HttpOptions::default(), &stop));
        let (socket, _) = silent.accept().unwrap();
        stop.cancel();
        pending.join().unwrap().unwrap_err();
        drop(socket);
    });
}
