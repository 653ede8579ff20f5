//! Bytes delivered over an emulated link, also next to other connections.

use std::thread;

use super::common;
use super::common::{Client, Frame, noise, open, run};
use super::{Fetch, PACKET, SLACK, min_time, server};
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::{Order, Reply, Request};

/// Returns all packets of one segment.
fn fetch_segment(
    addr: std::net::SocketAddr,
    session: u8,
    link: &str,
    (index, of): (u16, u16),
    order: Order,
) -> Vec<(u64, Vec<u8>)> {
    let mut client = Client::silent(addr);
    client.hello_with_link([session; 16], link);
    client.request(&[
        open("f", 1000),
        Request::Segment {
            index,
            count: of,
            limit: u64::MAX,
            order,
        },
        Request::Digest,
    ]);
    let mut packets = Vec::new();
    loop {
        match client.receive() {
            Frame::Packet(id, bytes) => packets.push((id, bytes)),
            Frame::Reply(Reply::DigestIs { .. }) => return packets,
            Frame::Reply(Reply::Welcome { .. } | Reply::Opened(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bytes_are_exact_in_any_order_and_over_many_connections() {
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
                    let fetch = move || fetch_segment(addr, round, link, (index, count), order);
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
    client.hello_with_link([9; 16], "rate_mbit = 80\nrtt_ms = 6\nloss_percent = 1");
    client.request(&[open("f", 1000), Request::Stream { offset: 3 }]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    assert!(client.streamed() == bytes[3..], "streamed bytes differ");
}

#[test]
fn a_half_closed_client_still_gets_its_packets() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([1; 16], "rate_mbit = 50\nrtt_ms = 30");
    client.request(&[open("sample-1MiB.bin", PACKET), run(0, 64, Order::InOrder)]);
    client.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    for id in 0..64 {
        assert!(matches!(client.receive(), Frame::Packet(this, _) if this == id));
    }
    assert_eq!(client.receive(), Frame::End);
}

#[test]
fn a_slow_reader_does_not_block_other_connections() {
    let server = server();
    let link = "rate_mbit = 200\nrtt_ms = 5";
    let mut slow = Client::silent(server.addr());
    slow.hello_with_link([1; 16], link);
    slow.request(&[
        open("sample-64MiB.bin", PACKET),
        run(1024, 3072, Order::InOrder),
    ]);
    assert!(matches!(slow.reply(), Reply::Welcome { .. }));
    let fetch = Fetch::new(1, link, 0, 512);
    let (_, took) = fetch.times(&server);
    assert!(took < min_time(fetch.bytes(), 100.0) + SLACK, "{took:?}");
    // The slow reader still gets all bytes.
    slow.opened();
    for id in 1024..1536 {
        assert!(matches!(slow.receive(), Frame::Packet(this, _) if this == id));
    }
}
