//! The search on links that exist as functions.

use super::*;

/// Lets the tuner loose on a link where `goodput` says what so many connections bring, in bytes
/// a second. Returns the number it settles on, and what it said.
fn settle(most: usize, goodput: impl Fn(usize) -> f64) -> (usize, Vec<String>) {
    let mut tuner = ConcurrencyTuner::new(most);
    let (start, mut bytes) = (Instant::now(), 0.0);
    let mut words = Vec::new();
    for tick in 0..2000u32 {
        bytes += goodput(tuner.count()) * 0.05;
        let now = start + Duration::from_millis(50) * tick;
        let change = tuner.tick(now, bytes as u64, u64::MAX / 2, tuner.count());
        words.extend(change.map(|change| change.words));
    }
    (tuner.count(), words)
}

#[test]
fn a_cap_per_connection_is_climbed_until_the_link_is_full() {
    let (count, words) = settle(64, |n| (n as f64 * 1e6).min(16e6));
    assert_eq!(count, 16, "{words:?}");
    assert!(
        words.last().unwrap().contains("brought nothing"),
        "{words:?}"
    );
}

#[test]
fn a_full_link_gets_the_fewest() {
    let (count, words) = settle(64, |_| 5e6);
    assert_eq!(count, FEWEST, "{words:?}");
    assert!(words.last().unwrap().contains("link is full"), "{words:?}");
}

#[test]
fn fewer_are_found_to_be_enough_only_as_far_as_they_are() {
    let (count, words) = settle(64, |n| (n as f64 * 1e6).min(4e6));
    assert_eq!(count, 4, "{words:?}");
    assert!(words.last().unwrap().contains("less"), "{words:?}");
}

#[test]
fn a_count_that_does_harm_is_taken_back() {
    let (count, words) = settle(64, |n| if n > 16 { 1e6 } else { n as f64 * 1e6 });
    assert_eq!(count, 16, "{words:?}");
    assert!(words.last().unwrap().contains("harm"), "{words:?}");
}

#[test]
fn a_far_server_gets_more_from_the_beginning() {
    let mut tuner = ConcurrencyTuner::new(64);
    assert_eq!(tuner.heard(Duration::from_millis(45)), None);
    let change = tuner.heard(Duration::from_millis(50)).unwrap();
    assert_eq!((change.count, tuner.count()), (16, 16));
    let change = tuner.heard(Duration::from_millis(300)).unwrap();
    assert_eq!((change.count, tuner.count()), (32, 32));
    assert_eq!(tuner.heard(Duration::from_millis(300)), None, "once");
    assert_eq!(ConcurrencyTuner::new(4).heard(Duration::from_secs(1)), None);
}

#[test]
fn never_more_than_allowed() {
    let (count, words) = settle(10, |n| n as f64 * 1e6);
    assert_eq!(count, 10);
    assert!(words.last().unwrap().contains("not allowed"), "{words:?}");
    let (count, _) = settle(1, |n| n as f64 * 1e6);
    assert_eq!(count, 1);
}

/// What the first bytes of a link told: 100 Mbit/s, and that two connections are enough.
const GUESS: CapacityEstimate = CapacityEstimate {
    count: 2,
    rate: Some(12.5e6),
    round_trip: Duration::from_millis(40),
};

/// Four seconds of a download that has three seconds left at each moment.
fn settle_on_guess(goodput: impl Fn(usize) -> f64) -> (usize, Vec<String>) {
    let mut tuner = ConcurrencyTuner::new(64);
    let told = tuner.told(GUESS).expect("something new");
    assert_eq!((told.count, tuner.told(GUESS)), (2, None));
    let (start, mut bytes, mut words) = (Instant::now(), 0.0, vec![told.words]);
    for tick in 0..80u32 {
        let rate = goodput(tuner.count());
        bytes += rate * 0.05;
        let now = start + Duration::from_millis(50) * tick;
        let change = tuner.tick(now, bytes as u64, (rate * 3.0) as u64, tuner.count());
        words.extend(change.map(|change| change.words));
    }
    (tuner.count(), words)
}

#[test]
fn who_fills_the_link_that_the_first_bytes_told_of_goes_on() {
    let (count, words) = settle_on_guess(|_| 11.5e6);
    assert_eq!((count, words.len()), (2, 1), "{words:?}");
    assert!(
        words[0].contains("at 100 Mbit/s: 2 connections"),
        "{words:?}"
    );
}

#[test]
fn who_does_not_fill_it_gets_as_many_as_would() {
    let (count, words) = settle_on_guess(|n| (n as f64 * 0.6e6).min(11.5e6));
    assert!((20..=40).contains(&count), "{words:?}");
    assert!(words[1].contains("10 % of that; trying 27"), "{words:?}");
    assert!(words.last().unwrap().contains("link is full"), "{words:?}");
}

#[test]
fn what_the_first_bytes_told_may_prove_wrong() {
    let (count, words) = settle_on_guess(|n| n as f64 * 10e6);
    assert!(count >= FIRST, "{words:?}");
    assert!(words[1].contains("more than that"), "{words:?}");
    assert!(
        ConcurrencyTuner::new(64).told(GUESS).is_some(),
        "before anything was measured"
    );
}

#[test]
fn what_those_who_leave_still_bring_does_not_count() {
    let mut tuner = ConcurrencyTuner::new(8);
    let (start, mut bytes, mut words) = (Instant::now(), 0.0, Vec::new());
    // Who was sent away goes on for a second.
    let (mut bringing, mut since) = (8, 0);
    for tick in 0..400u32 {
        if bringing != tuner.count() && tick - since > 20 {
            (bringing, since) = (tuner.count(), tick);
        }
        if bringing == tuner.count() {
            since = tick;
        }
        bytes += bringing as f64 * 1e6 * 0.05;
        let now = start + Duration::from_millis(50) * tick;
        let change = tuner.tick(now, bytes as u64, u64::MAX / 2, bringing);
        words.extend(change.map(|change| change.words));
    }
    assert_eq!(tuner.count(), 8, "{words:?}");
}
