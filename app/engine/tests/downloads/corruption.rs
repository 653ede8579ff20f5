//! Bytes that change between server and client.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lanes_engine::DownloadSpec;

use super::common::{bytes, get, names, request, serve};

/// Forwards between clients and `server`, but flips a bit of byte `at` towards the client on each of the
/// first two connections.
fn corrupting_proxy(listener: &TcpListener, server: SocketAddr, stopped: &AtomicBool, at: usize) {
    std::thread::scope(|scope| {
        for (number, client) in listener.incoming().enumerate() {
            if stopped.load(Ordering::Relaxed) {
                return;
            }
            let client = client.expect("a client");
            let server = TcpStream::connect(server).expect("the server");
            let mut from = server.try_clone().expect("a second handle");
            let mut to = client.try_clone().expect("a second handle");
            scope.spawn(move || {
                let mut buf = [0; 8192];
                let mut seen = 0;
                while let Ok(len @ 1..) = std::io::Read::read(&mut from, &mut buf) {
                    if number < 2 && (seen..seen + len).contains(&at) {
                        buf[at - seen] ^= 0x40;
                    }
                    seen += len;
                    if std::io::Write::write_all(&mut to, &buf[..len]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
            scope.spawn(move || {
                let (mut client, mut server) = (client, server);
                let _ = std::io::copy(&mut client, &mut server);
                let _ = server.shutdown(std::net::Shutdown::Both);
            });
        }
    });
}

#[test]
fn a_corrupted_byte_is_never_saved() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let server_addr = server.addr();
    let expected = bytes(2_000_000, 9);
    fs::write(root.path().join("x"), &expected).unwrap();
    // In the welcome message, the opened message, the head of a packet, and its payload.
    for at in [1, 30, 60, 75, 110, 5_000, 300_001] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let request = DownloadSpec {
            connections: 3,
            packet_len: 4096,
            ..request(addr, "x", folder.path())
        };
        std::thread::scope(|scope| {
            let stopped = Arc::new(AtomicBool::new(false));
            let stop = Arc::clone(&stopped);
            scope.spawn(move || corrupting_proxy(&listener, server_addr, &stop, at));
            let result = get(&request);
            if let Ok(outcome) = result {
                assert!(fs::read(&outcome.path).unwrap() == expected, "byte {at}");
                fs::remove_file(outcome.path).unwrap();
            } else {
                assert!(!folder.path().join("x").exists(), "byte {at}");
            }
            stopped.store(true, Ordering::Relaxed);
            drop(TcpStream::connect(addr));
        });
        for name in names(folder.path()) {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
}
