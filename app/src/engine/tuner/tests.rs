//! The search on links that exist as functions.

use super::*;

/// Lets the tuner loose on a link where `goodput` says what so many connections bring, in bytes
/// a second. Returns the number it settles on, and what it said.
fn settle(most: usize, goodput: impl Fn(usize) -> f64) -> (usize, Vec<String>) {
    let mut tuner = Tuner::new(most);
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
    let mut tuner = Tuner::new(64);
    assert_eq!(tuner.heard(Duration::from_millis(50)), None);
    let change = tuner.heard(Duration::from_millis(300)).unwrap();
    assert_eq!((change.count, tuner.count()), (16, 16));
    assert_eq!(tuner.heard(Duration::from_millis(300)), None, "once");
    assert_eq!(Tuner::new(4).heard(Duration::from_secs(1)), None);
}

#[test]
fn never_more_than_allowed() {
    let (count, words) = settle(10, |n| n as f64 * 1e6);
    assert_eq!(count, 10);
    assert!(words.last().unwrap().contains("not allowed"), "{words:?}");
    let (count, _) = settle(1, |n| n as f64 * 1e6);
    assert_eq!(count, 1);
}
