//! Runs the search on links that are functions of the connection count.

use super::*;

/// Runs the search on a link where `goodput` returns the bytes a second of that many connections.
/// Returns the count that it ends with, and its reasons.
fn settle(max: usize, goodput: impl Fn(usize) -> f64) -> (usize, Vec<String>) {
    let mut tuner = ConcurrencyTuner::new(max);
    let (start, mut bytes) = (Instant::now(), 0.0);
    let mut reasons = Vec::new();
    for tick in 0..2000u32 {
        bytes += goodput(tuner.count()) * 0.05;
        let now = start + Duration::from_millis(50) * tick;
        let adjustment = tuner.tick(now, bytes as u64, u64::MAX / 2, tuner.count());
        reasons.extend(adjustment.map(|adjustment| adjustment.reason));
    }
    (tuner.count(), reasons)
}

#[test]
fn capped_connections_are_added_until_the_link_is_full() {
    let (count, reasons) = settle(64, |n| (n as f64 * 1e6).min(16e6));
    assert_eq!(count, 16, "{reasons:?}");
    assert!(
        reasons.last().unwrap().contains("gained nothing"),
        "{reasons:?}"
    );
}

#[test]
fn full_links_get_the_lowest_count() {
    let (count, reasons) = settle(64, |_| 5e6);
    assert_eq!(count, MIN_COUNT, "{reasons:?}");
    assert!(
        reasons.last().unwrap().contains("link is full"),
        "{reasons:?}"
    );
}

#[test]
fn count_is_reduced_no_further_than_goodput_allows() {
    let (count, reasons) = settle(64, |n| (n as f64 * 1e6).min(4e6));
    assert_eq!(count, 4, "{reasons:?}");
    assert!(reasons.last().unwrap().contains("slower"), "{reasons:?}");
}

#[test]
fn harmful_counts_are_undone() {
    let (count, reasons) = settle(64, |n| if n > 16 { 1e6 } else { n as f64 * 1e6 });
    assert_eq!(count, 16, "{reasons:?}");
    assert!(
        reasons.last().unwrap().contains("made it slower"),
        "{reasons:?}"
    );
}

#[test]
fn distant_servers_begin_with_more_connections() {
    let mut tuner = ConcurrencyTuner::new(64);
    assert_eq!(tuner.on_latency(Duration::from_millis(45)), None);
    let adjustment = tuner.on_latency(Duration::from_millis(50)).unwrap();
    assert_eq!((adjustment.count, tuner.count()), (16, 16));
    let adjustment = tuner.on_latency(Duration::from_millis(300)).unwrap();
    assert_eq!((adjustment.count, tuner.count()), (32, 32));
    assert_eq!(tuner.on_latency(Duration::from_millis(300)), None, "once");
    let mut limited = ConcurrencyTuner::new(4);
    assert_eq!(limited.on_latency(Duration::from_secs(1)), None);
}

#[test]
fn count_never_exceeds_the_limit() {
    let (count, reasons) = settle(10, |n| n as f64 * 1e6);
    assert_eq!(count, 10);
    assert!(
        reasons.last().unwrap().contains("limit is reached"),
        "{reasons:?}"
    );
    let (count, _) = settle(1, |n| n as f64 * 1e6);
    assert_eq!(count, 1);
}

/// Estimate of a link of 100 Mbit/s that two connections fill.
const ESTIMATE: CapacityEstimate = CapacityEstimate {
    count: 2,
    rate: Some(12.5e6),
    round_trip: Duration::from_millis(40),
};

/// Runs four seconds of a download that has three seconds left at each moment, with [`ESTIMATE`].
fn settle_with_estimate(goodput: impl Fn(usize) -> f64) -> (usize, Vec<String>) {
    let mut tuner = ConcurrencyTuner::new(64);
    let first = tuner.on_estimate(ESTIMATE).expect("the first estimate");
    assert_eq!((first.count, tuner.on_estimate(ESTIMATE)), (2, None));
    let (start, mut bytes, mut reasons) = (Instant::now(), 0.0, vec![first.reason]);
    for tick in 0..80u32 {
        let rate = goodput(tuner.count());
        bytes += rate * 0.05;
        let now = start + Duration::from_millis(50) * tick;
        let adjustment = tuner.tick(now, bytes as u64, (rate * 3.0) as u64, tuner.count());
        reasons.extend(adjustment.map(|adjustment| adjustment.reason));
    }
    (tuner.count(), reasons)
}

#[test]
fn count_that_fills_the_estimated_link_is_kept() {
    let (count, reasons) = settle_with_estimate(|_| 11.5e6);
    assert_eq!((count, reasons.len()), (2, 1), "{reasons:?}");
    assert!(
        reasons[0].contains("at 100 Mbit/s: 2 connections"),
        "{reasons:?}"
    );
}

#[test]
fn count_grows_to_fill_the_estimated_link() {
    let (count, reasons) = settle_with_estimate(|n| (n as f64 * 0.6e6).min(11.5e6));
    assert!((20..=40).contains(&count), "{reasons:?}");
    assert!(
        reasons[1].contains("10 % of that rate; trying 27"),
        "{reasons:?}"
    );
    assert!(
        reasons.last().unwrap().contains("link is full"),
        "{reasons:?}"
    );
}

#[test]
fn exceeded_estimates_are_dropped() {
    let (count, reasons) = settle_with_estimate(|n| n as f64 * 10e6);
    assert!(count >= INITIAL, "{reasons:?}");
    assert!(reasons[1].contains("faster than that"), "{reasons:?}");
    assert!(
        ConcurrencyTuner::new(64).on_estimate(ESTIMATE).is_some(),
        "before any measurement"
    );
}

#[test]
fn bytes_of_surplus_connections_are_not_measured() {
    let mut tuner = ConcurrencyTuner::new(8);
    let (start, mut bytes, mut reasons) = (Instant::now(), 0.0, Vec::new());
    // Surplus connections go on receiving for a second.
    let (mut receiving, mut since) = (8, 0);
    for tick in 0..400u32 {
        if receiving != tuner.count() && tick - since > 20 {
            (receiving, since) = (tuner.count(), tick);
        }
        if receiving == tuner.count() {
            since = tick;
        }
        bytes += receiving as f64 * 1e6 * 0.05;
        let now = start + Duration::from_millis(50) * tick;
        let adjustment = tuner.tick(now, bytes as u64, u64::MAX / 2, receiving);
        reasons.extend(adjustment.map(|adjustment| adjustment.reason));
    }
    assert_eq!(tuner.count(), 8, "{reasons:?}");
}
