//! Measures the speed of the link model: prints the time for a million packets. `cargo run
//! --release -p lanes-shared --example million`

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use lanes_shared::link::{LinkProfile, MSS, Path};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    for (flows, loss) in [(1, 0.0), (50, 0.0), (50, 0.5)] {
        let text = format!("rate_mbit = 1000\nrtt_ms = 40\nloss_percent = {loss}");
        let link = LinkProfile::from_toml(&text)?.validate()?;
        let mut path = Path::new(&link);
        let started = Instant::now();
        let each = 1_000_000 * MSS / flows;
        let open: Vec<_> = (0..flows).map(|key| path.open(key, key)).collect();
        for flow in open {
            path.supply(flows, flow, each);
        }
        let (mut events, mut seen) = (Vec::new(), 0);
        while let Some(at) = path.next() {
            // Like the pacer: events within one millisecond are processed at once.
            path.advance(at + 1_000_000, &mut events);
            seen += events.len();
            events.clear();
        }
        let secs = started.elapsed().as_secs_f64();
        println!(
            "a million packets, {flows} flows, {loss} % lost: {secs:.3} s, {seen} events seen"
        );
    }
    Ok(())
}
