//! Transfers of unclaimed bytes between connections.

use super::*;

const GRANULE: u64 = 1000;

#[test]
fn open_response_extends_into_neighbours_unstarted_segment() {
    let mut scheduler = RangeScheduler::new(2);
    scheduler.begin_new(3_000_000, GRANULE, 2, Some(0));
    let first = scheduler.unclaimed_of(0);
    // The second connection fetches its own segment, steals from the first, and requests the bytes.
    let steal = Steal::estimate(true, Duration::ZERO, 1e6);
    let rate = |_: usize| 1e6;
    let (second, _) = scheduler.assign_segment(1, rate, steal).unwrap();
    assert_eq!(second, first.end..3_000_000);
    scheduler.claim_at(1, second.start, u64::MAX).unwrap();
    let (stolen, victim) = scheduler.assign_segment(1, rate, steal).unwrap();
    assert_eq!((stolen.end, victim), (first.end, Some(0)));

    // The response of the first connection reaches the stolen bytes before the second has a
    // response.
    let own = scheduler.claim_at(0, 0, u64::MAX).unwrap();
    assert_eq!(own, 0..stolen.start);
    assert_eq!(scheduler.claim_at(0, stolen.start, u64::MAX), Some(stolen));
}
