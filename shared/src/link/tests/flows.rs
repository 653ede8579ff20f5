//! Interaction of flows, and the operations that a caller may apply to them.

use super::super::loss::Losses;
use super::super::presets::{self, preset};
use super::super::simulation::{Plan, Setup, run};
use super::super::{EventKind, Path, SECOND};
use super::{MS, all_events, delivered, endless, link, total};

const FAULTY: &str = "rate_mbit = 20\nrtt_ms = 30\nloss_percent = 1\nbackground_flows = 2\n\
    stall_per_minute = 20\nstall_ms = 300\nreset_per_gib = 500\naccept_ms = 5\nseed = 7";

fn setup(toml: &str, connections: usize) -> Setup {
    Setup {
        link: link(toml),
        len: 10_000_000,
        connections,
        plan: Plan::Stealing,
        granule: 65_536,
        phase: 1,
    }
}

#[test]
fn fifty_flows_share_the_link_fairly() {
    let link = link("rate_mbit = 100\nrtt_ms = 40");
    let (mut path, flows) = endless(&link, Losses::Hashed, 50);
    delivered(&mut path, &flows, 5 * SECOND);
    let shares = delivered(&mut path, &flows, 125 * SECOND);
    let (sum, squares) = shares.iter().fold((0.0, 0.0), |(s, q), x| {
        let x = *x as f64;
        (s + x, q + x * x)
    });
    let jain = sum * sum / (50.0 * squares);
    println!("Jain's index of 50 flows over two minutes: {jain:.3}");
    assert!(jain >= 0.9, "{jain}");
}

#[test]
fn paths_are_independent() {
    let link = link("rate_mbit = 10\nrtt_ms = 40\nloss_percent = 0.5");
    let (mut alone, _) = endless(&link, Losses::Hashed, 3);
    let alone = all_events(&mut alone, 5 * SECOND);
    let ((mut one, _), (mut two, _)) = (
        endless(&link, Losses::Hashed, 3),
        endless(&link, Losses::Hashed, 40),
    );
    let (mut events, mut others) = (Vec::new(), Vec::new());
    for at in (0..=5 * SECOND).step_by(MS as usize) {
        one.advance(at, &mut events);
        two.advance(at, &mut others);
    }
    assert_eq!(events, alone);
}

#[test]
fn results_depend_only_on_the_seed() {
    let first = run(&setup(FAULTY, 8));
    assert_eq!(first, run(&setup(FAULTY, 8)));
    let mut other = setup(FAULTY, 8);
    other.link = other.link.with_seed(8);
    assert_ne!(first.event_hash, run(&other).event_hash);
    assert!(first.resets > 0 && first.steals > 0, "{first:?}");
}

/// The result must not depend on the interval of `advance`.
#[test]
fn events_do_not_depend_on_the_advance_interval() {
    let link = link(FAULTY);
    let (mut often, _) = endless(&link, Losses::Hashed, 5);
    let often = all_events(&mut often, 3 * SECOND);
    let (mut once, _) = endless(&link, Losses::Hashed, 5);
    let mut events = Vec::new();
    once.advance(3 * SECOND, &mut events);
    assert_eq!(events, often);
    assert!(events.is_sorted_by_key(|event| event.at));
}

#[test]
fn paused_flow_sends_nothing_until_resumed() {
    let link = link("rate_mbit = 10\nrtt_ms = 20");
    let (mut path, flows) = endless(&link, Losses::Hashed, 2);
    delivered(&mut path, &flows, 2 * SECOND);
    path.pause(2 * SECOND, flows[0]);
    delivered(&mut path, &flows, 3 * SECOND);
    let paused = delivered(&mut path, &flows, 5 * SECOND);
    assert_eq!(paused[0], 0);
    // The other flow takes the free capacity.
    assert!(paused[1] as f64 * 8.0 > 0.9 * 2.0 * 9.65e6, "{paused:?}");
    path.resume(5 * SECOND, flows[0]);
    assert!(delivered(&mut path, &flows, 15 * SECOND)[0] > 1_000_000);
}

