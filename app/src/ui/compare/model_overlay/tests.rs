//! Tests of the model overlay.

use lanes_shared::link::parse_profile;

use super::*;
use crate::lab::{Plan, Prediction};
use crate::ui::compare::axis::Scale;
use crate::ui::compare::axis::tests::axis;
use lanes_engine::Mode;

const COUNTS: [u64; 5] = [1, 5, 10, 20, 50];

fn experiment(link: &str, variable: Sweep) -> Experiment {
    let plan = Plan {
        source: "lanes://server.example/Data.jpg".parse().unwrap(),
        mode: Mode::Parallel,
        sweep: variable,
        connections: 4,
        packet_len: 1024,
        link: parse_profile(link).ok(),
        http: crate::lab::HttpRuns::default(),
        expected_path: None,
        rounds: 3,
        seed: 1,
    };
    let mut experiment = Experiment::new(plan);
    experiment.len = Some(1_000_000);
    experiment
}

fn overlay(experiment: &Experiment, metric: Metric) -> ModelOverlay {
    let axis = axis(&experiment.plan.sweep.values(), Scale::Even);
    ModelOverlay::new(experiment, metric, &axis)
}

fn counts() -> Sweep {
    Sweep::Connections(COUNTS.map(|count| count as u16).into())
}

fn names(overlay: &ModelOverlay) -> Vec<String> {
    let legend = overlay.legend().into_iter();
    legend.map(|entry| entry.words).collect()
}

#[test]
fn the_limits_cross_where_the_link_is_full() {
    let overlay = overlay(&experiment("throttled-mirror", counts()), Metric::Time);
    let (at, knee) = overlay.knee.unwrap();
    assert_eq!(knee, 25);
    assert!((at - (3.0 + 5.0 / 30.0)).abs() < 1e-9);
    // 1 MB at 2 Mbit/s, and at 50 Mbit/s without the headers.
    assert!((overlay.connections_line[0][1] - 4.0).abs() < 1e-9);
    let full = 8.0 / 50.0 * 1500.0 / 1448.0;
    let is_full = |point: &[f64; 2]| (point[1] - full).abs() < 1e-9;
    assert!(overlay.link_line.iter().all(is_full));
    let beyond = |point: &&[f64; 2]| point[1] <= full;
    let crossing = overlay.connections_line.iter().find(beyond).unwrap()[0];
    assert!(
        (crossing - at).abs() < 1.0 / f64::from(PIECES),
        "{crossing}"
    );
    let ends = [0, overlay.connections_line.len() - 1];
    let [first, last] = ends.map(|at| overlay.connections_line[at]);
    assert!((first[1] / last[1] - 50.0).abs() < 1e-9 && last[0] == 4.0);
}

#[test]
fn the_speed_up_has_an_ideal_and_the_throughput_a_limit() {
    let mut experiment = experiment("throttled-mirror", counts());
    experiment.predictions = vec![Prediction {
        value: 1,
        median_secs: 4.0,
        low_secs: 4.0,
        high_secs: 4.0,
        limit: String::new(),
    }];
    let speed_up = overlay(&experiment, Metric::SpeedUp);
    let (first, last) = (speed_up.ideal[0], *speed_up.ideal.last().unwrap());
    assert_eq!((first, last), ([0.0, 1.0], [4.0, 50.0]));
    assert!(speed_up.connections_line.is_empty());
    let efficiency = overlay(&experiment, Metric::Efficiency);
    assert!(efficiency.ideal.iter().all(|point| point[1] == 1.0));
    let throughput = overlay(&experiment, Metric::Throughput);
    let full = 50e6 / 8.0 * 1448.0 / 1500.0;
    assert!((throughput.link_line[0][1] - full).abs() < 1.0);
    assert!(throughput.ideal.is_empty());
}

#[test]
fn a_link_filled_by_one_connection_has_no_knee() {
    let time = |experiment: &Experiment| overlay(experiment, Metric::Time);
    let clean = time(&experiment("clean-cable", counts()));
    assert_eq!(clean.knee, None);
    assert!(clean.connections_line.is_empty() && !clean.link_line.is_empty());
    assert_eq!(names(&clean), ["limit of the link"]);
    let open = time(&experiment("open-loopback", counts()));
    assert!(names(&open).is_empty());
    let mut full = experiment("throttled-mirror", counts());
    full.predictions = vec![Prediction {
        value: 5,
        median_secs: 0.9,
        low_secs: 0.8,
        high_secs: 1.1,
        limit: String::new(),
    }];
    let full = time(&full);
    assert_eq!(
        names(&full),
        [
            "predicted",
            "limit of the link",
            "ideal (N × one)",
            "link full from here"
        ]
    );
    assert_eq!((full.predicted(), full.top(0.0)), (&[[1.0, 0.9]][..], 1.1));
}

#[test]
fn file_sizes_have_limits_and_packet_sizes_have_none() {
    let files = Sweep::FileSize(vec![1_000_000, 2_000_000]);
    let time = |variable| overlay(&experiment("throttled-mirror", variable), Metric::Time);
    let overlay = time(files);
    assert!((overlay.link_line[1][1] / overlay.link_line[0][1] - 2.0).abs() < 1e-9);
    // Four connections of 2 Mbit/s.
    assert!((overlay.connections_line[1][1] - 2.0).abs() < 1e-9);
    assert_eq!(overlay.knee, None);
    let overlay = time(Sweep::PacketLen(vec![128, 1024]));
    assert!(overlay.link_line.is_empty() && overlay.connections_line.is_empty());
}
