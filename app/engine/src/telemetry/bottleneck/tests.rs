//! The decision on facts recorded in the situations of `tests/bottleneck`, and on invented ones.

use proptest::prelude::*;
use serde::Deserialize;

use super::cause::cause;
use super::facts::{Burst, ConnectionFacts, Facts};
use crate::model::bottleneck::{Bottleneck, LinkEvidence, PermitLimit};

/// Facts recorded in a situation whose cause is known.
#[derive(Deserialize)]
struct Recorded {
    name: String,
    cause: String,
    facts: Facts,
}

#[test]
fn recorded_facts_show_their_cause() {
    for line in include_str!("../../../tests/bottleneck/recorded.jsonl").lines() {
        let recorded: Recorded = serde_json::from_str(line).unwrap();
        let found = cause(&recorded.facts);
        let name = found.as_ref().map(Bottleneck::name);
        assert_eq!(name, Some(&*recorded.cause), "{}: {found:?}", recorded.name);
    }
}

/// A connection that receives `bytes` in each bin.
fn steady(bytes: u64) -> ConnectionFacts {
    ConnectionFacts {
        bins: vec![bytes; 12],
        bursts: Vec::new(),
    }
}

fn facts(connections: usize) -> Facts {
    Facts {
        secs: 3.0,
        rate: 4e5 * connections as f64,
        receiving: connections,
        most: 8,
        connections: vec![steady(100_000); connections],
        ..Facts::default()
    }
}

#[test]
fn a_short_measurement_names_nothing_but_a_permit() {
    let mut young = facts(4);
    young.secs = 0.5;
    assert_eq!(cause(&young), None);
    (young.receiving, young.waiting) = (0, 4);
    young.permit_limit = Some(PermitLimit::PerHost(6));
    assert_eq!(cause(&young).unwrap().name(), "few-connections");
}

#[test]
fn the_users_limit_counts_only_if_the_rate_reaches_it() {
    let mut held = facts(4);
    (held.limits[0], held.held[0]) = (Some(1_700_000), 0.9);
    assert_eq!(cause(&held).unwrap().name(), "own-limit");
    held.limits[0] = Some(17_000_000);
    assert_ne!(cause(&held).unwrap().name(), "own-limit");
}

#[test]
fn a_busy_machine_counts_only_if_the_download_is_the_work() {
    let mut busy = facts(4);
    (busy.processors_busy, busy.own_processors) = (Some(1.0), Some(0.9));
    assert_eq!(cause(&busy).unwrap().name(), "server-limit");
    busy.rate = 300e6;
    assert_eq!(cause(&busy).unwrap().name(), "processor");
}

#[test]
fn another_count_that_is_as_fast_shows_a_full_link() {
    let mut same = facts(4);
    same.as_fast_as = Some(8);
    let link = cause(&same).unwrap();
    let evidence = LinkEvidence::SameRateWith(8);
    assert!(matches!(link, Bottleneck::Link { evidence: found, .. } if found == evidence));
}

#[test]
fn silence_is_told_and_waiting_for_a_limit_is_none() {
    let mut silent = facts(2);
    silent.silent_secs = 2.5;
    assert_eq!(cause(&silent).unwrap().name(), "silent");
    (silent.limits[1], silent.held[1]) = (Some(1000), 1.0);
    assert_eq!(cause(&silent).unwrap().name(), "own-limit");
}

prop_compose! {
    fn connection()(
        bins in prop::collection::vec(0u64..5_000_000, 0..20),
        bursts in prop::collection::vec((0.0..0.3f64, 0.0..0.1f64, 0u64..300_000), 0..60),
    ) -> ConnectionFacts {
        let mut at = 0.0;
        let bursts = bursts.into_iter().map(|(pause, length, bytes)| {
            let begin = at + pause;
            at = begin + length;
            Burst(begin, at, bytes)
        });
        ConnectionFacts { bins, bursts: bursts.collect() }
    }
}

proptest! {
    /// No facts make the decision panic, and no cause contradicts its own figures.
    #[test]
    fn a_cause_never_contradicts_its_figures(
        connections in prop::collection::vec(connection(), 0..6),
        (rate, round_trip_secs) in (0.0..1e9f64, 0.0..0.5f64),
        (held, writing) in ([0.0..2.0f64, 0.0..2.0f64], 0.0..2.0f64),
        processors in prop::option::of((0.0..1.0f64, 0.0..4.0f64)),
        (waiting, more, as_fast_as) in (0usize..4, 0usize..4, prop::option::of(1usize..64)),
    ) {
        let facts = Facts {
            secs: 3.0,
            rate,
            receiving: connections.len() + more,
            waiting,
            most: 16,
            limits: [Some(1_000_000), None],
            held,
            writing,
            processors_busy: processors.map(|all| all.0),
            own_processors: processors.map(|all| all.1),
            round_trip_secs,
            as_fast_as,
            connections,
            ..Facts::default()
        };
        match cause(&facts) {
            Some(Bottleneck::OwnLimit { limit, rate, held, .. }) => {
                prop_assert!(rate >= 0.5 * limit as f64 && held > 0.5);
            }
            Some(Bottleneck::Window { window, round_trip, each, .. }) => {
                let of_window = window / round_trip.as_secs_f64();
                prop_assert!((of_window / each - 1.0).abs() < 0.5, "{of_window} {each}");
            }
            Some(Bottleneck::ServerLimit { spread, connections, .. }) => {
                prop_assert!(spread < 0.1 && connections > 1);
            }
            Some(Bottleneck::Link { evidence: LinkEvidence::Queue { round_trip, empty }, .. }) => {
                prop_assert!(round_trip > empty);
            }
            Some(Bottleneck::Link { evidence: LinkEvidence::SteadySum { sum, each }, .. }) => {
                prop_assert!(sum < each);
            }
            Some(Bottleneck::Loss { gaps, variation, .. }) => {
                prop_assert!(gaps > 0.0 && variation > 0.0);
            }
            _ => {}
        }
    }
}
