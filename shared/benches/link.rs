//! Benchmarks of the link model: `cargo bench -p lanes-shared --bench link`.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use lanes_shared::link::limiting_factor::limiting_factor;
use lanes_shared::link::presets::preset;
use lanes_shared::link::simulation::{Plan, Setup, run};
use lanes_shared::link::{Link, MSS, Path, parse_profile};

fn main() {
    divan::main();
}

fn link(toml: &str) -> Link {
    let profile = parse_profile(toml).expect("a valid profile");
    profile.validate().expect("a valid profile")
}

/// 10,000 packets over several flows, advanced in steps of one millisecond like the server's pacer.
#[divan::bench(args = [1, 50], consts = [0, 5])]
fn advance<const LOSS_PER_MILLE: u64>(bencher: Bencher, flows: u64) {
    const PACKETS: u64 = 10_000;
    let loss_percent = LOSS_PER_MILLE as f64 / 10.0;
    let link = link(&format!(
        "rate_mbit = 1000\nrtt_ms = 40\nloss_percent = {loss_percent}"
    ));
    bencher.counter(ItemsCount::new(PACKETS)).bench(|| {
        let mut path = Path::new(&link);
        for key in 0..flows {
            let flow = path.open(key, key);
            path.supply(flows, flow, PACKETS * MSS / flows);
        }
        let (mut events, mut count) = (Vec::new(), 0);
        while let Some(at) = path.next() {
            path.advance(at + 1_000_000, &mut events);
            count += events.len();
            events.clear();
        }
        count
    });
}

/// One simulated download of 10 MB.
#[divan::bench(args = ["clean-cable", "lossy-transatlantic", "throttled-mirror"])]
fn simulate(bencher: Bencher, id: &str) {
    let setup = Setup {
        link: preset(id).expect("a preset").link(),
        len: 10_000_000,
        connections: 8,
        plan: Plan::Stealing,
        granule: 64 * 1024,
        phase: 1,
    };
    bencher.bench(|| run(black_box(&setup)));
}

/// The limiting factor in closed form.
#[divan::bench]
fn closed_form(bencher: Bencher) {
    let link = link("rate_mbit = 100\nrtt_ms = 100\nloss_percent = 0.1");
    bencher.bench(|| limiting_factor(black_box(&link), 10_000_000, 8));
}
