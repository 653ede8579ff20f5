//! Decides what limits a download, on [`Facts`] alone.
//!
//! 1. Causes that are measured directly come first: waits for the user's limit, for the disk, for a
//!    processor, for a permit.
//! 2. The rest lies beyond this computer, and shows only in how the bytes arrive. A limit of the server
//!    gives each connection the same steady rate. A full window gives the same number of bytes in each
//!    round trip. A full link has a queue before it, so the bursts of a connection come at longer times
//!    than the round trip of the empty path; or the sum is steady, while the connections take from each
//!    other. Losses make each connection vary by itself, without a queue, and pause for a round trip.
//! 3. A single steady connection tells a limit of the server and a full link apart only with a second
//!    one beside it.
//! 4. If nothing of this is clear, the answer is [`Bottleneck::Unclear`].
//!
//! The limits in here were chosen on facts recorded in the situations of `tests/bottleneck`.

use std::time::Duration;

use super::facts::Facts;
use super::pattern::{self, Cycle, Variation};
use crate::model::bottleneck::{Bottleneck, LinkEvidence};

/// Shortest measurement in seconds.
const MIN_SECS: f64 = 1.4;
/// Time without a byte after which the server counts as silent, in seconds.
const SILENT_SECS: f64 = 1.0;
/// Share of the time above which a wait is the cause.
const MOST: f64 = 0.5;
/// Share of the time above which a wait is the cause, whatever else is busy.
const NEARLY_ALL: f64 = 0.8;
/// A rate below this share of the user's limit does not reach it.
const MIN_LIMIT: f64 = 0.6;
/// Share of the processors above which none is free.
const BUSY: f64 = 0.85;
/// Fewest processors that the program itself uses if they are the cause.
const OWN_PROCESSORS: f64 = 0.25;
/// Fewest bytes per second that one processor receives, decrypts, hashes and writes. A program that gets
/// fewer uses its processors for something else.
const PER_PROCESSOR: f64 = 50e6;
/// A write that waits for the disk uses less than this share of a processor.
const WAITING_WRITE: f64 = 0.6;
/// A rate with less relative deviation is steady.
const STEADY: f64 = 0.12;
/// The sum of the rates is steady with less relative deviation.
const STEADY_SUM: f64 = 0.05;
/// Rates of connections that differ by less are equal.
const EQUAL: f64 = 0.06;
/// A connection with more relative deviation varies.
const VARIES: f64 = 0.07;
/// Connections with less independence take from each other.
const INDEPENDENCE: f64 = 0.35;
/// Share of the connections that must show a pattern.
const QUORUM: f64 = 0.7;
/// A window gives cycles with less irregularity, and the same to all connections.
const REGULAR: f64 = 0.035;
/// A cycle with more irregularity shows no period.
const IRREGULAR: f64 = 0.3;
/// A window is at least this long, in bytes: less is a packet or two.
const MIN_WINDOW: f64 = 6_000.0;
/// The measured rate may differ by this share from that of a window.
const WINDOW_RATE: f64 = 0.3;
/// The period of a window, in round trips of the empty path.
const ROUND_TRIP: [f64; 2] = [0.7, 1.3];
/// The period with a queue before the link, in round trips of the empty path. Longer ones have
/// another cause: a server that sends from time to time.
const QUEUED: [f64; 2] = [1.15, 12.0];

/// Returns what limits the download; `None` while it has not run for long enough.
pub(crate) fn cause(facts: &Facts) -> Option<Bottleneck> {
    if facts.receiving == 0 && facts.waiting > 0 {
        return few_connections(facts);
    }
    if facts.secs < MIN_SECS {
        return None;
    }
    if facts.silent_secs >= SILENT_SECS && facts.held.iter().sum::<f64>() < MOST {
        let since = Duration::from_secs_f64(facts.silent_secs);
        return Some(Bottleneck::Silent { since });
    }
    let own = own_limit(facts)
        .or_else(|| disk(facts))
        .or_else(|| processor(facts));
    Some(own.unwrap_or_else(|| beyond(facts)))
}

