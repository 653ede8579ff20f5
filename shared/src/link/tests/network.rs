//! Queues, policers and links that change: their effect on packets, and completion times beside
//! kernel TCP.

use super::super::loss::Losses;
use super::super::packet_log::{Fate, PacketKind};
use super::super::predict::Download;
use super::super::{FlowState, MSS, Path, SECOND, secs};
use super::{MS, all_events, assert_near, delivered, endless, link};

/// Returns the mean time that a packet waits with one endless flow, in milliseconds.
fn mean_wait_ms(toml: &str) -> f64 {
    let link = link(&format!(
        "rate_mbit = 20\nrtt_ms = 40\nbuffer_kib = 1000\n{toml}"
    ));
    let (mut path, flows) = endless(&link, Losses::Hashed, 1);
    delivered(&mut path, &flows, 20 * SECOND);
    let (mut sum, mut count) = (0.0, 0.0);
    for at in (20 * SECOND..50 * SECOND).step_by((10 * MS) as usize) {
        path.advance(at, &mut Vec::new());
        sum += path.queue_bytes() as f64 * 8.0 / 20e6 * 1e3;
        count += 1.0;
    }
    let carried = path.carried_bytes() as f64 * 8.0 / 50.0 / 20e6;
    println!(
        "{toml}: mean wait {:.1} ms, utilization {carried:.2}",
        sum / count
    );
    assert!(carried > 0.8, "{toml}: {carried}");
    sum / count
}

#[test]
fn managed_queues_hold_their_delay() {
    let drop_tail = mean_wait_ms("");
    assert!(drop_tail > 150.0, "{drop_tail}");
    for (queue, most) in [("codel", 12.0), ("fq_codel", 12.0), ("pie", 30.0)] {
        let wait = mean_wait_ms(&format!("queue = \"{queue}\""));
        assert!(wait < most && wait > 1.0, "{queue}: {wait}");
    }
}

/// A BBR flow takes far more than its fifth from four CUBIC flows; with a queue for each it does
/// not.
#[test]
fn flow_queues_give_each_flow_its_share() {
    let share = |queue: &str| {
        let link = link(&format!(
            "rate_mbit = 20\nrtt_ms = 50\nbackground_flows = 4\ncongestion = \"bbr\"\nqueue = \"{queue}\""
        ));
        let (mut path, flows) = endless(&link, Losses::Hashed, 1);
        delivered(&mut path, &flows, 10 * SECOND);
        let bytes = delivered(&mut path, &flows, 40 * SECOND)[0];
        bytes as f64 * 8.0 / 30.0 / link.goodput_bps().unwrap()
    };
    let (one_queue, own_queue) = (share("droptail"), share("fq_codel"));
    println!("share of the BBR flow: {one_queue:.2} of one queue, {own_queue:.2} with its own");
    assert!(one_queue > 0.35 && (0.15..0.25).contains(&own_queue));
}

#[test]
fn policer_passes_its_rate_and_no_more() {
    let link = link("policer_mbit = 20\npolicer_burst_kib = 64\nrtt_ms = 20\ncongestion = \"bbr\"");
    let (mut path, _) = endless(&link, Losses::Hashed, 3);
    path.advance(5 * SECOND, &mut Vec::new());
    let before = path.carried_bytes();
    path.advance(25 * SECOND, &mut Vec::new());
    let rate = (path.carried_bytes() - before) as f64 * 8.0 / 20.0;
    assert!(rate < 20e6 * 1.01 && rate > 20e6 * 0.9, "{rate}");
    assert!(path.dropped_packets() > 0 && path.queue_bytes() == 0);
}

/// The steps count from the first connection, with or without background flows.
#[test]
fn rate_follows_the_steps_and_nothing_passes_in_an_outage() {
    for background in [0, 2] {
        let link = link(&format!(
            "rate_mbit = 40\nrtt_ms = 20\nstep_period_s = 6\nbackground_flows = {background}\n\
            [[step]]\nat_s = 2\nrate_mbit = 10\n[[step]]\nat_s = 4\nrate_mbit = 0"
        ));
        let mut path = Path::new(&link);
        for i in 0..4 {
            let flow = path.open(0, i);
            path.supply(0, flow, u64::MAX / 8);
        }
        let mut carried = |from: f64, until: f64| {
            path.advance((from * 1e9) as u64, &mut Vec::new());
            let before = path.carried_bytes();
            path.advance((until * 1e9) as u64, &mut Vec::new());
            (path.carried_bytes() - before) as f64 * 8.0 / (until - from)
        };
        for cycle in [0.0, 6.0] {
            assert_near("first rate", carried(cycle + 1.5, cycle + 1.9), 40e6, 0.02);
            assert_near("second rate", carried(cycle + 2.5, cycle + 3.9), 10e6, 0.02);
            assert!(carried(cycle + 4.1, cycle + 5.9) < 1.0);
        }
    }
}

