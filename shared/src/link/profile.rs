//! Link profile: a TOML table in which every field is optional.
//!
//! 1. The empty profile is the open link: nothing is emulated.
//! 2. An invalid value is rejected with the name of the field, its range and the value. Therefore
//!    the table is read field by field and not with serde's derive, whose message for a wrong type
//!    names neither range nor unit.
//! 3. [`LinkProfile::validate`] converts it to a [`Link`](super::Link), the only input of the
//!    model.

use serde::{Deserialize, Serialize};

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
    /// Seed of losses, stalls and resets. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
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

/// All numeric fields. The others are the names of a congestion control.
pub const FIELDS: [Field; 13] = [
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
    // TOML integers are below 2^63, and a double is exact up to 2^53.
    count("seed", "any", 0.0, 9_007_199_254_740_992.0),
];

/// Error for an invalid profile.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// A number is out of range, NaN or infinite.
    #[error("{field} must be {min} to {max} {unit}, not {value}", field = .field.name, unit = .field.unit, min = .field.min, max = .field.max)]
    Range {
        /// Field and its range.
        field: Field,
        /// Given value.
        value: String,
    },
    /// A value is not a number, or a count has a fraction.
    #[error("{field} must be {kind} from {min} to {max} ({unit}, written without the unit), not {value}", kind = if .field.whole { "a whole number" } else { "a number" }, field = .field.name, unit = .field.unit, min = .field.min, max = .field.max)]
    Type {
        /// Field and its range.
        field: Field,
        /// Given value.
        value: String,
    },
    /// The congestion control is unknown.
    #[error("{field} must be \"cubic\", \"reno\", \"bbr\" or \"fixed\", not {value}")]
    Congestion {
        /// Name in TOML.
        field: &'static str,
        /// Given value.
        value: String,
    },
    /// The field is unknown.
    #[error("unknown link profile field `{0}`; known fields: {names}", names = names())]
    Unknown(String),
    /// The text is not TOML.
    #[error("invalid TOML in the link profile: {0}")]
    Syntax(String),
    /// The text is longer than any valid profile.
    #[error("link profile too long: {0} bytes, at most 16384")]
    TooLong(usize),
}

fn names() -> String {
    let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    names.extend(["congestion", "background_congestion"]);
    names.join(", ")
}

/// Parses the name of a congestion control.
fn congestion(field: &'static str, value: &toml::Value) -> Result<Congestion, ProfileError> {
    let kind = Congestion::ALL
        .iter()
        .find(|kind| value.as_str() == Some(kind.0));
    let value = || value.to_string();
    Ok(kind
        .ok_or_else(|| ProfileError::Congestion {
            field,
            value: value(),
        })?
        .1)
}

/// Maximum length of a profile, in bytes. A server parses profiles of untrusted clients.
const MAX_LEN: usize = 16 * 1024;

impl LinkProfile {
    /// Parses and validates a profile.
    ///
    /// # Errors
    /// [`ProfileError`] when the text is not TOML, or a field is unknown, has the wrong type or is
    /// out of range.
    ///
    /// # Examples
    /// ```
    /// use lanes_shared::link::LinkProfile;
    ///
    /// let profile = LinkProfile::from_toml("rate_mbit = 50\nrtt_ms = 40")?;
    /// assert_eq!(profile.rtt_ms, Some(40.0));
    /// let error = LinkProfile::from_toml("rtt_ms = -1").unwrap_err();
    /// assert_eq!(error.to_string(), "rtt_ms must be 0 to 5000 ms, not -1");
    /// # Ok::<(), lanes_shared::link::ProfileError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        if text.len() > MAX_LEN {
            return Err(ProfileError::TooLong(text.len()));
        }
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| ProfileError::Syntax(error.message().to_owned()))?;
        let mut profile = Self::default();
        for (key, value) in &table {
            profile.put(key, value)?;
        }
        profile.check_ranges()?;
        Ok(profile)
    }

    /// Formats the given fields as TOML, one per line; the empty profile is the empty string.
    pub fn to_toml(&self) -> String {
        // Cannot fail: the table contains only numbers and one string.
        toml::to_string(self).unwrap_or_default()
    }

    /// Returns whether nothing is emulated: no field that has an effect is given.
    pub fn is_open(&self) -> bool {
        let without_effect = Self {
            seed: self.seed,
            congestion: self.congestion,
            background_congestion: self.background_congestion,
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
        Ok(())
    }

    fn put(&mut self, key: &str, value: &toml::Value) -> Result<(), ProfileError> {
        match key {
            "congestion" => {
                self.congestion = Some(congestion("congestion", value)?);
                return Ok(());
            }
            "background_congestion" => {
                self.background_congestion = Some(congestion("background_congestion", value)?);
                return Ok(());
            }
            _ => {}
        }
        let field = *FIELDS
            .iter()
            .find(|field| field.name == key)
            .ok_or_else(|| ProfileError::Unknown(key.to_owned()))?;
        let number = match value {
            toml::Value::Integer(whole) => *whole as f64,
            toml::Value::Float(number) if !field.whole => *number,
            other => {
                let value = other.to_string();
                return Err(ProfileError::Type { field, value });
            }
        };
        if !(field.min..=field.max).contains(&number) {
            let value = value.to_string();
            return Err(ProfileError::Range { field, value });
        }
        self.set_number(key, number);
        Ok(())
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
            "seed" => self.seed = Some(number as u64),
            _ => {}
        }
    }
}
