//! The result of a race as text: its finding, and the limit that explains it.

use std::time::Duration;

use lanes_shared::link::limiting_factor::explain;

use super::{COUNTS, LINK, Racer, RacerState};
use crate::lab::run::timed_run::UNRELIABLE_LATENESS_US;

/// Below this ratio of the times neither download counts as faster.
const DIFFERENCE: f64 = 1.1;

/// Returns whether no download of the race runs any more.
pub fn is_over(racers: &[Racer]) -> bool {
    let runs = |racer: &Racer| racer.state == RacerState::Running;
    !racers.is_empty() && !racers.iter().any(runs)
}

/// Returns the finding in one sentence; `None` unless both downloads have finished.
pub fn finding(racers: &[Racer]) -> Option<String> {
    let [(one, _), (many, _)] = finished(racers)?;
    let count = COUNTS[1];
    let ratio = one.as_secs_f64() / many.as_secs_f64().max(1e-9);
    Some(if ratio >= DIFFERENCE {
        format!("{count} connections were {} × faster", number(ratio))
    } else if ratio <= 1.0 / DIFFERENCE {
        format!("{count} connections were {} × slower", number(1.0 / ratio))
    } else {
        format!("{count} connections were as fast as one")
    })
}

/// Returns the limit of the link for a file of `len` bytes, in one sentence that begins in lower case.
pub fn limit(len: u64) -> String {
    explain(&LINK.link(), len, &COUNTS.map(usize::from))
}

/// Returns the lateness of the emulated link if it makes the times unreliable.
pub fn lateness(racers: &[Racer]) -> Option<Duration> {
    let of_both = finished(racers)?;
    let worst = of_both.iter().filter_map(|(_, lateness)| *lateness).max()?;
    (worst > UNRELIABLE_LATENESS_US).then(|| Duration::from_micros(worst))
}

/// Describes the link: `100 Mbit/s, round trip 70 ms, window 64 KiB`.
pub fn link_words() -> String {
    let profile = LINK.profile();
    let rate = profile.rate_mbit.map(|rate| format!("{rate} Mbit/s"));
    let round_trip = profile.rtt_ms.map(|rtt| format!("round trip {rtt} ms"));
    let window = profile.window_kib.map(|kib| format!("window {kib} KiB"));
    let parts = [rate, round_trip, window].into_iter().flatten();
    parts.collect::<Vec<_>>().join(", ")
}

fn finished(racers: &[Racer]) -> Option<[(Duration, Option<u64>); 2]> {
    let time = |racer: &Racer| match racer.state {
        RacerState::Finished(time, lateness) => Some((time, lateness)),
        _ => None,
    };
    match racers {
        [one, many] => Some([time(one)?, time(many)?]),
        _ => None,
    }
}

/// Formats a ratio with two significant digits, or three from 10 on.
fn number(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 10.0 => format!("{ratio:.1}"),
        ratio => format!("{ratio:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn racers(states: [RacerState; 2]) -> Vec<Racer> {
        let racer = |(connections, state)| Racer {
            connections,
            state,
            download: None,
        };
        COUNTS.into_iter().zip(states).map(racer).collect()
    }

    fn after(one_ms: u64, many_ms: u64, lateness: Option<u64>) -> Vec<Racer> {
        let finished = |ms| RacerState::Finished(Duration::from_millis(ms), lateness);
        racers([finished(one_ms), finished(many_ms)])
    }

    #[test]
    fn the_finding_is_what_was_measured() {
        let found = |one, many| finding(&after(one, many, None)).unwrap();
        assert_eq!(found(4900, 1000), "8 connections were 4.9 × faster");
        assert_eq!(found(30_000, 1000), "8 connections were 30 × faster");
        assert_eq!(found(1000, 1000), "8 connections were as fast as one");
        assert_eq!(found(1000, 2000), "8 connections were 2.0 × slower");
    }

    #[test]
    fn a_race_that_did_not_finish_has_no_finding() {
        let ended = RacerState::Finished(Duration::from_secs(1), None);
        for other in [
            RacerState::Running,
            RacerState::Cancelled,
            RacerState::Failed("x".to_owned()),
        ] {
            let is_running = other == RacerState::Running;
            let racers = racers([other, ended.clone()]);
            assert_eq!(finding(&racers), None);
            assert_eq!(is_over(&racers), !is_running);
        }
        assert!(!is_over(&[]) && finding(&[]).is_none());
    }

    #[test]
    fn the_limit_is_the_window_and_a_late_link_is_told() {
        let text = limit(4_768_175);
        assert!(text.contains("window of 64 KiB over 70 ms"), "{text}");
        assert!(text.contains("7.5 Mbit/s"), "{text}");
        assert_eq!(link_words(), "100 Mbit/s, round trip 70 ms, window 64 KiB");
        assert_eq!(lateness(&after(5000, 1000, Some(900))), None);
        let late = lateness(&after(5000, 1000, Some(12_000)));
        assert_eq!(late, Some(Duration::from_millis(12)));
    }
}