#[test]
fn bursts_lose_their_share_in_runs() {
    let link = link(
        "rate_mbit = 50\nrtt_ms = 20\nloss_percent = 2\nloss_burst_ms = 20\ncongestion = \"fixed\"",
    );
    let mut losses = Losses::new(&link);
    let is_lost: Vec<bool> = (0..10_000_000u64)
        .map(|i| losses.is_lost(i * 100_000, &link, 0, i))
        .collect();
    let lost = is_lost.iter().filter(|lost| **lost).count() as f64;
    assert_near("lost", lost / is_lost.len() as f64, 0.02, 0.1);
    let runs = is_lost
        .windows(2)
        .filter(|pair| pair[1] && !pair[0])
        .count() as f64;
    // 200 draws in 20 ms.
    assert_near("length of a run", lost / runs, 200.0, 0.15);
}

#[test]
fn jitter_delays_packets_and_keeps_their_order() {
    let first_bytes = |toml: &str| {
        let (mut path, _) = endless(&link(toml), Losses::Hashed, 1);
        let events = all_events(&mut path, SECOND);
        events[0].at
    };
    let without = first_bytes("rate_mbit = 10\nrtt_ms = 100");
    let delays: Vec<_> = (1..=50)
        .map(|seed| {
            let toml = format!("rate_mbit = 10\nrtt_ms = 100\njitter_ms = 40\nseed = {seed}");
            secs(first_bytes(&toml) - without) * 1e3
        })
        .collect();
    let most = delays.iter().copied().fold(0.0, f64::max);
    assert!(most > 30.0 && most < 40.1, "{delays:?}");
    let link = link("rate_mbit = 10\nrtt_ms = 100\njitter_ms = 40");
    let (mut path, flows) = endless(&link, Losses::Hashed, 1);
    path.advance(3 * SECOND, &mut Vec::new());
    let state = path.flow_state(flows[0]).unwrap();
    assert!(
        state.timeouts == 0 && state.delivered_bytes > 2_000_000,
        "{state:?}"
    );
}

#[test]
fn reordered_packets_are_waited_for_and_not_taken_for_lost() {
    let text = "rate_mbit = 20\nrtt_ms = 80\nreorder_percent = 5\nreorder_ms = 15";
    for law in ["cubic", "bbr"] {
        let link = link(&format!("{text}\ncongestion = \"{law}\""));
        let (mut path, flows) = endless(&link, Losses::Hashed, 1);
        path.advance(20 * SECOND, &mut Vec::new());
        let state = path.flow_state(flows[0]).unwrap();
        // Without losses each segment that is sent twice was sent twice for nothing.
        let needed = state.delivered_bytes / MSS + path.dropped_packets();
        let repeated = state
            .transmissions
            .saturating_sub(needed + u64::from(state.in_flight));
        println!(
            "{law}: {repeated} of {} transmissions repeated for nothing",
            state.transmissions
        );
        assert!(repeated * 200 < state.transmissions, "{law}: {state:?}");
        assert_eq!(state.timeouts, 0, "{law}: {state:?}");
        let goodput = state.delivered_bytes as f64 * 8.0 / 19.84 / 20e6;
        assert!(goodput > 0.85, "{law}: {goodput:.2} of the rate");
    }
}

#[test]
fn packets_held_back_arrive_later_and_fill_the_gap() {
    let link = link("rate_mbit = 10\nrtt_ms = 100\nreorder_percent = 20\nreorder_ms = 30");
    let mut path = Path::new(&link);
    path.start_log();
    let flow = path.open(0, 0);
    path.supply(0, flow, 2_000_000);
    path.advance(60 * SECOND, &mut Vec::new());
    assert_eq!(path.flow_state(flow).unwrap().delivered_bytes, 2_000_000);
    let packets = path.take_log().into_packets();
    let arrivals: Vec<_> = packets
        .iter()
        .filter_map(|packet| match packet.kind {
            PacketKind::Segment {
                arrives,
                fate: Fate::Arrives,
                ..
            } => Some(arrives),
            _ => None,
        })
        .collect();
    // A packet is overtaken when a later one arrives earlier.
    let overtaken = |i: &usize| arrivals[i + 1..].iter().any(|later| *later < arrivals[*i]);
    let share = (0..arrivals.len()).filter(overtaken).count() as f64 / arrivals.len() as f64;
    assert!((0.15..0.25).contains(&share), "{share}");
}

