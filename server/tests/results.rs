//! Results of a class over real sockets: kept, refused, and what a hostile client costs.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use common::program::Program;
use common::{Client, Frame, config, noise, open, run, wait_until};
use lanes_server::{Config, ResultCollection, Server};
use lanes_shared::class_result::{ClassMode, ClassPoint, ClassResult, Varied};
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::{Header, MAX_RESULT_LEN, Order, Refusal, Reply, Request, kind};

fn result(name: &str, median_us: u64) -> Request {
    Request::Result(Box::new(ClassResult {
        name: name.to_owned(),
        file: "Data.jpg".to_owned(),
        file_len: 1000,
        mode: ClassMode::Parallel,
        varied: Varied::Connections,
        connections: 0,
        packet_len: 128,
        link: String::new(),
        points: vec![ClassPoint {
            value: 4,
            label: String::new(),
            runs: 3,
            failed: 0,
            median_us,
            min_us: 1,
            max_us: u64::from(u32::MAX),
        }],
    }))
}

fn collecting() -> (Server, Arc<ResultCollection>) {
    let results = Arc::new(ResultCollection::in_memory());
    let server = Server::start(Config {
        results: Some(Arc::clone(&results)),
        ..config(None)
    });
    (server.unwrap(), results)
}

fn kept(client: &mut Client) -> (bool, u32) {
    match client.reply() {
        Reply::ResultKept { is_replaced, kept } => (is_replaced, kept),
        other => panic!("not kept: {other:?}"),
    }
}

#[test]
fn results_are_kept_and_replaced_when_sent_again() {
    let (server, results) = collecting();
    let mut client = Client::new(server.addr());
    client.request(&[
        result("Ada\u{202e}\n", 5),
        result("Ada", 5),
        result("Ada", 6),
    ]);
    assert_eq!(kept(&mut client), (false, 1));
    assert_eq!(kept(&mut client), (true, 1));
    assert_eq!(kept(&mut client), (false, 2));
    let all = results.all();
    assert_eq!(all[0].result.name, "Ada");
    assert_eq!(all[0].addr, server.addr().ip());
    // The connection serves files as before.
    client.request(&[open("Data-50KB.jpg", 1000)]);
    assert!(client.opened().len > 0);
}

#[test]
fn a_server_that_keeps_none_refuses_and_goes_on() {
    let server = Server::start(config(None)).unwrap();
    let mut client = Client::new(server.addr());
    client.request(&[result("Ada", 5), open("Data-50KB.jpg", 1000)]);
    assert_eq!(client.refusal().0, Refusal::KeepsNoResults);
    assert!(client.opened().len > 0);
    // Switched on and off while it runs.
    let results = Arc::new(ResultCollection::in_memory());
    server.set_results(Some(Arc::clone(&results)));
    client.request(&[result("Ada", 5)]);
    assert_eq!(kept(&mut client), (false, 1));
    server.set_results(None);
    client.request(&[result("Ada", 6)]);
    assert_eq!(client.refusal().0, Refusal::KeepsNoResults);
    assert_eq!(results.all().len(), 1);
}

/// A request that a server does not know, as an earlier server does not know results.
#[test]
fn an_unknown_request_is_refused_as_a_bad_one() {
    let (server, _) = collecting();
    let mut client = Client::new(server.addr());
    let frame = [&Header::of(0x0a, b"later").to_bytes()[..], b"later"].concat();
    client.socket.write_all(&frame).unwrap();
    let (refusal, message) = client.refusal();
    assert_eq!(refusal, Refusal::BadRequest, "{message}");
    assert_eq!(client.receive(), Frame::End);
}

#[test]
fn invalid_results_end_the_connection_with_the_reason() {
    let (server, results) = collecting();
    let sends = |bytes: &[u8]| {
        let mut client = Client::new(server.addr());
        client.socket.write_all(bytes).unwrap();
        let refusal = client.refusal();
        assert_eq!(client.receive(), Frame::End);
        refusal
    };
    let garbage: Vec<u8> = noise(500);
    let framed = [&Header::of(kind::RESULT, &garbage).to_bytes()[..], &garbage].concat();
    let (refusal, message) = sends(&framed);
    assert_eq!(refusal, Refusal::BadRequest, "{message}");
    let mut damaged = framed;
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(sends(&damaged).0, Refusal::Corrupted);
    // The length alone is enough to refuse it.
    let long = Header {
        kind: kind::RESULT,
        len: MAX_RESULT_LEN + 1,
        checksum: 0,
    };
    assert_eq!(sends(&long.to_bytes()).0, Refusal::Corrupted);
    let mut backwards = Vec::new();
    result("Ada", 0).encode(&mut backwards);
    let (refusal, message) = sends(&backwards);
    assert_eq!(refusal, Refusal::BadRequest);
    assert!(message.contains("time"), "{message}");
    assert!(results.all().is_empty());
}

