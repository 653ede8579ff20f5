//! A server that refuses requests, with every reason and at every stage.

use lanes_shared::wire::{Refusal, Request};

use super::scenario::{Scenario, check_all};

#[test]
fn every_refusal_at_every_stage_is_reported_in_the_error() {
    let mut scenarios = Vec::new();
    for refusal in Refusal::ALL {
        for stage in 0..4 {
            let name = format!("{refusal:?} at stage {stage}");
            scenarios.push(Scenario::fails(
                &name,
                &["NO NO"],
                move |connection, _, request| {
                    let here = match request {
                        Request::Hello { .. } => stage == 0,
                        Request::Open { .. } => stage == 1,
                        Request::Run(_) | Request::Segment { .. } => stage == 2,
                        _ => stage == 3,
                    };
                    match here {
                        // A message that is too long and contains a terminal escape sequence.
                        true => connection.refuse(refusal, &"\u{1b}[2J NO NO\r\n".repeat(4000)),
                        false => Ok(false),
                    }
                },
            ));
        }
        // A refusal on one connection must not fail the download.
        if matches!(
            refusal,
            Refusal::NoSuchFile | Refusal::Corrupted | Refusal::Stopping
        ) {
            let name = format!("{refusal:?} on one connection");
            scenarios.push(Scenario::saved(
                &name,
                move |connection, number, request| match request {
                    Request::Run(_) if number == 1 => connection.refuse(refusal, "not you"),
                    _ => Ok(false),
                },
            ));
        }
    }
    for code in [0u16, 1000, u16::MAX] {
        let name = format!("unknown refusal {code}");
        scenarios.push(Scenario::fails(
            &name,
            &["protocol"],
            move |connection, _, _| {
                let code = code.to_le_bytes();
                connection.send_frame(0xFF, 4, &[code[0], code[1], 0, 0])?;
                Ok(true)
            },
        ));
    }
    check_all(scenarios);
}
