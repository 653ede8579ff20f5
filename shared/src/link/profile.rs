//! Link profile: a TOML table in which every field is optional.
//!
//! 1. The empty profile is the open link: nothing is emulated.
//! 2. An invalid value is rejected with the name of the field, its range and the value, and with
//!    its line in a text of several lines: see the module `parse`.
//! 3. [`LinkProfile::validate`] converts it to a [`Link`](super::Link), the only input of the
//!    model.

mod error;
mod parse;

use super::trace::Trace;
use serde::{Deserialize, Serialize};

pub use error::ProfileError;
pub use parse::ReadFile;

/// Congestion control of a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Congestion {
    /// CUBIC (RFC 9438) with `HyStart`, as in Linux.
    #[default]
    Cubic,
    /// Reno (RFC 5681).
    Reno,
    /// BBR version 1, as in Linux: paced at the measured bandwidth; random loss does not slow it.
    Bbr,
    /// None: the window is always full.
    Fixed,
}

impl Congestion {
    /// All algorithms with their names in a profile.
    pub const ALL: [(&'static str, Self); 4] = [
        ("cubic", Self::Cubic),
        ("reno", Self::Reno),
        ("bbr", Self::Bbr),
        ("fixed", Self::Fixed),
    ];
}

/// Queue before the bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum QueueDiscipline {
    /// Packets that find a full buffer are dropped.
    #[default]
    #[serde(rename = "droptail")]
    DropTail,
    /// `CoDel` (RFC 8289): drops so that packets wait about 5 ms.
    #[serde(rename = "codel")]
    Codel,
    /// FQ-CoDel (RFC 8290): a queue with `CoDel` for each connection.
    #[serde(rename = "fq_codel")]
    FqCodel,
    /// PIE (RFC 8033): drops at random so that packets wait about 15 ms.
    #[serde(rename = "pie")]
    Pie,
}

impl QueueDiscipline {
    /// All disciplines with their names in a profile.
    pub const ALL: [(&'static str, Self); 4] = [
        ("droptail", Self::DropTail),
        ("codel", Self::Codel),
        ("fq_codel", Self::FqCodel),
        ("pie", Self::Pie),
    ];
}

/// A change of the link's rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileStep {
    /// Time from which on the rate holds, in seconds after the first connection.
    pub at_s: f64,
    /// Rate, in Mbit/s; zero for an outage.
    pub rate_mbit: f64,
}

/// A link profile as the user writes it. [`FIELDS`] has the ranges.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkProfile {
    /// Rate of the bottleneck that all connections of one session share, in Mbit/s (10^6 bit/s,
    /// headers included).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_mbit: Option<f64>,
    /// Round-trip time of the empty path, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<f64>,
    /// Drop-tail buffer of the bottleneck, in KiB. Default: one bandwidth-delay product, at least
    /// 20 packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_kib: Option<f64>,
    /// Data segments lost at random, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_percent: Option<f64>,
    /// Server's limit for each connection, in Mbit/s of payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_connection_mbit: Option<f64>,
    /// Receive window of each connection, in KiB. Default: [`super::DEFAULT_WINDOW`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_kib: Option<f64>,
    /// Congestion control of the senders. Default: CUBIC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub congestion: Option<Congestion>,
    /// Number of endless flows of other users that share the bottleneck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_flows: Option<u32>,
    /// Congestion control of the background flows. Default: CUBIC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_congestion: Option<Congestion>,
    /// Maximum number of connections that the server accepts; further ones are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<u32>,
    /// Server's work per accepted connection, done for one connection at a time, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_ms: Option<f64>,
    /// Stalls of a connection per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_per_minute: Option<f64>,
    /// Duration of a stall, in milliseconds. Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<f64>,
    /// Resets of a connection per GiB transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_per_gib: Option<f64>,
    /// Queue before the bottleneck. Default: drop-tail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueDiscipline>,
    /// Rate of a policer before the bottleneck, which drops what exceeds it, in Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policer_mbit: Option<f64>,
    /// Burst that the policer lets pass, in KiB. Default: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policer_burst_kib: Option<f64>,
    /// Mean duration of bursts in which everything is lost, in milliseconds. Their total is
    /// `loss_percent`. Default: losses are independent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_burst_ms: Option<f64>,
    /// Largest random delay of a packet, in milliseconds. Packets of a connection keep their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_ms: Option<f64>,
    /// Packets that are held back behind the bottleneck, so that later ones overtake them, in
    /// percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reorder_percent: Option<f64>,
    /// Time for which they are held back, in milliseconds. Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reorder_ms: Option<f64>,
    /// Rate of the way back, which carries the acknowledgements, in Mbit/s. Default: unlimited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_mbit: Option<f64>,
    /// Buffer of the way back, in KiB. Default: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_buffer_kib: Option<f64>,
    /// Time after which the steps repeat, in seconds. Default: they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_period_s: Option<f64>,
    /// Delivery trace, in place of a rate: one of the program's, or a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// Seed of losses, stalls and resets. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Changes of the rate, in order of time. They need `rate_mbit`, which holds before the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub step: Vec<ProfileStep>,
}

