//! Tests of the model against formulas, fairness and kernel TCP.

mod bbr;
mod capture;
mod event_log;
mod flows;
mod formulas;
mod kernel;
mod network;
mod profiles;
mod properties;
mod traces;

use super::loss::Losses;
use super::{Event, EventKind, FlowId, Link, LinkProfile, Ns, Path, SECOND};

/// Returns the initial generator state of `tunlink` for this seed.
fn tunlink_seed(seed: u64) -> u64 {
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1)
}

/// Returns the median; for an even count the mean of the middle two.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        f64::midpoint(values[half - 1], values[half])
    }
}

/// Parses and validates a profile.
fn link(toml: &str) -> Link {
    LinkProfile::from_toml(toml).unwrap().validate().unwrap()
}

/// Creates a path with endless flows that all start at time zero.
fn endless(link: &Link, losses: Losses, count: u64) -> (Path, Vec<FlowId>) {
    let mut path = Path::with_losses(link, losses);
    let flows = (0..count).map(|i| {
        let flow = path.open(i * 10_000, i);
        path.supply(i * 10_000, flow, u64::MAX / 8);
        flow
    });
    let flows = flows.collect();
    (path, flows)
}

/// Advances the path to `until` and returns the bytes that each flow delivered meanwhile.
fn delivered(path: &mut Path, flows: &[FlowId], until: Ns) -> Vec<u64> {
    let before = bytes(path, flows);
    path.advance(until, &mut Vec::new());
    let after = bytes(path, flows);
    after.iter().zip(&before).map(|(a, b)| a - b).collect()
}

fn bytes(path: &Path, flows: &[FlowId]) -> Vec<u64> {
    let bytes_of = |flow: &FlowId| path.flow_state(*flow).map_or(0, |s| s.delivered_bytes);
    flows.iter().map(bytes_of).collect()
}

/// Returns all events up to `until`.
fn all_events(path: &mut Path, until: Ns) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(at) = path.next().filter(|at| *at <= until) {
        path.advance(at, &mut events);
    }
    events
}

/// Returns the bytes that these events deliver on a flow.
fn total(events: &[Event], flow: FlowId) -> u64 {
    let bytes_of = |event: &Event| match event.kind {
        EventKind::Bytes(bytes) if event.flow == flow => bytes,
        _ => 0,
    };
    events.iter().map(bytes_of).sum()
}

/// Asserts that a value differs from the expected one by at most the fraction `share`, and prints
/// both.
fn assert_near(name: &str, value: f64, expected: f64, share: f64) {
    let ratio = value / expected;
    println!("{name}: {value:.4} of {expected:.4}, ratio {ratio:.3}, tolerance {share}");
    assert!(
        (ratio - 1.0).abs() <= share,
        "{name}: {value} is not {expected} ± {share}"
    );
}

const MS: Ns = SECOND / 1000;
