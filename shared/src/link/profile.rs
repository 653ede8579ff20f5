//! What a person writes about a link: a TOML table, every field optional.
//!
//! 1. The empty profile is the open link: nothing is emulated.
//! 2. A wrong value is refused with the field's name, the range it may have, and what was given.
//!    That is why the table is read here, field by field, and not by serde's derive, whose message
//!    for a wrong type names neither range nor unit.
//! 3. [`LinkProfile::validate`] turns it into a [`Link`], the only thing the model takes.

use serde::{Deserialize, Serialize};

/// How a sender reacts to congestion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Congestion {
    /// CUBIC (RFC 9438) with `HyStart`, as Linux has it.
    #[default]
    Cubic,
    /// Reno (RFC 5681).
    Reno,
    /// No reaction: the window is always full.
    Fixed,
}

impl Congestion {
    /// Every kind and its name in a profile.
    pub const ALL: [(&'static str, Self); 3] = [
        ("cubic", Self::Cubic),
        ("reno", Self::Reno),
        ("fixed", Self::Fixed),
    ];
}

/// A link profile as written. Ranges are in [`FIELDS`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkProfile {
    /// The bottleneck that all connections of one session share, in Mbit/s (10^6 bit/s, headers
    /// included).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_mbit: Option<f64>,
    /// The round trip of an empty path, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<f64>,
    /// The drop-tail buffer before the bottleneck, in KiB. Default: what the link carries in one
    /// round trip, but 20 packets at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buffer_kib: Option<f64>,
    /// How many data segments are lost at random, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_percent: Option<f64>,
    /// What the server allows each connection, in Mbit/s of payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_connection_mbit: Option<f64>,
    /// The receive window of each connection, in KiB. Default: [`super::DEFAULT_WINDOW`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_kib: Option<f64>,
    /// How senders react to congestion. Default: CUBIC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub congestion: Option<Congestion>,
    /// How many endless flows of other people share the bottleneck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_flows: Option<u32>,
    /// How many connections the server takes; more are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<u32>,
    /// Work that the server does for each connection, one after the other, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_ms: Option<f64>,
    /// How often a connection stalls, per minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_per_minute: Option<f64>,
    /// How long a stall lasts, in milliseconds. Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<f64>,
    /// How often a connection is reset, per GiB it carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_per_gib: Option<f64>,
    /// Chooses the losses, stalls and resets. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// A numeric field of a profile: what it may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Its name in TOML.
    pub name: &'static str,
    /// Its unit, for people.
    pub unit: &'static str,
    /// The smallest value allowed.
    pub min: f64,
    /// The largest value allowed.
    pub max: f64,
    /// Whether it counts things, so that fractions make no sense.
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

/// Every numeric field, its unit and its range; `congestion` is the only other one.
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
    // TOML's whole numbers end at 2^63, and a double is exact to 2^53.
    count("seed", "any", 0.0, 9_007_199_254_740_992.0),
];

/// Why a profile is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// A number outside its range, or none at all (NaN, infinity).
    #[error("{field} must be {min} to {max} {unit}, not {value}", field = .field.name, unit = .field.unit, min = .field.min, max = .field.max)]
    Range {
        /// The field and its range.
        field: Field,
        /// What was given.
        value: String,
    },
    /// Something that is no number, or a fraction where things are counted.
    #[error("{field} must be {kind} from {min} to {max} ({unit}, written without the unit), not {value}", kind = if .field.whole { "a whole number" } else { "a number" }, field = .field.name, unit = .field.unit, min = .field.min, max = .field.max)]
    Type {
        /// The field and its range.
        field: Field,
        /// What was given.
        value: String,
    },
    /// An unknown kind of congestion control.
    #[error("congestion must be \"cubic\", \"reno\" or \"fixed\", not {0}")]
    Congestion(String),
    /// A key that no profile has.
    #[error("{0} is no field of a link profile; there are {names}", names = names())]
    Unknown(String),
    /// The text is not TOML.
    #[error("the link profile is not TOML: {0}")]
    Syntax(String),
    /// The text is longer than any profile.
    #[error("the link profile is {0} bytes long, more than 16384")]
    TooLong(usize),
}

fn names() -> String {
    let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    names.push("congestion");
    names.join(", ")
}

/// The longest profile that is read, in bytes. It may come from a stranger.
const MAX_LEN: usize = 16 * 1024;

impl LinkProfile {
    /// Reads and checks a profile.
    ///
    /// # Errors
    /// When it is no TOML, or a field is unknown, of the wrong type or out of range.
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

    /// Writes the fields that are given, one a line; the empty profile is the empty text.
    pub fn to_toml(&self) -> String {
        // Numbers, one word and no nesting: there is nothing in it that TOML could not say.
        toml::to_string(self).unwrap_or_default()
    }

    /// Whether nothing is emulated: no field that does anything is given.
    pub fn is_open(&self) -> bool {
        let without_effect = Self {
            seed: self.seed,
            congestion: self.congestion,
            ..Self::default()
        };
        *self == without_effect
    }

    /// Checks every value.
    ///
    /// # Errors
    /// When a value is out of range; the first such field in the order of [`FIELDS`] is named.
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
        if key == "congestion" {
            let kind = Congestion::ALL
                .iter()
                .find(|kind| value.as_str() == Some(kind.0));
            let kind = kind.ok_or_else(|| ProfileError::Congestion(value.to_string()))?;
            self.congestion = Some(kind.1);
            return Ok(());
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

    /// The value of a numeric field, in the unit its name says; `None` when it is not given or
    /// there is no such field.
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

    /// Sets a numeric field without looking at its range; an unknown name changes nothing.
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
