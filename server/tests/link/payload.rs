//! What comes, and to whom: every byte in its place, whatever the others do.

use std::thread;

use super::common;
use super::common::{Client, Heard, noise, open, run};
use super::{Fetch, PACKET, SLACK, at_rate, server};
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::{Order, Reply, Request};

/// All packets of one share.
fn part(
    addr: std::net::SocketAddr,
    session: u8,
    link: &str,
    (index, of): (u16, u16),
    order: Order,
) -> Vec<(u64, Vec<u8>)> {
    let mut client = Client::silent(addr);
    client.hello_over([session; 16], link);
    client.ask(&[
        open("f", 1000),
        Request::Share {
            index,
            of,
            limit: u64::MAX,
            order,
        },
        Request::Digest,
    ]);
    let mut packets = Vec::new();
    loop {
        match client.hear() {
            Heard::Packet(id, bytes) => packets.push((id, bytes)),
            Heard::Reply(Reply::DigestIs { .. }) => return packets,
            Heard::Reply(Reply::Welcome { .. } | Reply::Opened(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bytes_are_exact_in_every_mode_and_over_many_connections() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(1_000_003);
    std::fs::write(folder.path().join("f"), &bytes).unwrap();
    let server = common::serve(folder.path());
    for (round, count) in [(1, 1u16), (2, 10)] {
        for order in [Order::InOrder, Order::Shuffled(9)] {
            let link = "rate_mbit = 80\nrtt_ms = 6\nloss_percent = 1\nbuffer_kib = 64";
            let packet_len = 1000;
            let plan = PacketPlan::new(bytes.len() as u64, packet_len).unwrap();
            let parts: Vec<_> = (0..count)
                .map(|index| {
                    let addr = server.addr();
                    let fetch = move || part(addr, round, link, (index, count), order);
                    thread::Builder::new().spawn(fetch).unwrap()
                })
                .collect();
            let mut seen = vec![0; bytes.len()];
            let mut packets = 0;
            for (id, got) in parts.into_iter().flat_map(|part| part.join().unwrap()) {
                let at = plan.offset(id) as usize;
                seen[at..at + got.len()].copy_from_slice(&got);
                packets += 1;
            }
            assert_eq!(packets, plan.count());
            assert!(seen == bytes, "{count} connections, {order:?}");
        }
    }
    let mut client = Client::silent(server.addr());
    client.hello_over([9; 16], "rate_mbit = 80\nrtt_ms = 6\nloss_percent = 1");
    client.ask(&[open("f", 1000), Request::Stream { offset: 3 }]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    assert!(client.streamed() == bytes[3..], "a stream");
}

#[test]
fn a_client_that_closes_its_end_still_gets_what_it_asked_for() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_over([1; 16], "rate_mbit = 50\nrtt_ms = 30");
    client.ask(&[open("sample-1MiB.bin", PACKET), run(0, 64, Order::InOrder)]);
    client.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    for id in 0..64 {
        assert!(matches!(client.hear(), Heard::Packet(this, _) if this == id));
    }
    assert_eq!(client.hear(), Heard::End);
}

#[test]
fn a_slow_reader_does_not_stop_its_neighbours() {
    let server = server();
    let link = "rate_mbit = 200\nrtt_ms = 5";
    let mut slow = Client::silent(server.addr());
    slow.hello_over([1; 16], link);
    slow.ask(&[
        open("sample-64MiB.bin", PACKET),
        run(1024, 3072, Order::InOrder),
    ]);
    assert!(matches!(slow.reply(), Reply::Welcome { .. }));
    let fetch = Fetch::new(1, link, 0, 512);
    let (_, took) = fetch.times(&server);
    assert!(took < at_rate(fetch.bytes(), 100.0) + SLACK, "{took:?}");
    // And it gets everything when it does read.
    slow.opened();
    for id in 1024..1536 {
        assert!(matches!(slow.hear(), Heard::Packet(this, _) if this == id));
    }
}
