//! Benchmarks of the segment planner: `cargo bench -p lanes-shared --bench segments`.

use divan::Bencher;
use lanes_shared::segments::Segments;

const PACKET_LEN: u64 = 64 * 1024;
const FILE_LEN: u64 = 256 << 20;
const CONNECTIONS: [usize; 3] = [1, 8, 64];

fn main() {
    divan::main();
}

/// A whole file, claimed packet by packet by connections of different speeds, with their steals.
#[divan::bench(args = CONNECTIONS)]
fn claim_whole_file(connections: usize) -> u64 {
    let mut segments = Segments::equal(FILE_LEN, PACKET_LEN, connections);
    let speed = |connection: usize| (connection + 1) as f64;
    let mut claims = 0;
    let mut active = true;
    while active {
        active = false;
        for connection in 0..connections {
            // Connection n makes n + 1 claims per round.
            for _ in 0..=connection {
                let claim = segments.claim(connection, PACKET_LEN, speed);
                active |= claim.is_some();
                claims += u64::from(claim.is_some());
            }
        }
    }
    claims
}

/// One steal from the slowest of several connections.
#[divan::bench(args = CONNECTIONS)]
fn steal(bencher: Bencher, connections: usize) {
    let segments = Segments::equal(FILE_LEN, PACKET_LEN, connections);
    bencher
        .with_inputs(|| segments.clone())
        .bench_refs(|segments| {
            segments.assign_segment(connections, |index| index as f64, |_, rest| rest)
        });
}

/// A partial file of four gaps, split for several connections.
#[divan::bench(args = CONNECTIONS)]
fn split_gaps(bencher: Bencher, connections: usize) {
    let gaps: Vec<_> = (0..4)
        .map(|gap| gap * 1000 * PACKET_LEN..(gap * 1000 + 500) * PACKET_LEN)
        .collect();
    bencher
        .with_inputs(|| gaps.clone())
        .bench_values(|gaps| Segments::from_gaps(gaps, PACKET_LEN, connections));
}
