//! Short names of values, links and experiments.

use lanes_shared::link::presets::PRESETS;
use lanes_shared::link::{LinkProfile, name_of};
use lanes_shared::size;

use crate::engine::Mode;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;

/// A value of what is varied, short, as a label of an axis or of a row: `10`, `64 KiB`, `20 MB`.
pub fn value(sweep: &Sweep, value: u64) -> String {
    match sweep {
        Sweep::Connections(_) => value.to_string(),
        Sweep::PacketLen(_) | Sweep::FileSize(_) => bytes(value),
        Sweep::Link(_) => sweep.link(value).map(link).unwrap_or_default(),
    }
}

/// The name of a link: a preset's, or the profile's fields in one line.
pub fn link(profile: &LinkProfile) -> String {
    let same = PRESETS.iter().find(|preset| preset.profile() == *profile);
    same.map_or_else(|| name_of(profile), |preset| preset.name.to_owned())
}

/// A value of what is varied, within a sentence: `10 connections`, `packets of 64 KiB`.
pub fn with_unit(sweep: &Sweep, value: u64) -> String {
    match sweep {
        Sweep::Connections(_) if value == 1 => "1 connection".to_owned(),
        Sweep::Connections(_) => format!("{value} connections"),
        Sweep::PacketLen(_) => format!("packets of {}", bytes(value)),
        Sweep::FileSize(_) => format!("a file of {}", bytes(value)),
        Sweep::Link(_) => self::value(sweep, value),
    }
}

/// What tells experiments that were made side by side from each other: the link, the mode, or both;
/// nothing where they are alike.
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
    let telling: Vec<Part> = parts.into_iter().filter(differs).collect();
    let name = |one: &&Experiment| {
        let parts = telling.iter().map(|part| part(one));
        parts.collect::<Vec<_>>().join(", ")
    };
    experiments.iter().map(name).collect()
}

/// A size in the unit in which it is a round number.
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
    fn sizes_are_named_in_the_unit_in_which_they_are_round() {
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
