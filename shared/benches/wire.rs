//! Benchmarks of the wire codec: `cargo bench -p lanes-shared --bench wire`.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use lanes_shared::catalog::Entry;
use lanes_shared::checksum::frame_checksum;
use lanes_shared::wire::{HEADER_LEN, Header, Order, PacketHeader, Reply, Request, RunRequest};

fn main() {
    divan::main();
}

fn run() -> Request {
    Request::Run(RunRequest {
        first: 1000,
        count: 16,
        order: Order::InOrder,
    })
}

/// A page of 1,000 files.
fn catalogue() -> Reply {
    let entry = |index: u64| Entry {
        name: format!("folder/file-{index:04}.bin"),
        len: index << 20,
        modified_secs: 1_700_000_000,
    };
    Reply::Catalogue {
        entries: (0..1000).map(entry).collect(),
        more: true,
    }
}

fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> (Header, Vec<u8>) {
    let mut frame = Vec::new();
    encode(&mut frame);
    let payload = frame.split_off(HEADER_LEN);
    let header = frame.try_into().expect("a header");
    (Header::parse(header).expect("a valid header"), payload)
}

#[divan::bench]
fn encode_run(bencher: Bencher) {
    let (request, mut out) = (run(), Vec::new());
    bencher.bench_local(|| {
        out.clear();
        black_box(&request).encode(&mut out);
        out.len()
    });
}

#[divan::bench]
fn decode_run(bencher: Bencher) {
    let (header, payload) = encoded(|out| run().encode(out));
    bencher.bench(|| Request::decode(header, black_box(&payload)));
}

#[divan::bench]
fn encode_catalogue(bencher: Bencher) {
    let (reply, mut out) = (catalogue(), Vec::new());
    bencher.counter(ItemsCount::new(1000u32)).bench_local(|| {
        out.clear();
        black_box(&reply).encode(&mut out);
        out.len()
    });
}

#[divan::bench]
fn decode_catalogue(bencher: Bencher) {
    let (header, payload) = encoded(|out| catalogue().encode(out));
    bencher
        .counter(ItemsCount::new(1000u32))
        .bench(|| Reply::decode(header, black_box(&payload)));
}

/// Header and checksum of a packet, for packets of 1 KiB, 64 KiB and 4 MiB.
#[divan::bench(args = [1 << 10, 64 << 10, 4 << 20])]
fn packet_header(bencher: Bencher, len: usize) {
    let data = vec![7; len];
    bencher.counter(BytesCount::new(len)).bench(|| {
        let packet = PacketHeader {
            id: 5,
            len: len as u32,
        };
        packet.to_bytes(frame_checksum(packet.checksum_start(), black_box(&data)))
    });
}
