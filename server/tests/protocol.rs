//! Successful requests of the Lanes protocol: catalogue, runs, segments, streams, in any order.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use common::{Client, Frame, list, noise, open, run, serve};
use lanes_server::Server;
use lanes_shared::packet::PacketPlan;
use lanes_shared::segments;
use lanes_shared::shuffle::Shuffle;
use lanes_shared::wire::{Order, Reply, Request};

#[test]
fn a_long_catalogue_is_sent_in_pages() {
    let dir = tempfile::tempdir().unwrap();
    let mut names: Vec<String> = (0..1200)
        .map(|i| format!("{}/{i:04}-{}", i % 7, "x".repeat(100)))
        .collect();
    (0..7).for_each(|i| std::fs::create_dir(dir.path().join(i.to_string())).unwrap());
    names
        .iter()
        .for_each(|name| std::fs::write(dir.path().join(name), "12345").unwrap());
    names.extend(lanes_shared::sample::LISTED.map(str::to_owned));
    names.sort();
    let server = serve(dir.path());
    let mut client = Client::new(server.addr());
    let (mut seen, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        client.request(&[list(&after)]);
        let Reply::Catalogue { entries, more } = client.reply() else {
            panic!("no catalogue");
        };
        pages += 1;
        seen.extend(entries.into_iter().map(|entry| {
            assert!(entry.len == 5 || entry.name.starts_with("sample-"));
            entry.name
        }));
        if !more {
            break;
        }
        after = seen.last().unwrap().clone();
    }
    assert!(pages > 1);
    assert!(seen == names, "{} of {} names", seen.len(), names.len());
}

#[test]
fn runs_segments_and_streams_deliver_files_of_any_length() {
    let dir = tempfile::tempdir().unwrap();
    let lens = [
        0, 1, 127, 128, 129, 65_535, 65_536, 65_537, 300_000, 1_500_001,
    ];
    for len in lens {
        std::fs::write(dir.path().join(format!("f{len}")), noise(len)).unwrap();
    }
    let server = serve(dir.path());
    let mut client = Client::new(server.addr());
    for len in lens {
        for packet_len in [128, 1000, 65_536, 262_128, 262_129, 1 << 20, 4 << 20] {
            if len / packet_len > 4000 {
                continue;
            }
            delivers_the_file(&mut client, len, packet_len as u32);
        }
    }
}

fn delivers_the_file(client: &mut Client, len: usize, packet_len: u32) {
    let plan = PacketPlan::new(len as u64, packet_len).unwrap();
    let case = format!("{len} bytes in packets of {packet_len}");
    let opened = client.open(&format!("f{len}"), packet_len);
    assert_eq!(
        (opened.len, opened.packet_len),
        (len as u64, packet_len),
        "{case}"
    );
    assert!(opened.modified_secs > 1_600_000_000);

    let shuffled = Order::Shuffled(9);
    let segments = (0..3).map(|index| Request::Segment {
        index,
        count: 3,
        limit: u64::MAX,
        order: Order::InOrder,
    });
    let mut requests = vec![
        run(0, plan.count(), Order::InOrder),
        run(0, plan.count(), shuffled),
    ];
    requests.extend(segments);
    requests.push(Request::Stream { offset: 0 });
    requests.push(Request::Stream {
        offset: len as u64 / 2,
    });
    client.request(&requests);

    for order in ["in order", "shuffled", "in segments"] {
        let mut file = vec![0; len];
        let ids = client.packets(plan.count(), &plan, &mut file);
        assert!(file == noise(len), "{case} {order}");
        if order == "shuffled" {
            let shuffle = Shuffle::new(plan.count(), 9);
            assert!(
                ids.into_iter()
                    .eq((0..plan.count()).map(|position| shuffle.at(position)))
            );
        } else {
            assert!(ids.into_iter().eq(0..plan.count()), "{case} {order}");
        }
    }
    assert!(client.streamed() == noise(len), "{case} streamed");
    assert!(
        client.streamed() == noise(len)[len / 2..],
        "{case} streamed from the middle"
    );
}

