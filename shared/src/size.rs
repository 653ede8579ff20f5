//! Parses and formats sizes in bytes.
//!
//! The units (SI, IEC, or SI with rates in bits) are a setting of the process: [`set_units`] sets them, [`text`] and
//! [`rate`] use them on every thread. Text that must not depend on the setting uses [`si`] or
//! [`iec`].

use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

/// Error for a string that is not a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid size `{0}`: use a number and a unit, such as 64KiB, 20MB or 128")]
pub struct SizeError(String);

const UNITS: [(&str, u64); 13] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
];

/// Parses a size in bytes: a number, optionally with a fraction, and a unit in upper or lower case.
/// `kB`, `MB`, `GB`, `TB` are powers of 1000; `KiB`, `MiB`, `GiB`, `TiB` and plain `K`, `M`, `G`
/// powers of 1024.
///
/// # Errors
/// [`SizeError`] when the string is not a number with a known unit, or the size is 2^63 bytes or
/// more.
///
/// # Examples
/// ```
/// use lanes_shared::size;
///
/// assert_eq!(size::parse("64KiB"), Ok(65_536));
/// assert_eq!(size::parse("1.5 GB"), Ok(1_500_000_000));
/// assert!(size::parse("5 parsecs").is_err());
/// ```
pub fn parse(text: &str) -> Result<u64, SizeError> {
    let error = || SizeError(text.to_owned());
    let trimmed = text.trim();
    let digits = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let (_, factor) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(error)?;
    if let Ok(whole) = number.parse::<u64>() {
        let bytes = whole.checked_mul(*factor).ok_or_else(error)?;
        return if bytes <= i64::MAX as u64 {
            Ok(bytes)
        } else {
            Err(error())
        };
    }
    let number: f64 = number.parse().map_err(|_| error())?;
    let bytes = number * *factor as f64;
    // Every whole number of bytes below 2^53 is exact, and fractions of larger units are rare.
    if bytes.is_finite() && bytes < i64::MAX as f64 {
        Ok(bytes.round() as u64)
    } else {
        Err(error())
    }
}

/// Units of formatted sizes and rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Units {
    /// Powers of 1000: MB.
    #[default]
    Si,
    /// Powers of 1024: MiB.
    Iec,
    /// Powers of 1000, with rates in bits: MB and Mbit/s, as providers of lines state them.
    Bits,
}

impl Units {
    /// Formats a size with three significant digits in these units.
    fn text(self, bytes: u64) -> String {
        match self {
            Self::Si | Self::Bits => si(bytes),
            Self::Iec => iec(bytes),
        }
    }

    /// Formats a rate in bytes per second, at least 0, with three significant digits in these units.
    fn rate(self, bytes_per_sec: f64) -> String {
        match self {
            Self::Bits => scaled(
                (bytes_per_sec * 8.0).round(),
                1000.0,
                &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"],
            ),
            _ => format!("{}/s", self.text(bytes_per_sec.round() as u64)),
        }
    }
}

/// Units of the process, by their place in [`ALL`].
static UNITS_SET: AtomicU8 = AtomicU8::new(0);
/// All units.
const ALL: [Units; 3] = [Units::Si, Units::Iec, Units::Bits];

/// Sets the units in which this process formats sizes from now on.
pub fn set_units(units: Units) {
    let place = ALL.iter().position(|one| *one == units);
    UNITS_SET.store(place.unwrap_or_default() as u8, Ordering::Relaxed);
}

/// Returns the units in which this process formats sizes; SI by default.
pub fn units() -> Units {
    let place = usize::from(UNITS_SET.load(Ordering::Relaxed));
    ALL.get(place).copied().unwrap_or_default()
}

/// Formats a size with three significant digits in the units of the process: `5.04 MB` or `4.81
/// MiB`.
pub fn text(bytes: u64) -> String {
    units().text(bytes)
}

/// Formats a rate in bytes per second in the units of the process: `84.2 MB/s`, `80.3 MiB/s` or
/// `674 Mbit/s`. Negative rates count as 0.
pub fn rate(bytes_per_sec: f64) -> String {
    units().rate(bytes_per_sec.max(0.0))
}

/// Formats a size with three significant digits and an SI unit: `512 B`, `5.04 MB`, `1.07 GB`.
///
/// ```
/// assert_eq!(lanes_shared::size::si(5_043_210), "5.04 MB");
/// ```
pub fn si(bytes: u64) -> String {
    scaled(
        bytes as f64,
        1000.0,
        &["B", "kB", "MB", "GB", "TB", "PB", "EB"],
    )
}

/// Formats a size with three significant digits and an IEC unit: `512 B`, `64.0 KiB`, `1.00 GiB`.
pub fn iec(bytes: u64) -> String {
    scaled(
        bytes as f64,
        1024.0,
        &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"],
    )
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut unit = 0;
    // 999.5 rounds to 1000, so it takes the next unit.
    while value >= step - 0.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let decimals = if unit == 0 || value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_parsed() {
        for (text, bytes) in [
            ("0", 0),
            ("128", 128),
            ("64KiB", 65_536),
            ("64 kib", 65_536),
            ("20MB", 20_000_000),
            ("1.5 GB", 1_500_000_000),
            ("1GiB", 1 << 30),
            ("4M", 4 << 20),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for invalid in [
            "",
            "MB",
            "-1",
            "1e9",
            "5 parsecs",
            "1.2.3MB",
            "99999999999TB",
            "18446744073709551615",
        ] {
            assert!(parse(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn sizes_are_formatted_with_three_digits() {
        assert_eq!(si(0), "0 B");
        assert_eq!(si(999), "999 B");
        assert_eq!(si(5_043_210), "5.04 MB");
        assert_eq!(si(99_960_000), "100 MB");
        assert_eq!(si(999_900_000), "1.00 GB");
        assert_eq!(iec(65_536), "64.0 KiB");
        assert_eq!(iec(1 << 30), "1.00 GiB");
        assert_eq!(iec(1000), "1000 B");
        assert_eq!(Units::Iec.text(5_043_210), "4.81 MiB");
        assert_eq!(rate(84_200_000.0), "84.2 MB/s");
        assert_eq!(Units::Iec.rate(84_200_000.0), "80.3 MiB/s");
        assert_eq!(Units::Bits.rate(84_200_000.0), "674 Mbit/s");
        assert_eq!(Units::Bits.rate(100.0), "800 bit/s");
        assert_eq!(Units::Bits.text(84_200_000), "84.2 MB");
    }
}
