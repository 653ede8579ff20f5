//! Arguments for time limits and retries.

use std::time::Duration;

use clap::Args;

use lanes_engine::{RetryLimits, TimeLimits};

/// Longest time that an argument accepts: 30 days.
const MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// Error in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// The text is no number of seconds.
    #[error("write a number of seconds, or one with a unit: 30, 1.5, 90s, 10m, 2h or 1d")]
    Syntax,
    /// The time is 0, or too long.
    #[error("choose more than 0 s and at most 30 days")]
    Range,
}

/// Time limits of connections.
#[derive(Debug, Args)]
pub struct TimeArgs {
    /// Longest time until a server accepts a connection, in seconds [default: 20]
    #[arg(long, value_name = "SECONDS", value_parser = time)]
    connect_timeout: Option<Duration>,
    /// Longest time without a byte, in seconds [default: 60; 600 before the first byte of a server, as long
    /// as the connection lives]. A connection among others that receive is replaced within seconds
    #[arg(long, value_name = "SECONDS", value_parser = time)]
    timeout: Option<Duration>,
}

impl TimeArgs {
    /// Returns the limits.
    pub(super) fn limits(&self) -> TimeLimits {
        let default = TimeLimits::default();
        TimeLimits {
            connect: self.connect_timeout.unwrap_or(default.connect),
            silence: self.timeout.or(default.silence),
        }
    }
}

/// Limits of retries.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Give up after this many retries in a row without progress
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// Give up after this time without progress, such as 90s, 10m or 2h [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = time)]
    retry_for: Option<Duration>,
}

impl RetryArgs {
    /// Returns the limits. Those that are given also apply before the server has answered.
    pub(super) fn limits(&self) -> RetryLimits {
        if self.retries.is_none() && self.retry_for.is_none() {
            return RetryLimits::default();
        }
        RetryLimits {
            retries: self.retries,
            retry_for: self.retry_for,
            from_start: true,
        }
    }
}

/// Parses a time: a number of seconds, or one with a unit.
fn time(text: &str) -> Result<Duration, TimeError> {
    let text = text.trim();
    let units = [
        ("ms", 0.001),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
        ("d", 86_400.0),
    ];
    let unit = units.iter().find_map(|(unit, secs)| {
        let number = text.strip_suffix(unit)?;
        Some((number, *secs))
    });
    let (number, unit) = unit.unwrap_or((text, 1.0));
    let is_number = number.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = number
        .trim_end()
        .parse()
        .ok()
        .filter(|_| is_number)
        .ok_or(TimeError::Syntax)?;
    let time = Duration::try_from_secs_f64(number * unit).map_err(|_| TimeError::Range)?;
    match time.is_zero() || time > MAX {
        true => Err(TimeError::Range),
        false => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_a_range() {
        let millis = |text| time(text).map(|time| time.as_millis());
        for (text, expected) in [
            ("30", 30_000),
            ("1.5", 1500),
            ("90s", 90_000),
            (" 250ms ", 250),
            ("10m", 600_000),
            ("2 h", 7_200_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(millis(text), Ok(expected), "{text}");
        }
        for wrong in ["", "s", "-1", "inf", "nan", "1x", "m5", "5mm"] {
            assert_eq!(time(wrong), Err(TimeError::Syntax), "{wrong}");
        }
        for wrong in ["0", "31d", "1e300"] {
            assert_eq!(time(wrong), Err(TimeError::Range), "{wrong}");
        }
    }

    #[test]
    fn given_limits_apply_from_the_start_and_the_default_after_the_first_answer() {
        let limits = |retries, retry_for| RetryArgs { retries, retry_for }.limits();
        assert_eq!(limits(None, None), RetryLimits::default());
        let given = limits(Some(3), None);
        assert!(given.from_start && given.retry_for.is_none() && given.retries == Some(3));
    }
}
