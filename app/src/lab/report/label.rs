//! Short labels of values, links and experiments.

use lanes_shared::size;

use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;
pub use crate::lab::plan::sweep::link_label as link;
use lanes_engine::Mode;

/// Returns the label of a swept value on an axis or in a row: `10`, `64 KiB`, `20 MB`.
pub fn value(sweep: &Sweep, value: u64) -> String {
    match sweep {
        Sweep::Connections(_) => value.to_string(),
        Sweep::PacketLen(_) | Sweep::FileSize(_) => bytes(value),
        Sweep::Link(_) => sweep.link(value).map(link).unwrap_or_default(),
    }
}

/// Returns a swept value for a sentence: `10 connections`, `packets of 64 KiB`.
pub fn with_unit(sweep: &Sweep, value: u64) -> String {
    match sweep {
        Sweep::Connections(_) if value == 1 => "1 connection".to_owned(),
        Sweep::Connections(_) => format!("{value} connections"),
        Sweep::PacketLen(_) => format!("packets of {}", bytes(value)),
        Sweep::FileSize(_) => format!("a file of {}", bytes(value)),
        Sweep::Link(_) => self::value(sweep, value),
    }
}

/// Returns labels that distinguish experiments side by side: the link, the mode, or both; empty ones
/// if the experiments do not differ in these.
pub fn distinguishing(experiments: &[&Experiment]) -> Vec<String> {
    type Part = fn(&Experiment) -> String;
    let parts: [Part; 2] = [
        |one| {
            let profile = one.plan.link.as_ref();
            profile.map_or_else(|| "the server's link".to_owned(), link)
        },
        |one| match one.plan.mode {
            Mode::Stream => "Stream".to_owned(),
            Mode::Packets => "Packets".to_owned(),
            Mode::Parallel => "Parallel".to_owned(),
        },
    ];
    let differs = |part: &Part| {
        let first = experiments.first().map(|first| part(first));
        experiments.iter().any(|one| Some(part(one)) != first)
    };
    let differing: Vec<Part> = parts.into_iter().filter(differs).collect();
    let label = |one: &&Experiment| {
        let parts = differing.iter().map(|part| part(one));
        parts.collect::<Vec<_>>().join(", ")
    };
    experiments.iter().map(label).collect()
}

/// Formats a size in the unit in which it is a round number.
fn bytes(bytes: u64) -> String {
    let units = [
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1000, "kB"),
    ];
    let round = |unit: &&(u64, &str)| bytes > 0 && bytes.is_multiple_of(unit.0);
    match units.iter().find(round) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None if bytes < 10_000 => format!("{bytes} B"),
        None => size::text(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_in_which_they_are_round() {
        let packets = Sweep::PacketLen(Vec::new());
        let files = Sweep::FileSize(Vec::new());
        assert_eq!(value(&packets, 128), "128 B");
        assert_eq!(value(&packets, 1024), "1 KiB");
        assert_eq!(value(&packets, 65_536), "64 KiB");
        assert_eq!(value(&files, 20_000_000), "20 MB");
        assert_eq!(value(&files, 1_234_567), "1.23 MB");
        assert_eq!(value(&files, 0), "0 B");
        let connections = Sweep::Connections(Vec::new());
        assert_eq!(value(&connections, 10), "10");
        assert_eq!(with_unit(&connections, 1), "1 connection");
    }
}
