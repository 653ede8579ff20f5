//! The cause that limits a download, and what would help, as text.

use lanes_engine::{Bottleneck, LinkEvidence, PermitLimit};
use lanes_shared::size;

use super::format::{capital, rate, time};

/// Returns a sentence that names the cause with its evidence, without a full stop.
pub fn claim(cause: &Bottleneck) -> String {
    match cause {
        Bottleneck::DownloadSlot => "Waiting for a slot: other downloads run".to_owned(),
        Bottleneck::FewConnections {
            open,
            waiting,
            rate: all,
            limit,
        } => few_connections(*open, *waiting, *all, limit),
        Bottleneck::OwnLimit {
            limit,
            is_shared,
            held,
            ..
        } => {
            let name = match is_shared {
                true => "Your limit for all downloads",
                false => "Your speed limit",
            };
            format!(
                "{name}, {}: the connections wait for it {} of the time",
                rate(*limit as f64),
                percent(*held)
            )
        }
        Bottleneck::Disk { rate: all, writing } => format!(
            "This disk takes {}: writes fill {} of the time",
            rate(*all),
            percent(*writing)
        ),
        Bottleneck::Processor { busy, own, .. } => format!(
            "This processor: {} in use, {own:.1} cores by Lanes",
            percent(*busy)
        ),
        Bottleneck::OneConnectionServer { rate: all } => format!(
            "The server sends the file over one connection only, which brings {}",
            rate(*all)
        ),
        Bottleneck::OneConnection { rate: all } => format!(
            "One connection is allowed, which brings a steady {}",
            rate(*all)
        ),
        Bottleneck::ServerLimit {
            each,
            spread,
            connections,
            ..
        } => format!(
            "The server's limit per connection: {connections} connections bring {} each, within {}",
            rate(*each),
            percent(spread.max(0.01))
        ),
        Bottleneck::Window {
            window, round_trip, ..
        } => format!(
            "Receive window: each connection gets {} per round trip of {}",
            size::iec(window.round() as u64).replace(".0 ", " "),
            time(round_trip.as_secs_f64())
        ),
        Bottleneck::Loss {
            each,
            variation,
            gaps,
            ..
        } => format!(
            "Losses: each connection pauses {gaps:.1} times per second for over a round trip, and varies by {} around {}",
            percent(*variation),
            rate(*each)
        ),
        Bottleneck::Link {
            rate: all,
            evidence,
            ..
        } => format!("The link is full at {}: {}", rate(*all), link(*evidence)),
        Bottleneck::Silent { since } => {
            format!("The server sends nothing for {}", time(since.as_secs_f64()))
        }
        Bottleneck::Unclear { rate: all, .. } => {
            format!("Not certain what limits the {}", rate(*all))
        }
    }
}

/// Returns what would help, without a full stop; empty if nothing is known to.
pub fn advice(cause: &Bottleneck) -> String {
    let text = match cause {
        Bottleneck::DownloadSlot => "Start now skips the queue; the number at once is in Settings",
        Bottleneck::FewConnections { limit, .. } => match limit {
            PermitLimit::Server(_) => "a mirror adds its own connections",
            PermitLimit::PerHost(_) => {
                "pause the other downloads, or allow more connections per server in Settings"
            }
        },
        Bottleneck::OwnLimit { .. } => "raise or lift the limit",
        Bottleneck::Disk { .. } => "save to a faster disk; more connections do not help",
        Bottleneck::Processor { .. } => {
            "close other programs, or use fewer connections; a faster link does not help"
        }
        Bottleneck::OneConnectionServer { .. } => "another server of the file, if there is one",
        Bottleneck::OneConnection { .. } => {
            "allow more connections: they show if the server or the link limits this one"
        }
        Bottleneck::ServerLimit {
            connections, most, ..
        }
        | Bottleneck::Window {
            connections, most, ..
        }
        | Bottleneck::Loss {
            connections, most, ..
        } => return more_connections(*connections, *most, cause),
        Bottleneck::Link { connections, .. } => match connections {
            1 => "nothing here: one connection fills the link",
            _ => "more connections do not help; pause other traffic on the link",
        },
        Bottleneck::Silent { .. } => "Lanes asks again by itself",
        Bottleneck::Unclear { connections: 1, .. } => "try more connections",
        Bottleneck::Unclear { .. } => "compare connection counts in Compare",
    };
    capital(text)
}

/// Returns the claim and the advice in one line.
pub fn line(cause: &Bottleneck) -> String {
    let advice = advice(cause);
    format!("{} · {advice}", claim(cause))
}

fn few_connections(open: usize, waiting: usize, all: f64, limit: &PermitLimit) -> String {
    let limit = capital(&limit.to_string());
    match open {
        0 => format!("Waiting for a connection: {limit}"),
        _ => format!(
            "Too few connections: {open} bring {}, {waiting} wait. {limit}",
            rate(all)
        ),
    }
}

fn link(evidence: LinkEvidence) -> String {
    match evidence {
        LinkEvidence::SameRateWith(other) => format!("{other} connections were as fast"),
        LinkEvidence::Queue { round_trip, empty } => format!(
            "data waits in a queue, round trips take {} instead of {}",
            time(round_trip.as_secs_f64()),
            time(empty.as_secs_f64())
        ),
        LinkEvidence::SteadySum { sum, each } => format!(
            "the sum varies by {} only, the connections by {}",
            percent(sum.max(0.01)),
            percent(each)
        ),
    }
}

fn more_connections(connections: usize, most: usize, cause: &Bottleneck) -> String {
    let more = match connections < most {
        true => format!("More connections add up: {most} are allowed"),
        false => format!("Allow more than {most} connections: they add up"),
    };
    match cause {
        Bottleneck::Window { .. } => format!("{more}. So does a larger receive window"),
        _ => more,
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_cause_is_told_with_its_figures_and_what_helps() {
        let window = Bottleneck::Window {
            window: 65_536.0,
            round_trip: Duration::from_millis(150),
            each: 436_000.0,
            connections: 8,
            most: 8,
        };
        assert_eq!(
            line(&window),
            "Receive window: each connection gets 64 KiB per round trip of 150 ms · Allow more than 8 \
             connections: they add up. So does a larger receive window"
        );
        let limit = Bottleneck::OwnLimit {
            limit: 2_000_000,
            is_shared: false,
            rate: 2e6,
            held: 0.97,
        };
        assert_eq!(
            line(&limit),
            "Your speed limit, 2.00 MB/s: the connections wait for it 97 % of the time · Raise or lift the limit"
        );
        let few = Bottleneck::FewConnections {
            open: 3,
            waiting: 5,
            rate: 1.5e6,
            limit: PermitLimit::Server(3),
        };
        assert_eq!(
            line(&few),
            "Too few connections: 3 bring 1.50 MB/s, 5 wait. The server accepts 3 connections · A mirror \
             adds its own connections"
        );
        let unclear = Bottleneck::Unclear {
            rate: 1e6,
            connections: 4,
        };
        assert_eq!(claim(&unclear), "Not certain what limits the 1.00 MB/s");
    }
}
