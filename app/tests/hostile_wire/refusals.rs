//! A server that says no, for any reason and at any moment.

use lanes_shared::wire::{Refusal, Request};

use super::scenario::{Scenario, check_all};

#[test]
fn every_refusal_at_every_place_is_said_in_words() {
    let mut scenarios = Vec::new();
    for refusal in Refusal::ALL {
        for place in 0..4 {
            let name = format!("{refusal:?} at {place}");
            scenarios.push(Scenario::fails(
                &name,
                &["NO NO"],
                move |talk, _, request| {
                    let here = match request {
                        Request::Hello { .. } => place == 0,
                        Request::Open { .. } => place == 1,
                        Request::Run(_) | Request::Share { .. } => place == 2,
                        _ => place == 3,
                    };
                    match here {
                        // More than anyone would read, and not for a terminal.
                        true => talk.refuse(refusal, &"\u{1b}[2J NO NO\r\n".repeat(4000)),
                        false => Ok(false),
                    }
                },
            ));
        }
        // One connection alone is refused once: the others have the file, and it comes again.
        if matches!(
            refusal,
            Refusal::NoSuchFile | Refusal::Damaged | Refusal::Stopping
        ) {
            let name = format!("{refusal:?}, once");
            scenarios.push(Scenario::saved(
                &name,
                move |talk, number, request| match request {
                    Request::Run(_) if number == 1 => talk.refuse(refusal, "not you"),
                    _ => Ok(false),
                },
            ));
        }
    }
    for code in [0u16, 9, u16::MAX] {
        let name = format!("refusal {code}");
        scenarios.push(Scenario::fails(&name, &["protocol"], move |talk, _, _| {
            let code = code.to_le_bytes();
            talk.frame(0xFF, 4, &[code[0], code[1], 0, 0])?;
            Ok(true)
        }));
    }
    check_all(scenarios);
}