#[test]
fn hundreds_of_megabytes_in_place_of_a_result_are_not_read() {
    let (server, results) = collecting();
    let mut client = Client::new(server.addr());
    let head = Header {
        kind: kind::RESULT,
        len: 0xff_ff_ff,
        checksum: 0,
    };
    client.socket.write_all(&head.to_bytes()).unwrap();
    let block = vec![0; 1 << 20];
    let mut sent = 0_usize;
    while sent < 100 << 20 {
        match client.socket.write(&block) {
            Ok(len) => sent += len,
            Err(_) => break,
        }
    }
    assert!(sent < 100 << 20, "the server has read all");
    assert!(results.all().is_empty());
}

#[test]
fn a_flood_of_results_is_bounded() {
    let (server, results) = collecting();
    for _ in 0..700 {
        let mut client = Client::silent(server.addr());
        client.hello();
        let all: Vec<Request> = (0..16).map(|index| result("flood", 2 + index)).collect();
        client.request(&all);
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        for _ in 0..16 {
            kept(&mut client);
        }
    }
    // All of them hold the same 16 measurements.
    assert_eq!(results.all().len(), 16);
    let mut client = Client::new(server.addr());
    let all: Vec<Request> = (0..17).map(|index| result("more", 100 + index)).collect();
    client.request(&all);
    for _ in 0..16 {
        kept(&mut client);
    }
    let (refusal, message) = client.refusal();
    assert_eq!(refusal, Refusal::BadRequest);
    assert!(message.contains("16 results"), "{message}");
    assert_eq!(client.receive(), Frame::End);
}

#[test]
fn clients_that_stall_in_a_result_leave_downloads_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = noise(300_000);
    std::fs::write(dir.path().join("f"), &file).unwrap();
    let results = Arc::new(ResultCollection::in_memory());
    let server = Server::start(Config {
        results: Some(Arc::clone(&results)),
        max_connections: 8,
        ..config(Some(dir.path()))
    });
    let server = server.unwrap();
    let mut frame = Vec::new();
    result("slow", 5).encode(&mut frame);
    let mut stalled: Vec<Client> = (0..7).map(|_| Client::new(server.addr())).collect();
    for client in &mut stalled {
        client.socket.write_all(&frame[..frame.len() - 1]).unwrap();
    }
    let mut client = Client::new(server.addr());
    let plan = PacketPlan::new(300_000, 1000).unwrap();
    client.open("f", 1000);
    client.request(&[run(0, plan.count(), Order::InOrder)]);
    let mut received = vec![0; file.len()];
    client.packets(plan.count(), &plan, &mut received);
    assert!(received == file);
    assert!(results.all().is_empty());
    // The rest of a message still counts.
    stalled[0]
        .socket
        .write_all(&frame[frame.len() - 1..])
        .unwrap();
    assert_eq!(kept(&mut stalled[0]), (false, 1));
}

#[test]
fn a_result_is_answered_over_an_emulated_link() {
    let (server, results) = collecting();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([7; 16], "rate_mbit = 1\nrtt_ms = 20");
    client.request(&[result("Ada", 5)]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    assert_eq!(kept(&mut client), (false, 1));
    assert_eq!(results.all().len(), 1);
}

/// Returns the arguments of a program that collects results in this file.
fn collect_in(path: &Path) -> [&str; 4] {
    let path = path.to_str().unwrap();
    ["--listen", "127.0.0.1:0", "--collect", path]
}

/// The results of a class survive the end of the program, however sudden.
#[test]
fn the_program_continues_its_file_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("class.json");
    let arguments = collect_in(&path);
    let mut program = Program::start(&arguments);
    let mut client = Client::new(program.addr());
    client.request(&[result("Ada", 5)]);
    assert_eq!(kept(&mut client), (false, 1));
    wait_until("the file", || {
        std::fs::read_to_string(&path).is_ok_and(|text| text.contains("\"Ada\""))
    });
    program.signal("KILL");
    program.end();
    let mut program = Program::start(&arguments);
    let mut client = Client::new(program.addr());
    client.request(&[result("Grace", 6)]);
    assert_eq!(kept(&mut client), (false, 2));
}

#[test]
fn the_program_writes_csv_and_overwrites_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("class.csv");
    let arguments = collect_in(&path);
    let mut program = Program::start(&arguments);
    let mut client = Client::new(program.addr());
    client.request(&[result("Ada", 5)]);
    kept(&mut client);
    program.signal("TERM");
    assert_eq!(program.end().0, Some(0));
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains(",127.0.0.1,Ada,Data.jpg,1000,parallel,,"),
        "{text}"
    );
    let (code, words) = Program::start(&arguments).end();
    assert_eq!(code, Some(1));
    assert!(words.contains("exists already"), "{words}");
}