fn own_limit(facts: &Facts) -> Option<Bottleneck> {
    // The shared limit is waited for after the own one.
    let is_shared = facts.held[1] > facts.held[0];
    let limit = facts.limits[usize::from(is_shared)]?;
    let held: f64 = facts.held.iter().sum();
    // Other downloads use a part of the shared limit.
    let is_reached = is_shared || facts.rate >= MIN_LIMIT * limit as f64;
    (held > MOST && is_reached).then_some(Bottleneck::OwnLimit {
        limit,
        is_shared,
        rate: facts.rate,
        held: held.min(1.0),
    })
}

fn disk(facts: &Facts) -> Option<Bottleneck> {
    let waits = facts
        .own_processors
        .is_none_or(|own| own < WAITING_WRITE * facts.writing);
    // Without a free processor a short write takes long, too.
    let is_sure = facts.writing > NEARLY_ALL || processor(facts).is_none();
    (facts.writing > MOST && waits && is_sure).then_some(Bottleneck::Disk {
        rate: facts.rate,
        writing: facts.writing.min(1.0),
    })
}

fn processor(facts: &Facts) -> Option<Bottleneck> {
    let (busy, own) = facts.processors_busy.zip(facts.own_processors)?;
    let is_own = own > OWN_PROCESSORS && facts.rate > own * PER_PROCESSOR;
    (busy > BUSY && is_own).then_some(Bottleneck::Processor {
        busy,
        own,
        rate: facts.rate,
    })
}

fn few_connections(facts: &Facts) -> Option<Bottleneck> {
    Some(Bottleneck::FewConnections {
        open: facts.receiving,
        waiting: facts.waiting,
        rate: facts.rate,
        limit: facts.permit_limit.clone()?,
    })
}

/// Returns what limits the download beyond this computer.
fn beyond(facts: &Facts) -> Bottleneck {
    let rate = facts.rate;
    if facts.is_sole {
        return Bottleneck::OneConnectionServer { rate };
    }
    let unclear = Bottleneck::Unclear {
        rate,
        connections: facts.receiving,
    };
    // A pattern of the few that received all the time says nothing about the others.
    if (facts.connections.len() as f64) < QUORUM * facts.receiving as f64 {
        return unclear;
    }
    let variation = pattern::variation(&facts.connections);
    let cycles = facts.connections.iter().filter_map(pattern::cycle);
    let cycles: Vec<Cycle> = cycles.collect();
    let found = scaling(facts)
        .or_else(|| window(facts, &cycles))
        .or_else(|| queue(facts, &cycles))
        .or_else(|| server_limit(facts, &variation))
        .or_else(|| shared_link(facts, &variation))
        .or_else(|| loss(facts, &variation));
    // Without a full link the connections that wait would bring more.
    let may_grow = !matches!(found, Some(Bottleneck::Link { .. }));
    if may_grow
        && facts.waiting > 0
        && let Some(few) = few_connections(facts)
    {
        return few;
    }
    found.unwrap_or(unclear)
}

/// Another number of connections was as fast.
fn scaling(facts: &Facts) -> Option<Bottleneck> {
    let other = facts.as_fast_as?;
    Some(full_link(facts, LinkEvidence::SameRateWith(other)))
}

fn full_link(facts: &Facts, evidence: LinkEvidence) -> Bottleneck {
    Bottleneck::Link {
        rate: facts.rate,
        connections: facts.receiving,
        evidence,
    }
}

