//! The end of the program after a signal.

use std::time::{Duration, Instant};

use super::common::Client;
use super::common::http::HttpClient;
use super::common::program::Program;
use super::{HEAVY_LINK, SLOW_LINK, hello, long_requests, send_and_leave};
use lanes_shared::wire::Request;

#[test]
fn a_signal_ends_the_program_within_five_seconds_whatever_clients_do() {
    let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
    let addr = program.addr();
    let mut clients = Vec::new();
    for i in 0..30 {
        let link = [HEAVY_LINK, SLOW_LINK, ""][i % 3];
        let mut client = Client::silent(addr);
        client.hello_with_link([i as u8; 16], link);
        client.request(&long_requests());
        client.request(&[Request::Digest]);
        clients.push(client);
        send_and_leave(addr, &hello([100 + i as u8; 16], link, &long_requests()));
    }
    let mut reader = HttpClient::new(addr);
    reader.send("GET /sample-64GiB.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(reader.receive_head().status, 200);
    program.signal("TERM");
    let began = Instant::now();
    program.wait_for("stopping");
    while !program.has_ended() {
        std::thread::sleep(Duration::from_millis(10));
        // A second of slack for a busy machine.
        assert!(began.elapsed() < Duration::from_secs(6), "it does not end");
    }
    assert_eq!(program.end().0, Some(0));
}
