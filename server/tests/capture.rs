//! The capture of emulated links, as tshark reads it. Skipped where tshark is not installed.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use common::TIMEOUT;
use lanes_server::{Config, Server, ServerError};
use lanes_shared::link::parse_profile;

/// Downloads a sample over HTTP and returns the number of bytes received.
fn download(addr: SocketAddr) -> u64 {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(TIMEOUT)).unwrap();
    let request = "GET /sample-1MB.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).unwrap();
    let mut reply = Vec::new();
    socket.read_to_end(&mut reply).unwrap();
    reply.len() as u64
}

/// Returns the fields of each packet of a capture; `None` where tshark is not installed.
fn tshark(file: &Path, fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-E", "separator=|", "-r"]);
    command.arg(file);
    for field in fields {
        command.args(["-e", field]);
    }
    let ran = command.output().ok()?;
    let error = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{error}");
    let text = String::from_utf8(ran.stdout).unwrap();
    let row = |line: &str| line.split('|').map(str::to_owned).collect();
    Some(text.lines().map(row).collect())
}

#[test]
fn tshark_counts_what_the_link_carried() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("link.pcapng");
    let toml = "rate_mbit = 40\nrtt_ms = 20\nbuffer_kib = 60\nloss_percent = 1";
    let server = Server::start(Config {
        link: Some(parse_profile(toml).unwrap()),
        capture: Some(file.clone()),
        ..common::config(None)
    })
    .unwrap();
    let addr = server.addr();
    // Two connections of one session, then one of another.
    let [first, second] = std::thread::scope(|scope| {
        let other = scope.spawn(|| download(addr));
        [download(addr), other.join().unwrap()]
    });
    let third = download(addr);
    server.stop();
    let fields = [
        "tcp.stream",
        "tcp.len",
        "tcp.seq",
        "tcp.analysis.retransmission",
        "tcp.analysis.out_of_order",
        "tcp.analysis.bytes_in_flight",
        "frame.comment",
        "tcp.ack",
    ];
    let Some(rows) = tshark(&file, &fields) else {
        println!("skipped: tshark is not installed");
        return;
    };
    let number = |text: &String| text.parse::<u64>().unwrap_or(0);
    let mut lengths = Vec::new();
    for stream in 0..3 {
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| row[0] == stream.to_string())
            .collect();
        let data = || rows.iter().filter(|row| number(&row[1]) > 0);
        let ends: HashSet<u64> = data()
            .map(|row| number(&row[2]) + number(&row[1]))
            .collect();
        // Data begins after the SYN.
        lengths.push(ends.iter().max().unwrap() - 1);
        let repeated = data().count() - ends.len();
        let seen = data().filter(|row| !row[3].is_empty() || !row[4].is_empty());
        assert_eq!(seen.count(), repeated, "stream {stream}");
        let lost = rows.iter().filter(|row| !row[6].is_empty()).count();
        assert!(
            lost > 0 && repeated >= lost,
            "stream {stream}: {lost} lost, {repeated} repeated"
        );
        let (mut acked, mut most) = (1, 0);
        for row in &rows {
            match number(&row[1]) {
                0 if number(&row[7]) > 0 => acked = acked.max(number(&row[7])),
                len => most = most.max((number(&row[2]) + len).saturating_sub(acked)),
            }
        }
        let in_flight = rows.iter().map(|row| number(&row[5])).max().unwrap();
        // Selective acknowledgements end the flight of segments before those in order do.
        assert!(
            in_flight > 10_000 && in_flight <= most,
            "stream {stream}: {in_flight} of {most}"
        );
    }
    let mut received = [first, second];
    received.sort_unstable();
    lengths[..2].sort_unstable();
    assert_eq!(lengths, [received[0], received[1], third]);
}

#[test]
fn a_capture_that_cannot_be_created_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let started = Server::start(Config {
        capture: Some(folder.path().join("missing").join("link.pcapng")),
        ..common::config(None)
    });
    assert!(matches!(started, Err(ServerError::Capture(..))));
}
