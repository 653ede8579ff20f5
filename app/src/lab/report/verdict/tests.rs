use super::*;
use crate::lab::plan::experiment_plan::tests::plan;

fn summary(value: u64, median_secs: f64, speed_up: f64, interval: (f64, f64)) -> Summary {
    Summary {
        value,
        runs: 5,
        failed: 0,
        median_secs,
        min_secs: median_secs,
        max_secs: median_secs,
        speed_up,
        speed_up_interval: Some(interval),
        throughput: 1e6 / median_secs,
    }
}

fn connections() -> Plan {
    plan(Sweep::Connections(vec![1, 5, 10]))
}

#[test]
fn a_single_value_has_no_verdict() {
    assert_eq!(verdict(&connections(), &[]), "");
    let one = summary(1, 1.0, 1.0, (1.0, 1.0));
    assert_eq!(verdict(&connections(), &[one]), "");
}

#[test]
fn the_best_count_is_reported_with_its_confidence_interval() {
    let all = [
        summary(1, 39.4, 1.0, (1.0, 1.0)),
        summary(5, 8.0, 4.92, (4.8, 5.1)),
        summary(10, 4.2, 9.38, (9.1, 9.6)),
        summary(20, 4.1, 9.61, (9.2, 9.94)),
    ];
    assert_eq!(best_value(&all).map(|summary| summary.value), Some(20));
    let mut wide = all.to_vec();
    wide.push(summary(50, 3.0, 13.1, (0.9, 20.0)));
    assert_eq!(
        verdict(&connections(), &wide),
        verdict(&connections(), &all)
    );
    assert_eq!(
        verdict(&connections(), &all),
        "20 connections are fastest: 4.10 s, 9.61 times as fast as 1 connection (95 % bootstrap interval: \
         9.20–9.94). 10 connections did about as well."
    );
}

#[test]
fn few_runs_have_a_range_in_place_of_an_interval() {
    let mut all = [
        summary(1, 2.0, 1.0, (1.0, 1.0)),
        summary(5, 1.0, 2.0, (1.9, 2.1)),
    ];
    all[1].runs = 3;
    let text = verdict(&connections(), &all);
    assert!(text.contains("(1.90–2.10 in 3 runs)"), "{text}");
}

#[test]
fn a_difference_within_the_spread_makes_no_value_the_best() {
    let all = [
        summary(1, 1.0, 1.0, (1.0, 1.0)),
        summary(5, 0.95, 1.05, (0.9, 1.2)),
        summary(10, 1.1, 0.91, (0.8, 1.1)),
    ];
    assert_eq!(
        verdict(&connections(), &all),
        "Differences are within the spread of the runs, or below 5 %: more connections made no \
         difference."
    );
    assert_eq!(best_value(&all), None);
}

#[test]
fn slower_values_are_reported_as_slower() {
    let all = [
        summary(1, 1.0, 1.0, (1.0, 1.0)),
        summary(50, 2.0, 0.5, (0.4, 0.625)),
    ];
    assert_eq!(
        verdict(&connections(), &all),
        "1 connection is fastest: 1.00 s. 50 connections took 2.00 times as long \
         (95 % bootstrap interval: 1.60–2.50)."
    );
    assert_eq!(best_value(&all), Some(&all[0]));
}

#[test]
fn a_lower_median_within_the_spread_is_not_hidden() {
    let all = [
        summary(1, 1.0, 1.0, (1.0, 1.0)),
        summary(5, 0.8, 1.25, (0.9, 1.5)),
        summary(50, 2.0, 0.5, (0.4, 0.625)),
    ];
    let text = verdict(&connections(), &all);
    assert!(text.starts_with("Nothing was significantly faster than 1 connection (1.00 s). 50"));
    assert_eq!(best_value(&all), None);
}

