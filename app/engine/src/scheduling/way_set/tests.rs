use super::table::SILENCE;
use super::*;

fn set(count: usize) -> WaySet {
    let names: Vec<WayName> = (0..count)
        .map(|way| format!("e{way}").parse().unwrap())
        .collect();
    WaySet::new(&names, 16)
}

fn counters() -> Vec<ConnectionCounters> {
    (0..16).map(|_| ConnectionCounters::default()).collect()
}

fn ways(seats: &[WaySeat<'_>]) -> Vec<usize> {
    seats.iter().map(WaySeat::way).collect()
}

#[test]
fn connections_alternate_until_rates_are_known_then_follow_them() {
    let (set, counters) = (set(2), counters());
    let take = |index: usize| set.take(index, 0, &counters[index]);
    let mut seats: Vec<WaySeat<'_>> = (0..4).map(take).collect();
    assert_eq!(ways(&seats), [0, 1, 0, 1]);
    let now = Instant::now();
    set.measure(now, &counters);
    for (index, bytes) in [
        (0, 3_000_000),
        (2, 3_000_000),
        (1, 1_000_000),
        (3, 1_000_000),
    ] {
        counters[index].received(bytes, Duration::default);
    }
    set.measure(now + Duration::from_secs(1), &counters);
    seats.extend((4..8).map(take));
    assert_eq!(ways(&seats[4..]), [0, 0, 0, 0], "6 to 2");
    let brought: Vec<u64> = set
        .snapshot(&counters)
        .iter()
        .map(|way| way.bytes)
        .collect();
    assert_eq!(brought, [6_000_000, 2_000_000]);
}

#[test]
fn each_mirror_is_reached_over_each_way() {
    let (set, counters) = (set(2), counters());
    let take = |index: usize| set.take(index, index % 2, &counters[index]);
    let seats: Vec<WaySeat<'_>> = (0..4).map(take).collect();
    assert_eq!(ways(&seats), [0, 1, 1, 0]);
}

#[test]
fn a_way_that_goes_away_gets_its_connections_back_once_one_of_them_receives() {
    let (set, counters) = (set(2), counters());
    let take = |index: usize| set.take(index, 0, &counters[index]);
    let mut seats: Vec<WaySeat<'_>> = (0..4).map(take).collect();
    let error = WayError::Down("e1".into());
    let lost = set.set_status(1, Err(error.clone()));
    assert_eq!(lost, Some(WayChange::Lost(1, error.clone())));
    assert_eq!(set.set_status(1, Err(error)), None, "said once");
    seats.truncate(0);
    seats.extend((0..4).map(take));
    assert_eq!(ways(&seats), [0; 4]);
    assert!(!seats[0].should_leave());

    set.set_status(1, Ok(()));
    let rest = set.lock().states[1].rest_until;
    set.lock().states[1].rest_until = rest.map(|_| Instant::now());
    let _ = set.measure(Instant::now(), &counters);
    assert!(
        seats[3].should_leave() && seats[3].should_leave(),
        "it stays true"
    );
    assert!(!seats[2].should_leave(), "one tries first");
    seats.pop();
    seats.push(take(3));
    assert_eq!(seats[3].way(), 1);
    counters[3].received(1000, Duration::default);
    let changes = set.measure(Instant::now(), &counters);
    assert!(
        matches!(changes[..], [WayChange::Back(1, _)]),
        "{changes:?}"
    );
    assert!(seats[2].should_leave());
    assert!(!seats[1].should_leave(), "as many as before");
    let way = &set.snapshot(&counters)[1];
    assert_eq!((way.losses, way.most_connections), (1, 2));
}

#[test]
fn a_way_over_which_nothing_arrives_is_lost_while_another_brings_bytes() {
    let (set, counters) = (set(2), counters());
    let take = |index: usize| set.take(index, 0, &counters[index]);
    let _seats: Vec<WaySeat<'_>> = (0..2).map(take).collect();
    let start = Instant::now();
    for counter in counters.iter().take(2) {
        counter.received(1000, Duration::default);
    }
    assert_eq!(set.measure(start, &counters), []);
    let later = start + SILENCE * 2;
    assert_eq!(set.measure(later, &counters), [], "neither brings anything");
    counters[0].received(1000, Duration::default);
    let changes = set.measure(later, &counters);
    assert_eq!(changes, [WayChange::Lost(1, WayError::Silent("e1".into()))]);
    assert_eq!(set.measure(later, &counters), [], "once");
}

#[test]
fn a_way_over_which_no_connection_is_made_rests() {
    let (set, counters) = (set(2), counters());
    let first = set.take(0, 0, &counters[0]);
    first.set_unreachable(&WayError::NoAddress("e0".into()));
    drop(first);
    let seats: Vec<WaySeat<'_>> = (0..3)
        .map(|index| set.take(index, 0, &counters[index]))
        .collect();
    assert_eq!(ways(&seats), [1; 3]);
}

#[test]
fn without_a_chosen_way_there_is_nothing_to_choose() {
    let (set, counters) = (WaySet::new(&[], 4), counters());
    let seat = set.take(0, 0, &counters[0]);
    assert!(seat.name().is_none() && !seat.should_leave() && !seat.has_other());
    assert!(set.snapshot(&counters).is_empty());
}

#[test]
fn connections_leave_a_full_way_for_one_that_brings_far_more_for_each() {
    let (set, counters) = (set(2), counters());
    let take = |index: usize| set.take(index, 0, &counters[index]);
    let seats: Vec<WaySeat<'_>> = (0..8).map(take).collect();
    let now = Instant::now();
    set.measure(now, &counters);
    for (index, counter) in counters.iter().enumerate().take(8) {
        counter.received([7_000_000, 2_000_000][index % 2], Duration::default);
    }
    set.measure(now + Duration::from_secs(2), &counters);
    let leaving = |way: usize| {
        seats
            .iter()
            .filter(|seat| seat.way() == way && seat.should_leave())
            .count()
    };
    assert_eq!(
        (leaving(0), leaving(1)),
        (0, 1),
        "28/5 beside 8/4 is far more, 28/6 beside 8/3 is not"
    );
}
