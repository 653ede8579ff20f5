//! Texts about the ways of a download: what each network interface brought, and why not more.

use std::time::Duration;

use lanes_engine::WaySnapshot;
use lanes_shared::size;

use super::format;

/// Share of the rate that twice the connections must exceed before more of them are worth it.
const FULL: f64 = 1.15;

/// Returns one line about what a way brought in a download that took `elapsed` and fetched `total` bytes.
pub fn line(way: &WaySnapshot, total: u64, elapsed: Duration) -> String {
    let share = 100.0 * way.bytes as f64 / total.max(1) as f64;
    format!(
        "{}: {} ({share:.0} %), {} over {}; {}",
        way.name,
        size::si(way.bytes),
        format::rate(way.mean_rate(elapsed)),
        connections(way.most_connections),
        why_not_more(way)
    )
}

/// Returns the reason why a way brought no more.
pub fn why_not_more(way: &WaySnapshot) -> String {
    let away = || format::time(way.down_secs);
    match (&way.trouble, way.bytes) {
        (Some(trouble), 0) => format!("it brought nothing: {trouble}"),
        (Some(trouble), _) => match way.losses {
            1 => format!("it was away for {}: {trouble}", away()),
            losses => format!(
                "it was away {losses} times, for {} in all: {trouble}",
                away()
            ),
        },
        (None, 0) => "the others brought the file before it was needed".to_owned(),
        (None, _) => match way.growth {
            Some(growth) if growth < FULL => {
                "it is full: more connections brought nothing more".to_owned()
            }
            Some(_) => "each connection was limited: more of them may bring more".to_owned(),
            None => "that is what these connections brought".to_owned(),
        },
    }
}

fn connections(count: u32) -> String {
    match count {
        1 => "1 connection".to_owned(),
        many => format!("{many} connections"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way() -> WaySnapshot {
        WaySnapshot {
            name: "wlan0".into(),
            bytes: 5_000_000,
            rate: 0.0,
            connections: 0,
            most_connections: 4,
            down_secs: 0.0,
            losses: 0,
            trouble: None,
            growth: None,
        }
    }

    #[test]
    fn a_line_says_what_the_way_brought_and_why_not_more() {
        let elapsed = Duration::from_secs(2);
        let full = WaySnapshot {
            growth: Some(1.02),
            ..way()
        };
        let text = line(&full, 20_000_000, elapsed);
        assert!(
            text.starts_with("wlan0: 5.00 MB (25 %), ") || text.starts_with("wlan0: 5 MB (25 %), "),
            "{text}"
        );
        assert!(text.contains("over 4 connections; it is full"), "{text}");
        let lost = WaySnapshot {
            trouble: Some("network interface `wlan0` is down".into()),
            losses: 1,
            down_secs: 1.5,
            ..way()
        };
        let text = line(&lost, 20_000_000, elapsed);
        assert!(
            text.contains("away for 1.5") && text.contains("is down"),
            "{text}"
        );
        let unused = WaySnapshot { bytes: 0, ..lost };
        assert!(why_not_more(&unused).starts_with("it brought nothing: "));
    }
}