#[test]
fn single_runs_give_a_preliminary_verdict() {
    let mut all = [
        summary(1, 2.0, 1.0, (1.0, 1.0)),
        summary(5, 1.0, 2.0, (2.0, 2.0)),
    ];
    all[1].speed_up_interval = None;
    let text = verdict(&connections(), &all);
    assert!(text.starts_with("Fastest so far: 5 connections, 1.00 s, 2.00 times as fast as"));
    assert!(text.contains("chance"), "{text}");
    all[1].speed_up = 0.5;
    assert!(verdict(&connections(), &all).starts_with("So far, nothing is faster than 1"));
}

#[test]
fn on_loopback_the_verdict_explains_that_no_network_limits_a_connection() {
    let source = "lanes://127.0.0.1:5115/f".parse().unwrap();
    let plan = Plan {
        source,
        ..connections()
    };
    let all = [
        summary(1, 1.0, 1.0, (1.0, 1.0)),
        summary(5, 1.0, 1.0, (0.9, 1.1)),
    ];
    assert!(verdict(&plan, &all).contains("no network limits a single connection"));
    // If they help, the sentence would contradict the figures.
    let mut helped = all.clone();
    helped[1] = summary(5, 0.2, 5.0, (4.8, 5.2));
    assert!(!verdict(&plan, &helped).contains("no network limits"));
    let link = Some(lanes_shared::link::parse_profile("slow-4g").unwrap());
    let emulated = Plan { link, ..plan };
    assert!(!verdict(&emulated, &all).contains("no network limits"));
}

#[test]
fn packets_and_files_have_their_own_sentences() {
    let packets = plan(Sweep::PacketLen(vec![128, 65_536]));
    let all = [
        summary(128, 4.0, 1.0, (1.0, 1.0)),
        summary(65_536, 1.0, 4.0, (3.5, 4.5)),
    ];
    assert_eq!(
        verdict(&packets, &all),
        "Packets of 64 KiB are fastest: 1.00 s, 4.00 times as fast as packets of 128 B \
         (95 % bootstrap interval: 3.50–4.50)."
    );
    let files = plan(Sweep::FileSize(vec![1000, 1_000_000]));
    let text = verdict(&files, &all);
    assert!(text.contains("MB/s, 4.00 times the rate") && text.contains("larger the file"));
}

#[test]
fn the_headline_is_the_finding() {
    let of = |sweep: Sweep, all: &[Summary]| headline(&sweep, all);
    let two = |value: (u64, u64), speed_up: f64, interval| {
        let first = summary(value.0, 4.0, 1.0, (1.0, 1.0));
        [first, summary(value.1, 4.0 / speed_up, speed_up, interval)]
    };
    let counts = || Sweep::Connections(vec![1, 20]);
    let fast = two((1, 20), 12.4, (11.9, 12.5));
    assert_eq!(of(counts(), &fast), "12.4 × as fast with 20 connections");
    let slow = two((1, 20), 0.5, (0.4, 0.6));
    assert_eq!(of(counts(), &slow), "One connection is fastest");
    // A difference of 1.5 % beyond chance is still no difference.
    let near = two((128, 65_536), 1.015, (1.01, 1.02));
    let packets = Sweep::PacketLen(vec![128, 65_536]);
    assert_eq!(of(packets, &near), "Packet size makes no difference");
    let files = Sweep::FileSize(vec![1000, 9000]);
    assert_eq!(
        of(files, &two((1000, 9000), 3.05, (3.0, 3.1))),
        "Larger files use the link better: 3.05 × the rate"
    );
    let links = ["slow-4g", "clean-cable"].map(|id| lanes_shared::link::parse_profile(id).unwrap());
    let links = Sweep::Link(links.into());
    let text = of(links, &two((0, 1), 4.0, (3.9, 4.1)));
    assert_eq!(text, "The link decides: up to 4.00 × the time");
}

#[test]
fn a_number_of_connections_beyond_the_best_is_reported_as_slower() {
    let all = [
        summary(1, 4.0, 1.0, (1.0, 1.0)),
        summary(20, 0.328, 12.4, (11.9, 12.5)),
        summary(50, 0.476, 8.5, (8.3, 8.7)),
    ];
    let text = verdict(&connections(), &all);
    let part = "More is slower again: 50 connections took 476 ms, 8.50 times as fast as 1";
    assert!(text.contains(part), "{text}");
}
