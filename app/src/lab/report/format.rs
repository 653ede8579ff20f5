//! Numbers of experiments as people read them.

use lanes_shared::link::presets::PRESETS;
use lanes_shared::link::{LinkProfile, name_of};
use lanes_shared::size;
pub use lanes_shared::size::rate;

use crate::engine::Mode;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Variable;

/// A time with three significant digits: `6.29 ms`, `4.21 s`, `2 min 03 s`, `1 h 02 min`. `secs` is
/// at least 0.
pub fn time(secs: f64) -> String {
    let whole = secs.round() as u64;
    match secs {
        secs if secs >= 3599.5 => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
        secs if secs >= 59.95 => format!("{} min {:02} s", whole / 60, whole % 60),
        secs if secs >= 0.9995 || secs <= 0.0 => format!("{} s", three_digits(secs)),
        secs => format!("{} ms", three_digits(secs * 1000.0)),
    }
}

/// From one time to another, the unit said once where it is the same: `6.29–7.12 ms`.
pub fn times(low_secs: f64, high_secs: f64) -> String {
    let (low, high) = (time(low_secs), time(high_secs));
    let plain = |time: &str| {
        let (number, unit) = time.split_once(' ')?;
        (!unit.contains(' ')).then(|| (number.to_owned(), unit.to_owned()))
    };
    match (plain(&low), plain(&high)) {
        (Some((low, unit)), Some((high, same))) if unit == same => format!("{low}–{high} {unit}"),
        _ => format!("{low} – {high}"),
    }
}

/// An estimate of a time in whole seconds, rounded up: `7 s`, `2 min 03 s`. `secs` is at least 0.
pub fn about(secs: f64) -> String {
    let whole = secs.ceil();
    if whole < 60.0 {
        format!("{whole} s")
    } else {
        time(whole)
    }
}

/// A ratio with two or three significant digits: `0.952`, `1.10`, `9.61`, `31.2`.
pub fn ratio(ratio: f64) -> String {
    three_digits(ratio)
}

/// An interval of ratios: `9.21–9.94`.
pub fn interval((low, high): (f64, f64)) -> String {
    format!("{}–{}", ratio(low), ratio(high))
}

/// A value of what is varied, short, as a label of an axis or of a row: `10`, `64 KiB`, `20 MB`.
pub fn value(variable: &Variable, value: u64) -> String {
    match variable {
        Variable::Connections(_) => value.to_string(),
        Variable::PacketLen(_) | Variable::FileSize(_) => bytes(value),
        Variable::Link(_) => variable.link(value).map(link).unwrap_or_default(),
    }
}

/// The name of a link: a preset's, or the profile's fields in one line.
pub fn link(profile: &LinkProfile) -> String {
    let same = PRESETS.iter().find(|preset| preset.profile() == *profile);
    same.map_or_else(|| name_of(profile), |preset| preset.name.to_owned())
}

/// A value of what is varied, within a sentence: `10 connections`, `packets of 64 KiB`.
pub fn named_value(variable: &Variable, value: u64) -> String {
    match variable {
        Variable::Connections(_) if value == 1 => "1 connection".to_owned(),
        Variable::Connections(_) => format!("{value} connections"),
        Variable::PacketLen(_) => format!("packets of {}", bytes(value)),
        Variable::FileSize(_) => format!("a file of {}", bytes(value)),
        Variable::Link(_) => self::value(variable, value),
    }
}

/// What tells experiments that were made side by side from each other: the link, the mode, or both;
/// nothing where they are alike.
pub fn apart(experiments: &[&Experiment]) -> Vec<String> {
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

/// A sentence with a capital at its beginning.
pub fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
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

fn three_digits(number: f64) -> String {
    // 0.99951 has three digits as 1.00: the size decides after rounding.
    let decimals = if number >= 99.95 || number <= 0.0 {
        0
    } else if number >= 9.995 {
        1
    } else if number >= 0.9995 {
        2
    } else if number >= 0.09995 {
        3
    } else if number >= 0.009_995 {
        4
    } else {
        5
    };
    format!("{number:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (secs, text) in [
            (0.0, "0 s"),
            (0.000_012_34, "0.0123 ms"),
            (0.006_29, "6.29 ms"),
            (0.012_34, "12.3 ms"),
            (0.4213, "421 ms"),
            (0.9994, "999 ms"),
            (0.9999, "1.00 s"),
            (4.2149, "4.21 s"),
            (9.996, "10.0 s"),
            (42.13, "42.1 s"),
            (59.99, "1 min 00 s"),
            (123.4, "2 min 03 s"),
            (3599.7, "1 h 00 min"),
            (3725.0, "1 h 02 min"),
        ] {
            assert_eq!(time(secs), text);
        }
        for (low, high, text) in [
            (0.006_29, 0.007_12, "6.29–7.12 ms"),
            (1.0, 1.9, "1.00–1.90 s"),
            (0.98, 1.02, "980 ms – 1.02 s"),
            (61.0, 123.0, "1 min 01 s – 2 min 03 s"),
        ] {
            assert_eq!(times(low, high), text);
        }
        assert_eq!(
            (about(0.2).as_str(), about(122.5).as_str()),
            ("1 s", "2 min 03 s")
        );
        assert_eq!(interval((9.2, 99.97)), "9.20–100");
    }

    #[test]
    fn sizes_are_named_in_the_unit_in_which_they_are_round() {
        let packets = Variable::PacketLen(Vec::new());
        let files = Variable::FileSize(Vec::new());
        assert_eq!(value(&packets, 128), "128 B");
        assert_eq!(value(&packets, 1024), "1 KiB");
        assert_eq!(value(&packets, 65_536), "64 KiB");
        assert_eq!(value(&files, 20_000_000), "20 MB");
        assert_eq!(value(&files, 1_234_567), "1.23 MB");
        assert_eq!(value(&files, 0), "0 B");
        let connections = Variable::Connections(Vec::new());
        assert_eq!(value(&connections, 10), "10");
        assert_eq!(named_value(&connections, 1), "1 connection");
    }
}
