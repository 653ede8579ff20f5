//! What a client gets when all is well: catalogue, runs, shares, streams, in any order.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use common::{Client, Heard, list, noise, open, run, serve};
use lanes_server::Server;
use lanes_shared::packet::PacketPlan;
use lanes_shared::segments;
use lanes_shared::shuffle::Shuffle;
use lanes_shared::wire::{Order, Reply, Request};

#[test]
fn a_catalogue_longer_than_a_message_comes_in_pages() {
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
        client.ask(&[list(&after)]);
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
fn runs_shares_and_streams_bring_the_file_whatever_its_length() {
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
            brings_the_file(&mut client, len, packet_len as u32);
        }
    }
}

fn brings_the_file(client: &mut Client, len: usize, packet_len: u32) {
    let plan = PacketPlan::new(len as u64, packet_len).unwrap();
    let case = format!("{len} bytes in packets of {packet_len}");
    let opened = client.open(&format!("f{len}"), packet_len);
    assert_eq!(
        (opened.len, opened.packet_len),
        (len as u64, packet_len),
        "{case}"
    );
    assert!(opened.modified_secs > 1_600_000_000);

    let order = Order::Shuffled(9);
    let shares = (0..3).map(|index| Request::Share {
        index,
        of: 3,
        limit: u64::MAX,
        order: Order::InOrder,
    });
    let mut requests = vec![
        run(0, plan.count(), Order::InOrder),
        run(0, plan.count(), order),
    ];
    requests.extend(shares);
    requests.push(Request::Stream { offset: 0 });
    requests.push(Request::Stream {
        offset: len as u64 / 2,
    });
    client.ask(&requests);

    for way in ["in order", "shuffled", "in shares"] {
        let mut file = vec![0; len];
        let ids = client.packets(plan.count(), &plan, &mut file);
        assert!(file == noise(len), "{case} {way}");
        if way == "shuffled" {
            let shuffle = Shuffle::new(plan.count(), 9);
            assert!(
                ids.into_iter()
                    .eq((0..plan.count()).map(|place| shuffle.at(place)))
            );
        } else {
            assert!(ids.into_iter().eq(0..plan.count()), "{case} {way}");
        }
    }
    assert!(client.streamed() == noise(len), "{case} streamed");
    assert!(
        client.streamed() == noise(len)[len / 2..],
        "{case} streamed from the middle"
    );
}

#[test]
fn a_long_shuffled_run_from_disk_is_the_permutation_of_its_own_packets() {
    let dir = tempfile::tempdir().unwrap();
    let whole = noise(3 << 20);
    std::fs::write(dir.path().join("x"), &whole).unwrap();
    let server = serve(dir.path());
    let mut client = Client::new(server.addr());
    let plan = PacketPlan::new(whole.len() as u64, 512).unwrap();
    client.open("x", 512);
    client.ask(&[
        run(100, 5000, Order::Shuffled(1)),
        run(7, 1, Order::Shuffled(2)),
    ]);
    let mut file = vec![0; whole.len()];
    let ids = client.packets(5000, &plan, &mut file);
    let shuffle = Shuffle::new(5000, 1);
    assert!(
        ids.into_iter()
            .eq((0..5000).map(|place| 100 + shuffle.at(place)))
    );
    assert!(file[51_200..51_200 + 5000 * 512] == whole[51_200..51_200 + 5000 * 512]);
    assert_eq!(client.packets(1, &plan, &mut file), [7]);
}

#[test]
fn shares_are_cut_at_their_limit_and_an_empty_one_sends_nothing() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    let share = |index, of, limit| Request::Share {
        index,
        of,
        limit,
        order: Order::InOrder,
    };
    let len = 10_240;
    client.ask(&[
        open("sample-10KiB.bin", 1000),
        share(1, 2, 2500),
        share(1, 64, 1),
        share(0, 64, 1),
        share(63, 64, 1),
        run(0, 0, Order::InOrder),
        list("zzz"),
    ]);
    assert_eq!(client.opened().len, len);
    let mut expected = Vec::new();
    for (index, of, limit) in [(1, 2, 2u64), (1, 64, 1), (0, 64, 1), (63, 64, 1)] {
        let bytes = segments::share(len, 1000, index, of);
        let first = bytes.start.div_ceil(1000);
        expected.extend(first..bytes.end.div_ceil(1000).min(first + limit));
    }
    for id in expected {
        assert!(matches!(client.hear(), Heard::Packet(other, _) if other == id));
    }
    assert!(
        matches!(client.reply(), Reply::Catalogue { entries, more: false } if entries.is_empty())
    );
}

#[test]
fn everything_can_be_asked_in_one_write_even_before_the_welcome() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::silent(server.addr());
    client.hello();
    client.ask(&[
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
    // Known now, so it comes with the opening.
    assert_eq!(client.open("sample-1MiB.bin", 128).digest, Some(digest));
}

#[test]
fn requests_may_come_byte_by_byte() {
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
fn the_numbers_say_who_is_served_what() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    client.ask(&[
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