#[test]
fn a_long_shuffled_run_from_disk_is_a_permutation_of_its_packets() {
    let dir = tempfile::tempdir().unwrap();
    let whole = noise(3 << 20);
    std::fs::write(dir.path().join("x"), &whole).unwrap();
    let server = serve(dir.path());
    let mut client = Client::new(server.addr());
    let plan = PacketPlan::new(whole.len() as u64, 512).unwrap();
    client.open("x", 512);
    client.request(&[
        run(100, 5000, Order::Shuffled(1)),
        run(7, 1, Order::Shuffled(2)),
    ]);
    let mut file = vec![0; whole.len()];
    let ids = client.packets(5000, &plan, &mut file);
    let shuffle = Shuffle::new(5000, 1);
    assert!(
        ids.into_iter()
            .eq((0..5000).map(|position| 100 + shuffle.at(position)))
    );
    assert!(file[51_200..51_200 + 5000 * 512] == whole[51_200..51_200 + 5000 * 512]);
    assert_eq!(client.packets(1, &plan, &mut file), [7]);
}

#[test]
fn segments_are_cut_at_their_limit_and_empty_ones_send_nothing() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    let segment = |index, of, limit| Request::Segment {
        index,
        count: of,
        limit,
        order: Order::InOrder,
    };
    let len = 10_240;
    client.request(&[
        open("sample-10KiB.bin", 1000),
        segment(1, 2, 2500),
        segment(1, 64, 1),
        segment(0, 64, 1),
        segment(63, 64, 1),
        run(0, 0, Order::InOrder),
        list("zzz"),
    ]);
    assert_eq!(client.opened().len, len);
    let mut expected = Vec::new();
    for (index, of, limit) in [(1, 2, 2u64), (1, 64, 1), (0, 64, 1), (63, 64, 1)] {
        let bytes = segments::equal_segment(len, 1000, index, of);
        let first = bytes.start.div_ceil(1000);
        expected.extend(first..bytes.end.div_ceil(1000).min(first + limit));
    }
    for id in expected {
        assert!(matches!(client.receive(), Frame::Packet(other, _) if other == id));
    }
    assert!(
        matches!(client.reply(), Reply::Catalogue { entries, more: false } if entries.is_empty())
    );
}

#[test]
fn all_requests_can_be_sent_at_once_before_the_welcome() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::silent(server.addr());
    client.hello();
    client.request(&[
        open("Data-50KB.jpg", 1024),
        Request::Stream { offset: 0 },
        open("sample-1MiB.bin", 65_536),
        Request::Stream { offset: 0 },
        Request::Digest,
        list(""),
    ]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    let opened = client.opened();
    let picture = client.streamed();
    assert_eq!(picture.len() as u64, opened.len);
    assert_eq!(picture[..2], [0xff, 0xd8]);
    client.opened();
    let sample = client.streamed();
    let digest = loop {
        match client.reply() {
            Reply::DigestIs { digest: None, .. } => {}
            Reply::DigestIs { digest, .. } => break digest.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(digest.0, *blake3::hash(&sample).as_bytes());
    assert!(matches!(client.reply(), Reply::Catalogue { .. }));
    // Now the digest is known when the file is opened.
    assert_eq!(client.open("sample-1MiB.bin", 128).digest, Some(digest));
}

#[test]
fn requests_may_arrive_byte_by_byte() {
    use std::io::Write as _;
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    let mut bytes = Vec::new();
    open("sample-1KiB.bin", 128).encode(&mut bytes);
    run(0, 8, Order::InOrder).encode(&mut bytes);
    for byte in bytes {
        client.socket.write_all(&[byte]).unwrap();
    }
    let plan = PacketPlan::new(client.opened().len, 128).unwrap();
    client.packets(8, &plan, &mut [0; 1024]);
}

#[test]
fn statistics_count_connections_and_bytes() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    client.request(&[
        open("sample-1MiB.bin", 1024),
        Request::Stream { offset: 0 },
        list(""),
    ]);
    client.opened();
    client.streamed();
    client.reply();
    let stats = server.stats();
    assert_eq!(
        (stats.connections, stats.accepted, stats.refused),
        (1, 1, 0)
    );
    assert_eq!(stats.sent_bytes, 1 << 20);
    assert_eq!(stats.peers[0].file, "sample-1MiB.bin");
    assert_eq!(stats.peers[0].sent_bytes, 1 << 20);
    assert_eq!(stats.peers[0].addr, client.socket.local_addr().unwrap());
}
