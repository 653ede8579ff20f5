//! For every profile: no byte is lost or delivered twice, and the simulation terminates.

use super::super::limiting_factor::{aggregate_bps, estimate_secs, explain, knee, limiting_factor};
use super::super::profile::FIELDS;
use super::super::simulation::{Plan, Setup, run};
use super::super::{Congestion, EventKind, Link, LinkProfile, Path, Trace};
use proptest::prelude::*;

/// Generates profiles, with extremes as likely as middle values.
fn any_link() -> impl Strategy<Value = Link> {
    let value = prop_oneof![
        Just(0.0),
        Just(1.0),
        0.0f64..1.0,
        (0.0f64..1.0).prop_map(|v| v * v * v)
    ];
    let values = prop::collection::vec(prop::option::of(value), FIELDS.len());
    let trace = prop::option::weighted(0.2, prop::collection::vec(1u32..300, 1..40));
    (values, 0usize..3, trace).prop_map(|(values, congestion, trace)| {
        let mut profile = LinkProfile {
            congestion: Some(Congestion::ALL[congestion].1),
            ..LinkProfile::default()
        };
        for (field, value) in FIELDS.iter().zip(values) {
            let Some(value) = value else { continue };
            // Endless background flows on a fast link only take simulation time.
            let max = if field.name == "background_flows" {
                3.0
            } else {
                field.max
            };
            let number = field.min + value * (max - field.min);
            profile.set_number(
                field.name,
                if field.whole { number.floor() } else { number },
            );
        }
        if profile.background_flows.unwrap_or(0) > 0 {
            // Long waits beside background flows take simulation time too.
            profile.rate_mbit = profile.rate_mbit.map(|rate| rate.min(2.0));
            profile.loss_percent = profile.loss_percent.map(|loss| loss.min(5.0));
            profile.stall_ms = Some(500.0);
            profile.rtt_ms = profile.rtt_ms.map(|rtt| rtt.min(300.0));
            profile.accept_ms = profile.accept_ms.map(|accept| accept.min(100.0));
        }
        if let Some(mut stamps) = trace {
            stamps.sort_unstable();
            let text: String = stamps.iter().map(|ms| format!("{ms}\n")).collect();
            profile.trace = Trace::parse("any", &text).ok();
            (profile.rate_mbit, profile.background_flows) = (None, None);
        }
        profile.validate().unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_byte_is_delivered_once_and_the_simulation_ends(
        link in any_link(), len in 0u64..400_000, connections in 1usize..20, stealing: bool,
    ) {
        let plan = if stealing { Plan::Stealing } else { Plan::Static };
        let outcome = run(&Setup { link, len, connections, plan, granule: 1024, phase: 3 });
        let delivered = outcome.bytes.iter().sum::<u64>();
        prop_assert!(delivered == len || outcome.gave_up, "{delivered} of {len}");
        prop_assert!(outcome.finished.iter().all(|at| *at <= outcome.done));
    }

    #[test]
    fn flow_delivers_the_supplied_bytes(
        link in any_link(),
        supplies in prop::collection::vec((0u64..2_000_000_000, 1u64..50_000), 1..8),
    ) {
        let mut path = Path::new(&link);
        let flow = path.open(0, 1);
        let mut expected = 0;
        for (at, bytes) in &supplies {
            path.supply(*at, flow, *bytes);
            expected += bytes;
        }
        let (mut events, mut received) = (Vec::new(), 0);
        while received < expected {
            let next = path.next();
            prop_assert!(next.is_some(), "{} of {} bytes and no further event", received, expected);
            path.advance(next.unwrap(), &mut events);
            for event in events.drain(..) {
                match event.kind {
                    EventKind::Bytes(bytes) => received += bytes,
                    EventKind::Reset => expected = received,
                }
            }
        }
        prop_assert_eq!(received, expected);
    }

    #[test]
    fn explanation_and_formulas_hold_for_every_link(link in any_link(), len in 1u64..1 << 40, n in 1usize..65) {
        prop_assert!(!explain(&link, len, &[1, n]).is_empty());
        prop_assert!(aggregate_bps(&link, n) > 0.0);
        prop_assert!(estimate_secs(&link, len, n) >= 0.0);
        prop_assert!(knee(&link).is_none_or(|knee| knee >= 1));
        prop_assert!(!limiting_factor(&link, len, n).label().is_empty());
    }
}