/// Name, unit and range of a numeric field of a profile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Name in TOML.
    pub name: &'static str,
    /// Unit, for display.
    pub unit: &'static str,
    /// Minimum value.
    pub min: f64,
    /// Maximum value.
    pub max: f64,
    /// The field is a count, so a fraction is invalid.
    pub whole: bool,
}

const fn field(name: &'static str, unit: &'static str, min: f64, max: f64) -> Field {
    Field {
        name,
        unit,
        min,
        max,
        whole: false,
    }
}

const fn count(name: &'static str, unit: &'static str, min: f64, max: f64) -> Field {
    Field {
        whole: true,
        ..field(name, unit, min, max)
    }
}

/// All numeric fields. The others are the names in [`CHOICES`], `trace` and `step`.
pub const FIELDS: [Field; 22] = [
    field("rate_mbit", "Mbit/s", 0.01, 10_000.0),
    field("rtt_ms", "ms", 0.0, 5_000.0),
    field("buffer_kib", "KiB", 2.0, 1_048_576.0),
    field("loss_percent", "%", 0.0, 50.0),
    field("per_connection_mbit", "Mbit/s", 0.01, 10_000.0),
    field("window_kib", "KiB", 2.0, 1_048_576.0),
    count("background_flows", "flows", 0.0, 64.0),
    count("max_connections", "connections", 1.0, 65_535.0),
    field("accept_ms", "ms", 0.0, 10_000.0),
    field("stall_per_minute", "stalls", 0.0, 600.0),
    field("stall_ms", "ms", 0.0, 60_000.0),
    field("reset_per_gib", "resets", 0.0, 10_000.0),
    field("policer_mbit", "Mbit/s", 0.01, 10_000.0),
    field("policer_burst_kib", "KiB", 2.0, 1_048_576.0),
    field("loss_burst_ms", "ms", 0.1, 10_000.0),
    field("jitter_ms", "ms", 0.0, 1_000.0),
    field("reorder_percent", "%", 0.0, 50.0),
    field("reorder_ms", "ms", 0.1, 1_000.0),
    field("up_mbit", "Mbit/s", 0.01, 10_000.0),
    field("up_buffer_kib", "KiB", 1.0, 1_048_576.0),
    field("step_period_s", "s", 0.01, 86_400.0),
    // TOML integers are below 2^63, and a double is exact up to 2^53.
    count("seed", "any", 0.0, 9_007_199_254_740_992.0),
];

/// Fields whose value is one of several names.
pub const CHOICES: [&str; 3] = ["congestion", "background_congestion", "queue"];

/// Largest number of steps.
pub const MAX_STEPS: usize = 16;

/// The fields of a step.
pub(super) const STEP_FIELDS: [Field; 2] = [
    field("at_s", "s", 0.0, 86_400.0),
    field("rate_mbit", "Mbit/s", 0.0, 10_000.0),
];

impl LinkProfile {
    /// Formats the given fields as TOML, one per line; the empty profile is the empty string.
    pub fn to_toml(&self) -> String {
        // Cannot fail: the table contains only numbers and names.
        toml::to_string(self).unwrap_or_default()
    }

    /// Returns whether nothing is emulated: no field that has an effect is given.
    pub fn is_open(&self) -> bool {
        let without_effect = Self {
            seed: self.seed,
            congestion: self.congestion,
            background_congestion: self.background_congestion,
            queue: self.queue,
            ..Self::default()
        };
        *self == without_effect
    }

    /// Checks that every value is in range.
    ///
    /// # Errors
    /// [`ProfileError::Range`] for the first field, in the order of [`FIELDS`], that is out of
    /// range.
    pub(super) fn check_ranges(&self) -> Result<(), ProfileError> {
        for field in FIELDS {
            if let Some(value) = self.number(field.name)
                && !(field.min..=field.max).contains(&value)
            {
                let value = value.to_string();
                return Err(ProfileError::Range { field, value });
            }
        }
        if self.trace.is_some() && (self.rate_mbit.is_some() || !self.step.is_empty()) {
            return Err(ProfileError::TraceWithRate);
        }
        self.check_steps()
    }

