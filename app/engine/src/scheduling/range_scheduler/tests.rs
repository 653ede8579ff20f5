//! What one connection may take of another.

use super::*;

const GRANULE: u64 = 1000;

#[test]
fn who_reads_on_takes_over_from_one_that_has_fetched_before_and_only_asks_again() {
    let mut board = RangeScheduler::new(2);
    board.begin_new(3_000_000, GRANULE, 2, Some(0));
    let first = board.rest_of(0);
    // The other has fetched all that is behind, robs the first, and asks.
    let theft = Steal::expected(true, Duration::ZERO, 1e6);
    let pace = |_: usize| 1e6;
    let (behind, _) = board.own(1, pace, theft).unwrap();
    assert_eq!(behind, first.end..3_000_000);
    board.claim_at(1, behind.start, u64::MAX).unwrap();
    let theft = Steal::expected(true, Duration::ZERO, 1e6);
    let (stolen, from) = board.own(1, pace, theft).unwrap();
    assert_eq!((stolen.end, from), (first.end, Some(0)));

    // Before the answer is there the first is where the stolen begins: its own answer has that too.
    let own = board.claim_at(0, 0, u64::MAX).unwrap();
    assert_eq!(own, 0..stolen.start);
    assert_eq!(board.claim_at(0, stolen.start, u64::MAX), Some(stolen));
}