#[test]
fn closed_flow_has_no_events_and_its_id_is_not_reused() {
    let link = link("rate_mbit = 10\nrtt_ms = 20");
    let (mut path, flows) = endless(&link, Losses::Hashed, 1);
    delivered(&mut path, &flows, SECOND);
    path.close(SECOND, flows[0]);
    assert_eq!(path.next(), None);
    assert_eq!(path.flow_state(flows[0]), None);
    let next = path.open(2 * SECOND, 0);
    assert_ne!(next, flows[0]);
    path.supply(2 * SECOND, flows[0], 1000);
    path.supply(2 * SECOND, next, 1000);
    path.close(2 * SECOND, flows[0]);
    let events = all_events(&mut path, 3 * SECOND);
    assert_eq!(total(&events, next), 1000);
    assert_eq!(total(&events, flows[0]), 0);
}

#[test]
fn background_flows_take_their_share_and_pause_without_connections() {
    let link = link("rate_mbit = 20\nrtt_ms = 50\nbackground_flows = 4");
    let mut path = Path::new(&link);
    assert_eq!(path.next(), None);
    let carried = path.carried_bytes();
    path.advance(1000 * SECOND, &mut Vec::new());
    assert_eq!(path.carried_bytes(), carried);
    let start = 1000 * SECOND;
    let flow = path.open(start, 0);
    path.supply(start, flow, u64::MAX / 8);
    delivered(&mut path, &[flow], start + 30 * SECOND);
    let bytes = delivered(&mut path, &[flow], start + 150 * SECOND)[0];
    let share = bytes as f64 * 8.0 / 120.0 / link.goodput_bps().unwrap();
    println!("one flow with four background flows: {share:.3} of the link");
    assert!((0.12..0.30).contains(&share), "{share}");
    path.close(start + 150 * SECOND, flow);
    assert_eq!(path.next(), None);
}

#[test]
fn reset_follows_the_bytes_before_it() {
    let link = link("rate_mbit = 50\nrtt_ms = 10\nreset_per_gib = 2000");
    let mut path = Path::new(&link);
    let flow = path.open(0, 3);
    path.supply(0, flow, 1 << 30);
    let events = all_events(&mut path, 100 * SECOND);
    assert_eq!(events.last().unwrap().kind, EventKind::Reset);
    assert!(total(&events, flow) < 1 << 30);
    assert_eq!(path.flow_state(flow), None);
}

#[test]
fn stalls_delay_the_download_by_their_duration() {
    let clean = run(&setup("rate_mbit = 8\nrtt_ms = 20", 1)).done;
    let stalling = setup(
        "rate_mbit = 8\nrtt_ms = 20\nstall_per_minute = 60\nstall_ms = 1000",
        1,
    );
    let times: Vec<f64> = (1..=15)
        .map(|seed| {
            let link = stalling.link.with_seed(seed);
            run(&Setup { link, ..stalling }).done as f64 / clean as f64
        })
        .collect();
    println!("{times:.2?}");
    // One stall per second of sending, each of the same length.
    super::assert_near("with stalls", super::median(&times), 2.0, 0.25);
}

#[test]
fn connections_are_accepted_one_at_a_time() {
    let mut path = Path::new(&link("rate_mbit = 100\nrtt_ms = 40\naccept_ms = 30"));
    let flows: Vec<_> = (0..5).map(|i| path.open(0, i)).collect();
    flows.iter().for_each(|flow| path.supply(0, *flow, 100));
    let events = all_events(&mut path, SECOND);
    for (i, event) in events.iter().enumerate() {
        let expected = 80 * MS + 30 * MS * (i as u64 + 1);
        assert!(event.at.abs_diff(expected) < MS, "{events:?}");
    }
    assert_eq!(events.len(), 5);
}

#[test]
fn segments_of_refused_connections_are_fetched_by_the_others() {
    for plan in [Plan::Stealing, Plan::Static] {
        let mut setup = setup("rate_mbit = 50\nrtt_ms = 20\nmax_connections = 3", 10);
        setup.plan = plan;
        let outcome = run(&setup);
        assert_eq!(outcome.bytes.iter().sum::<u64>(), setup.len);
        assert!(outcome.bytes[3..].iter().all(|bytes| *bytes == 0));
    }
}