/// Medians of kernel TCP (Linux 6.18, 3 runs over the path of `shared/validation/with-path` that holds packets
/// back), for 1, 5, 10, 20 and 50 connections, in seconds.
const REORDERING: [(&str, u64, [f64; 5]); 3] = [
    (
        "rate_mbit = 50\nrtt_ms = 40\nbuffer_kib = 244\nreorder_percent = 1\nreorder_ms = 5",
        10_000_000,
        [1.88, 1.87, 1.94, 2.21, 1.97],
    ),
    (
        "rate_mbit = 20\nrtt_ms = 80\nbuffer_kib = 195\nreorder_percent = 2\nreorder_ms = 60",
        5_000_000,
        [2.62, 2.44, 2.63, 3.07, 2.62],
    ),
    (
        "rate_mbit = 50\nrtt_ms = 40\nbuffer_kib = 244\nreorder_percent = 10\nreorder_ms = 15\n\
        congestion = \"bbr\"",
        10_000_000,
        [2.02, 1.91, 2.25, 2.49, 2.35],
    ),
];

#[test]
fn completion_times_match_kernel_tcp_over_links_that_reorder() {
    for (toml, len, kernel) in REORDERING {
        let link = link(toml);
        for (connections, kernel) in [1, 5, 10, 20, 50].into_iter().zip(kernel) {
            let download = Download::new(len, connections);
            let [_, median, _] = download.predict(&link, 15, &|| true).unwrap();
            let name = format!("{} x{connections}", toml.replace('\n', ", "));
            assert_near(&name, median, kernel, 0.15);
        }
    }
}

/// 100 Mbit/s need 8,333 acknowledgements of 52 bytes in each second, 3.5 Mbit/s.
#[test]
fn slow_way_back_limits_the_download() {
    let time = |up: &str| {
        let link = link(&format!("rate_mbit = 100\nrtt_ms = 40\n{up}"));
        Download::new(20_000_000, 4)
            .predict(&link, 5, &|| true)
            .unwrap()[1]
    };
    let (free, enough, slow) = (time(""), time("up_mbit = 8"), time("up_mbit = 0.2"));
    println!("way back unlimited {free:.2} s, 8 Mbit/s {enough:.2} s, 0.2 Mbit/s {slow:.2} s");
    assert!((enough / free - 1.0).abs() < 0.1 && slow > 1.3 * free);
}

/// A way back that drops nearly all acknowledgements also drops those of duplicates: the sender repeats them
/// until one passes.
#[test]
fn all_bytes_arrive_when_the_way_back_drops_most_acknowledgements() {
    for law in ["cubic", "reno", "fixed", "bbr"] {
        for count in [5, 11, 19] {
            let link = link(&format!(
                "rate_mbit = 10\nrtt_ms = 20\nwindow_kib = 2\nup_mbit = 0.01\nup_buffer_kib = 1\n\
                congestion = \"{law}\""
            ));
            let mut path = Path::new(&link);
            let flows: Vec<_> = (0..count).map(|i| path.open(i * 100_000, i)).collect();
            for flow in &flows {
                path.supply(count * 100_000, *flow, 20_000);
            }
            delivered(&mut path, &flows, 4 * 3600 * SECOND);
            let states: Vec<_> = flows.iter().map(|flow| path.flow_state(*flow)).collect();
            let is_whole = |state: &FlowState| state.delivered_bytes == 20_000;
            assert!(
                states.iter().flatten().all(is_whole),
                "{count} flows with {law}: {states:?}"
            );
        }
    }
}

/// Medians of kernel TCP with CUBIC (Linux 6.18, 5 runs of 10 MB from lanes-server over two network
/// namespaces with such a queue between them), for 1, 5, 10, 20 and 50 connections, in seconds; 50 Mbit/s and
/// 40 ms. The tolerance of each link follows.
const KERNEL: [(&str, [f64; 5], f64); 5] = [
    (
        "rate_mbit = 50\nqueue = \"codel\"",
        [2.12, 2.08, 1.98, 2.02, 2.08],
        0.15,
    ),
    (
        "rate_mbit = 50\nqueue = \"fq_codel\"",
        [2.10, 1.92, 1.90, 1.85, 2.04],
        0.15,
    ),
    (
        "policer_mbit = 50\npolicer_burst_kib = 244",
        [1.96, 2.13, 2.21, 2.12, 2.15],
        0.15,
    ),
    // A sender of the kernel is more bursty, which a small bucket shows.
    (
        "policer_mbit = 50\npolicer_burst_kib = 64",
        [6.98, 3.42, 3.17, 2.69, 2.27],
        0.25,
    ),
    (
        "rate_mbit = 50\nloss_percent = 0.5\nloss_burst_ms = 50",
        [1.88, 1.92, 2.00, 2.03, 1.96],
        0.15,
    ),
];

#[test]
fn completion_times_match_kernel_tcp_behind_queues_policers_and_bursts() {
    for (toml, kernel, tolerance) in KERNEL {
        let link = link(&format!("rtt_ms = 40\n{toml}"));
        for (connections, kernel) in [1, 5, 10, 20, 50].into_iter().zip(kernel) {
            let download = Download::new(10_000_000, connections);
            let [_, median, _] = download.predict(&link, 15, &|| true).unwrap();
            let name = format!("{} x{connections}", toml.replace('\n', ", "));
            assert_near(&name, median, kernel, tolerance);
        }
    }
}
