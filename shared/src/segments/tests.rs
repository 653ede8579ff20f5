use super::*;
use proptest::prelude::*;

fn same_speed(_: usize) -> f64 {
    1.0
}

#[test]
fn equal_segments_tile_the_file() {
    assert_eq!(equal_segment(100, 10, 0, 3), 0..30);
    assert_eq!(equal_segment(100, 10, 2, 3), 60..100);
    assert_eq!(equal_segment(10, 4, 63, 64), 8..10);
    assert_eq!(equal_segment(10, 4, 0, 64), 0..0);
    assert_eq!(equal_segment(10, 4, 64, 64), 10..10);
}

#[test]
fn first_segment_can_be_longer() {
    let segments = Segments::with_lead(100, 10, 4, 2);
    let rests: Vec<_> = (0..4).map(|index| segments.unclaimed_of(index)).collect();
    assert_eq!(rests, [0..40, 40..60, 60..80, 80..100]);
    assert_eq!(Segments::with_lead(100, 10, 1, 2).unclaimed_of(0), 0..100);
}

#[test]
fn steal_is_limited_by_max_steal() {
    let mut segments = Segments::equal(10_000_000, 1000, 1);
    assert_eq!(segments.assign_segment(1, same_speed, |_, _| 500), None);
    let max_steal = |victim: usize, rest: u64| {
        assert_eq!((victim, rest), (0, 10_000_000));
        1_000_500
    };
    assert_eq!(
        segments.assign_segment(1, same_speed, max_steal),
        Some(Some(0))
    );
    let rests = (segments.unclaimed_of(0), segments.unclaimed_of(1));
    assert_eq!(rests, (0..9_000_000, 9_000_000..10_000_000));
}

#[test]
fn steal_halves_the_remainder_of_the_slowest_not_the_longest() {
    let mut segments = Segments::equal(30_000_000, 1000, 3);
    while segments.claim_own(0, 1_000_000).is_some() {}
    segments.claim_own(1, 5_000_000).unwrap();
    // Connection 1 has half as much left as connection 2, but is ten times slower.
    let claim = segments
        .claim(0, 1000, |i| if i == 1 { 1.0e5 } else { 1.0e6 })
        .unwrap();
    assert_eq!(
        claim,
        Claim {
            bytes: 17_500_000..17_501_000,
            stolen_from: Some(1)
        }
    );
}

#[test]
fn segment_of_a_lost_connection_is_claimed_by_the_next() {
    let mut segments = Segments::equal(1_000_000, 1000, 2);
    let lost = segments.claim_own(1, 10_000).unwrap();
    segments.release(1);
    segments.requeue(lost.clone());
    while segments.claim_own(0, u64::MAX).is_some() {}
    let claim = segments.claim(0, u64::MAX, same_speed).unwrap();
    assert_eq!(
        claim,
        Claim {
            bytes: lost,
            stolen_from: None
        }
    );
}

#[test]
fn short_remainder_is_not_stolen() {
    let mut segments = Segments::equal(MIN_SPLIT - 1, 128, 1);
    assert_eq!(segments.claim(1, 128, same_speed), None);
}

#[test]
fn bytes_given_back_belong_to_the_segment_that_they_precede() {
    let mut segments = Segments::equal(1000, 10, 2);
    let claim = segments.claim_own(0, 100).unwrap();
    segments.give_back(0, 50..claim.end);
    assert_eq!(segments.unclaimed_of(0), 50..500);
    // The whole segment was claimed.
    assert_eq!(segments.claim_own(0, u64::MAX), Some(50..500));
    segments.give_back(0, 490..500);
    assert_eq!(segments.unclaimed_of(0), 490..500);
    // The connection owns other bytes by now.
    segments.give_back(0, 20..30);
    assert_eq!(segments.unclaimed_of(0), 490..500);
    assert!(segments.free().eq([&(20..30)]));
}

proptest! {
    /// Every byte is claimed exactly once, for any order of claims, losses and steals.
    #[test]
    fn segments_tile_the_file(
        len in 0u64..3_000_000,
        granule in 1u64..70_000,
        connections in 1usize..65,
        gaps in any::<bool>(),
        steps in prop::collection::vec((0usize..70, 1u64..300_000, 0u8..10), 0..200),
    ) {
        let mut segments = if gaps {
            let middle = (len / 3).div_ceil(granule) * granule;
            let missing = vec![0..middle.min(len), middle.min(len)..len];
            Segments::from_gaps(missing, granule, connections)
        } else {
            Segments::equal(len, granule, connections)
        };
        prop_assert_eq!(segments.unclaimed(), len);
        let mut received: Vec<Range<u64>> = Vec::new();
        let mut unclaimed = len;
        for (connection, limit, kind) in steps {
            match kind {
                0 => segments.release(connection),
                2 => {
                    segments.extend_at(connection, limit / granule * granule, |i| i % 2 == 0);
                }
                1 => if let Some(claim) = segments.claim(connection, limit, |i| i as f64) {
                    // The first half is received; the rest is requeued from a granule on.
                    let half = (claim.bytes.start + limit / 2 / granule * granule).min(claim.bytes.end);
                    received.push(claim.bytes.start..half);
                    segments.requeue(half..claim.bytes.end);
                },
                _ => {
                    let has_work = segments.has_work_for(connection);
                    let claim = segments.claim(connection, limit, |i| i as f64);
                    prop_assert_eq!(has_work, claim.is_some());
                    let Some(claim) = claim else { continue };
                    prop_assert!(claim.bytes.end - claim.bytes.start <= limit.max(granule));
                    received.push(claim.bytes);
                }
            }
            unclaimed = len - received.iter().map(|r| r.end - r.start).sum::<u64>();
            prop_assert_eq!(segments.unclaimed(), unclaimed);
        }
        for connection in 0..70 {
            segments.release(connection);
        }
        while let Some(claim) = segments.claim(0, u64::MAX, same_speed) {
            unclaimed -= claim.bytes.end - claim.bytes.start;
            received.push(claim.bytes);
        }
        prop_assert_eq!(unclaimed, 0);
        received.retain(|r| !r.is_empty());
        received.sort_by_key(|r| r.start);
        let mut at = 0;
        for range in received {
            prop_assert_eq!(range.start, at);
            prop_assert_eq!(range.start % granule, 0);
            at = range.end;
        }
        prop_assert_eq!(at, len);
    }
}
