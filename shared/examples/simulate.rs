//! Simulates downloads over the link model: prints number of connections, median, shortest and longest
//! completion time in seconds. `cargo run --release -p lanes-shared --example simulate FILE.toml BYTES
//! CONNECTIONS,… RUNS [static]`; `static` shares the file without stealing.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use lanes_shared::link::simulation::{Plan, Setup, run};
use lanes_shared::link::{parse_profile, secs};
use lanes_shared::packet::DEFAULT_PACKET_LEN;
use lanes_shared::wire::PacketHeader;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, bytes, counts, runs, plan @ ..] = &args[..] else {
        return Err("usage: simulate FILE.toml BYTES CONNECTIONS,… RUNS [static]".into());
    };
    let link = parse_profile(&std::fs::read_to_string(file)?)?.validate()?;
    let (bytes, runs): (u64, u64) = (bytes.parse()?, runs.parse()?);
    let (packet, head) = (u64::from(DEFAULT_PACKET_LEN), PacketHeader::LEN as u64);
    for connections in counts.split(',') {
        let connections = connections.parse()?;
        let simulated = |phase: u64| {
            let setup = Setup {
                link: link.with_seed(link.seed().wrapping_add(phase)),
                len: bytes + bytes.div_ceil(packet) * head,
                connections,
                plan: if plan.is_empty() {
                    Plan::Stealing
                } else {
                    Plan::Static
                },
                granule: packet + head,
                phase,
            };
            secs(run(&setup).done)
        };
        let mut times: Vec<f64> = (0..runs).map(simulated).collect();
        times.sort_by(f64::total_cmp);
        let at = |index: usize| times.get(index).copied().unwrap_or_default();
        let (median, last) = (at(times.len() / 2), times.len().saturating_sub(1));
        println!("{connections} {median:.3} {:.3} {:.3}", at(0), at(last));
    }
    Ok(())
}
