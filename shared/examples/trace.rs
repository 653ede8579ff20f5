//! Prints the state of one flow every few milliseconds, for comparison with a trace of the kernel:
//! `cargo run --release -p lanes-shared --example trace -- "rate_mbit = 80\nrtt_ms = 60" 10000000 5
//! 0 30`

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use lanes_shared::link::random::{Draw, uniform};
use lanes_shared::link::{LinkProfile, MSS, Path, secs};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let text = |i: usize| {
        args.get(i)
            .ok_or("profile, bytes, connections, flow, step in ms")
    };
    let link = LinkProfile::from_toml(&text(0)?.replace("\\n", "\n"))?.validate()?;
    let (len, count): (u64, u64) = (text(1)?.parse()?, text(2)?.parse()?);
    let (watched, step): (usize, u64) = (text(3)?.parse()?, text(4)?.parse()?);
    let mut path = Path::new(&link);
    let flows: Vec<_> = (0..count)
        .map(|i| {
            let at = (uniform(link.seed(), i, Draw::Phase, 1) * 1e6) as u64;
            let flow = path.open(at, i * len / count);
            path.supply(at, flow, len / count);
            flow
        })
        .collect();
    let (mut events, mut now) = (Vec::new(), 0);
    while path.next().is_some() {
        now += step * 1_000_000;
        path.advance(now, &mut events);
        if let Some(flow) = path.flow_state(flows[watched]) {
            println!(
                "{:.3} cwnd {} ssthresh {} out {} delivered {} sent {} lost {} timeouts {} srtt {:.1} queue {}",
                secs(now),
                flow.cwnd,
                flow.ssthresh as i32,
                flow.in_flight,
                flow.delivered_bytes / MSS,
                flow.transmissions,
                flow.lost,
                flow.timeouts,
                secs(flow.smoothed_rtt) * 1e3,
                path.queue_bytes() / 1500
            );
        }
    }
    Ok(())
}