#[test]
fn every_preset_completes_at_every_connection_count() {
    for expected in presets::all() {
        assert_eq!(preset(expected.id), Some(expected));
        let profile = super::LinkProfile::from_toml(expected.toml).unwrap();
        assert_eq!(profile.validate().unwrap(), expected.link());
        for connections in [1, 2, 8, 64] {
            let outcome = run(&Setup {
                link: expected.link(),
                len: 1_000_000,
                connections,
                plan: Plan::Stealing,
                granule: 1024,
                phase: 0,
            });
            assert_eq!(outcome.bytes.iter().sum::<u64>(), 1_000_000);
        }
    }
    assert_eq!(preset("no-such"), None);
}

/// Fifty flows overrun a short buffer and a few are left with tiny windows: their remainders are
/// fetched in duplicate.
#[test]
fn remainder_of_a_slow_connection_is_fetched_twice_and_counted_once() {
    let setup = Setup {
        len: 30_000_000,
        ..setup("rate_mbit = 100\nrtt_ms = 200\nbuffer_kib = 610", 50)
    };
    let outcome = run(&setup);
    assert!(outcome.duplicate_fetches > 0, "{outcome:?}");
    assert_eq!(outcome.bytes.iter().sum::<u64>(), setup.len);
    let without = run(&Setup {
        plan: Plan::Static,
        granule: 1,
        ..setup
    });
    assert_eq!(without.duplicate_fetches, 0);
    let ratio = outcome.done as f64 / without.done as f64;
    assert!(ratio < 0.75, "{ratio:.2}");
}

#[test]
fn a_warm_up_is_bounded_in_packets_at_any_rate() {
    let link_of = |rate: &str, rtt: &str, more: &str| {
        link(&format!(
            "rate_mbit = {rate}\nrtt_ms = {rtt}\nbackground_flows = 64\n{more}"
        ))
    };
    let mut most = 0;
    for rate in ["0.01", "1", "100", "599", "601", "2500", "10000"] {
        for rtt in ["0", "0.1", "40", "5000"] {
            for more in [
                "",
                "buffer_kib = 2",
                "buffer_kib = 1048576",
                "loss_percent = 50",
            ] {
                let sent = Path::new(&link_of(rate, rtt, more)).sent_packets();
                // One event may send a window more.
                assert!(sent <= 63_000, "{rate} {rtt} {more}: {sent}");
                most = most.max(sent);
            }
        }
    }
    println!("at most {most} packets");
}

#[test]
fn background_flows_share_a_fast_link_right_after_the_warm_up() {
    for rtt in [1, 20] {
        let link = link(&format!(
            "rate_mbit = 10000\nrtt_ms = {rtt}\nbackground_flows = 64"
        ));
        let mut path = Path::new(&link);
        let flow = path.open(0, 0);
        path.supply(0, flow, u64::MAX / 8);
        let before = path.carried_bytes();
        path.advance(SECOND / 5, &mut Vec::new());
        let rate = (path.carried_bytes() - before) as f64 * 8.0 / 0.2;
        let used = rate / link.rate_bps().unwrap();
        println!("rtt {rtt} ms: {used:.3} of the link");
        assert!(used > 0.7, "{used}");
    }
}

#[test]
fn a_bounded_advance_processes_the_same_events() {
    let link = link("rate_mbit = 50\nrtt_ms = 20\nbackground_flows = 3\nloss_percent = 1");
    let mut whole = Path::new(&link);
    let mut parts = whole.clone();
    let mut events = [Vec::new(), Vec::new()];
    for path in [&mut whole, &mut parts] {
        let flow = path.open(0, 0);
        path.supply(0, flow, 2_000_000);
    }
    whole.advance(2 * SECOND, &mut events[0]);
    let mut steps = 1;
    while !parts.advance_bounded(2 * SECOND, 100, &mut events[1]) {
        steps += 1;
    }
    assert!(steps > 20, "{steps}");
    assert!(events[0] == events[1]);
}
