//! Results of a lesson's runs.

/// The result that a lesson is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Completion time, in seconds.
    Time,
    /// File bytes per time, in Mbit/s.
    Throughput,
    /// Median round-trip time of the packets, the wait in the queue included, in milliseconds.
    RoundTrip,
    /// Share of the packets that were sent again, in percent.
    Repeated,
}

impl Measure {
    /// All measures with their names in a lesson.
    pub const ALL: [(&'static str, Self); 4] = [
        ("time", Self::Time),
        ("throughput", Self::Throughput),
        ("round_trip", Self::RoundTrip),
        ("repeated", Self::Repeated),
    ];

    /// Returns the label of the axis.
    pub fn label(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Throughput => "throughput",
            Self::RoundTrip => "round trip of a packet",
            Self::Repeated => "packets sent again",
        }
    }

    /// Returns the unit.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Time => "s",
            Self::Throughput => "Mbit/s",
            Self::RoundTrip => "ms",
            Self::Repeated => "%",
        }
    }

    /// Formats a result with its unit and about three significant digits.
    pub fn text(self, value: f64) -> String {
        format!("{} {}", digits(value), self.unit())
    }
}

/// Formats a number with about three significant digits.
pub(super) fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        large if large >= 99.95 => 0,
        middle if middle >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

/// Results for one value: medians of the runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Completion time, in seconds.
    pub secs: f64,
    /// File bytes per time, in Mbit/s.
    pub mbit_per_sec: f64,
    /// Median round-trip time of the packets, in milliseconds.
    pub round_trip_ms: f64,
    /// Share of the packets that were sent again, in percent.
    pub repeated_percent: f64,
}

impl Reading {
    /// Returns one of the results, in its unit.
    pub fn of(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Time => self.secs,
            Measure::Throughput => self.mbit_per_sec,
            Measure::RoundTrip => self.round_trip_ms,
            Measure::Repeated => self.repeated_percent,
        }
    }
}
