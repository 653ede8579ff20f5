//! What is found out of a file before it is downloaded.

mod common;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use common::serve;
use lanes_engine::HttpOptions;
use lanes_engine::probe;
use lanes_engine::{CancelToken, Probe};

fn look(link: &str) -> Result<Probe, String> {
    let source = link.parse().expect("a link");
    probe(&source, &HttpOptions::default(), &CancelToken::default())
}

/// A server that gives `answer` to each of `times` questions.
fn says(answer: &'static str, times: usize) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    let server = std::thread::Builder::new().spawn(move || {
        for _ in 0..times {
            let (mut socket, _) = listener.accept().expect("a guest");
            let mut asked = [0; 4096];
            let _ = socket.read(&mut asked);
            let _ = socket.write_all(answer.as_bytes());
        }
    });
    (addr, server.expect("a thread"))
}

#[test]
fn a_server_that_gives_parts_tells_everything() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("a b.bin"), vec![7; 12_345]).unwrap();
    std::fs::write(root.path().join("empty"), []).unwrap();
    let server = serve(root.path());
    for scheme in ["http", "lanes"] {
        let there = look(&format!("{scheme}://{}/a%20b.bin", server.addr())).unwrap();
        let expected = Probe {
            len: Some(12_345),
            gives_parts: true,
            name: "a b.bin".into(),
            final_url: None,
            is_metalink: false,
        };
        assert_eq!(there, expected);
        let empty = look(&format!("{scheme}://{}/empty", server.addr())).unwrap();
        assert_eq!((empty.len, empty.gives_parts), (Some(0), true));
        let none = look(&format!("{scheme}://{}/none", server.addr())).unwrap_err();
        assert!(none.contains("none"), "{none}");
    }
}

#[test]
fn a_server_that_gives_only_the_whole_is_told_from_one_that_gives_parts() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nContent-Disposition: attachment; filename=\"../n.zip\"\r\n\r\nabc";
    let (addr, server) = says(whole, 1);
    let there = look(&format!("http://{addr}/get?id=1")).unwrap();
    assert_eq!(
        (there.len, there.gives_parts, there.name.as_str()),
        (Some(99_999_999), false, "n.zip")
    );
    server.join().unwrap();
    let (addr, server) = says(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        1,
    );
    let there = look(&format!("http://{addr}/live.bin")).unwrap();
    assert_eq!((there.len, there.gives_parts), (None, false));
    server.join().unwrap();
}

#[test]
fn a_redirect_is_followed_and_told() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("real.bin"), [1; 10]).unwrap();
    let server = serve(root.path());
    let to = format!("http://{}/real.bin", server.addr());
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    let (addr, redirects) = says(answer.leak(), 1);
    let there = look(&format!("http://{addr}/latest")).unwrap();
    assert_eq!(there.final_url.as_deref(), Some(to.as_str()));
    assert_eq!(there.name, "real.bin");
    redirects.join().unwrap();
}

#[test]
fn a_look_that_is_not_wanted_any_more_ends_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let source = format!("http://{}/x", silent.local_addr().unwrap())
        .parse()
        .unwrap();
    let stop = CancelToken::default();
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| probe(&source, &HttpOptions::default(), &stop));
        let (socket, _) = silent.accept().unwrap();
        stop.stop();
        looking.join().unwrap().unwrap_err();
        drop(socket);
    });
}