/// Each connection receives the same number of bytes in each round trip.
fn window(facts: &Facts, cycles: &[Cycle]) -> Option<Bottleneck> {
    let [least, most] = ROUND_TRIP.map(|factor| factor * facts.round_trip_secs);
    let is_window = |cycle: &&Cycle| {
        let is_round_trip = (least..most).contains(&cycle.period);
        cycle.irregularity < REGULAR && cycle.bytes >= MIN_WINDOW && is_round_trip
    };
    let (bytes, periods): (Vec<f64>, Vec<f64>) = cycles
        .iter()
        .filter(is_window)
        .map(|cycle| (cycle.bytes, cycle.period))
        .unzip();
    let is_most = bytes.len() as f64 >= QUORUM * facts.connections.len() as f64;
    let is_same = pattern::irregularity(&bytes) < REGULAR;
    let (window, period) = (pattern::median(bytes), pattern::median(periods));
    let each = facts.rate / facts.receiving.max(1) as f64;
    // A pattern that does not give the measured rate is none.
    let gives_rate = (window / period.max(1e-9) / each.max(1.0) - 1.0).abs() < WINDOW_RATE;
    (is_most && is_same && gives_rate).then(|| Bottleneck::Window {
        window,
        round_trip: Duration::from_secs_f64(period),
        each,
        connections: facts.receiving,
        most: facts.most,
    })
}

/// The bytes wait in a queue on their way.
fn queue(facts: &Facts, cycles: &[Cycle]) -> Option<Bottleneck> {
    // A server that sends from time to time is regular, a queue is not.
    let is_cycle =
        |cycle: &&Cycle| (REGULAR..IRREGULAR).contains(&cycle.irregularity) && cycle.bytes > 0.0;
    let periods: Vec<f64> = cycles
        .iter()
        .filter(is_cycle)
        .map(|cycle| cycle.period)
        .collect();
    let empty = facts.round_trip_secs;
    let [least, most] = QUEUED.map(|factor| factor * empty);
    let queued = periods
        .iter()
        .filter(|period| (least..most).contains(*period));
    let queued = queued.count() as f64;
    let is_most =
        queued >= QUORUM * periods.len() as f64 && queued >= facts.connections.len() as f64 / 2.0;
    (is_most && queued > 0.0).then(|| {
        let round_trip = Duration::from_secs_f64(pattern::median(periods));
        let empty = Duration::from_secs_f64(empty);
        full_link(facts, LinkEvidence::Queue { round_trip, empty })
    })
}

fn server_limit(facts: &Facts, variation: &Variation) -> Option<Bottleneck> {
    // Several that vary together are steady beside each other; a single one has no such proof.
    let steady = match facts.connections.len() {
        1 => VARIES,
        _ => STEADY,
    };
    if variation.each > steady {
        return None;
    }
    let spread = pattern::spread(&facts.connections);
    match facts.connections.len() {
        0 => None,
        1 => Some(Bottleneck::OneConnection { rate: facts.rate }),
        _ if spread > EQUAL => None,
        _ => Some(Bottleneck::ServerLimit {
            each: facts.rate / facts.receiving.max(1) as f64,
            spread,
            connections: facts.receiving,
            most: facts.most,
        }),
    }
}

/// The sum of the rates is steady, while the connections take from each other.
fn shared_link(facts: &Facts, variation: &Variation) -> Option<Bottleneck> {
    let Variation {
        sum,
        each,
        independence,
    } = *variation;
    let is_shared = sum < STEADY_SUM && each > VARIES && independence < INDEPENDENCE;
    let is_several = facts.connections.len() > 1;
    (is_several && is_shared).then(|| full_link(facts, LinkEvidence::SteadySum { sum, each }))
}

fn loss(facts: &Facts, variation: &Variation) -> Option<Bottleneck> {
    let count = facts.connections.len();
    if count == 0 || facts.round_trip_secs == 0.0 {
        return None;
    }
    let gaps = facts
        .connections
        .iter()
        .map(|one| pattern::gaps(one, facts.round_trip_secs));
    let gaps = gaps.sum::<f64>() / count as f64;
    (variation.each > VARIES && gaps > 0.0).then(|| Bottleneck::Loss {
        each: facts.rate / facts.receiving.max(1) as f64,
        gaps,
        variation: variation.each,
        connections: facts.receiving,
        most: facts.most,
    })
}