    /// Checks that the steps are in range, in order, and have a rate before the first.
    fn check_steps(&self) -> Result<(), ProfileError> {
        if self.step.len() > MAX_STEPS {
            return Err(ProfileError::TooManySteps(self.step.len()));
        }
        if !self.step.is_empty() && self.rate_mbit.is_none() {
            return Err(ProfileError::StepWithoutRate);
        }
        for (i, step) in self.step.iter().enumerate() {
            for (field, value) in STEP_FIELDS.into_iter().zip([step.at_s, step.rate_mbit]) {
                if !(field.min..=field.max).contains(&value) {
                    let value = value.to_string();
                    return Err(ProfileError::Range { field, value });
                }
            }
            if i > 0 && step.at_s <= self.step[i - 1].at_s {
                return Err(ProfileError::StepOrder(step.at_s));
            }
        }
        let last = self.step.last().map_or(0.0, |step| step.at_s);
        match self.step_period_s {
            Some(period) if period <= last => Err(ProfileError::StepPeriod { period, last }),
            // An outage without end would leave a download waiting forever.
            None if self.step.last().is_some_and(|step| step.rate_mbit == 0.0) => {
                Err(ProfileError::EndlessOutage(last))
            }
            _ => Ok(()),
        }
    }

    /// Returns the value of a numeric field, in the unit that its name contains; `None` when it is
    /// not given or the field is unknown.
    pub fn number(&self, name: &str) -> Option<f64> {
        match name {
            "rate_mbit" => self.rate_mbit,
            "rtt_ms" => self.rtt_ms,
            "buffer_kib" => self.buffer_kib,
            "loss_percent" => self.loss_percent,
            "per_connection_mbit" => self.per_connection_mbit,
            "window_kib" => self.window_kib,
            "background_flows" => self.background_flows.map(f64::from),
            "max_connections" => self.max_connections.map(f64::from),
            "accept_ms" => self.accept_ms,
            "stall_per_minute" => self.stall_per_minute,
            "stall_ms" => self.stall_ms,
            "reset_per_gib" => self.reset_per_gib,
            "policer_mbit" => self.policer_mbit,
            "policer_burst_kib" => self.policer_burst_kib,
            "loss_burst_ms" => self.loss_burst_ms,
            "jitter_ms" => self.jitter_ms,
            "reorder_percent" => self.reorder_percent,
            "reorder_ms" => self.reorder_ms,
            "up_mbit" => self.up_mbit,
            "up_buffer_kib" => self.up_buffer_kib,
            "step_period_s" => self.step_period_s,
            "seed" => self.seed.map(|seed| seed as f64),
            _ => None,
        }
    }

    /// Sets a numeric field without a range check; an unknown name is ignored.
    pub fn set_number(&mut self, name: &str, number: f64) {
        match name {
            "rate_mbit" => self.rate_mbit = Some(number),
            "rtt_ms" => self.rtt_ms = Some(number),
            "buffer_kib" => self.buffer_kib = Some(number),
            "loss_percent" => self.loss_percent = Some(number),
            "per_connection_mbit" => self.per_connection_mbit = Some(number),
            "window_kib" => self.window_kib = Some(number),
            "background_flows" => self.background_flows = Some(number as u32),
            "max_connections" => self.max_connections = Some(number as u32),
            "accept_ms" => self.accept_ms = Some(number),
            "stall_per_minute" => self.stall_per_minute = Some(number),
            "stall_ms" => self.stall_ms = Some(number),
            "reset_per_gib" => self.reset_per_gib = Some(number),
            "policer_mbit" => self.policer_mbit = Some(number),
            "policer_burst_kib" => self.policer_burst_kib = Some(number),
            "loss_burst_ms" => self.loss_burst_ms = Some(number),
            "jitter_ms" => self.jitter_ms = Some(number),
            "reorder_percent" => self.reorder_percent = Some(number),
            "reorder_ms" => self.reorder_ms = Some(number),
            "up_mbit" => self.up_mbit = Some(number),
            "up_buffer_kib" => self.up_buffer_kib = Some(number),
            "step_period_s" => self.step_period_s = Some(number),
            "seed" => self.seed = Some(number as u64),
            _ => {}
        }
    }
}
