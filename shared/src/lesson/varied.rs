//! The quantity that a lesson varies.

use crate::link::LinkProfile;
use crate::link::profile::Field;
use crate::size;

/// The quantity that a lesson varies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Varied {
    /// Number of connections.
    Connections,
    /// Length of the file, in bytes.
    FileSize,
    /// A numeric field of the link profile, in its unit.
    Link(Field),
}

impl Varied {
    /// Returns the label of the axis, with the unit.
    pub fn label(self) -> String {
        match self {
            Self::Connections => "connections".to_owned(),
            Self::FileSize => "file size".to_owned(),
            Self::Link(field) => {
                let name = match field.name {
                    "rate_mbit" => "rate of the link",
                    "rtt_ms" => "round-trip time",
                    "buffer_kib" => "buffer",
                    "loss_percent" => "lost packets",
                    "window_kib" => "window",
                    "per_connection_mbit" => "cap per connection",
                    "background_flows" => "other flows",
                    name => name,
                };
                format!("{name} ({})", field.unit)
            }
        }
    }

    /// Formats a value without its unit, except that a file size has its own.
    pub fn value(self, value: f64) -> String {
        match self {
            Self::FileSize => size::si(value as u64)
                .replace(".00 ", " ")
                .replace(".0 ", " "),
            Self::Connections | Self::Link(_) => value.to_string(),
        }
    }

    /// Formats a value with its unit.
    pub fn with_unit(self, value: f64) -> String {
        let text = self.value(value);
        match self {
            Self::FileSize => text,
            Self::Connections if value == 1.0 => format!("{text} connection"),
            Self::Connections => format!("{text} connections"),
            Self::Link(field) => format!("{text} {}", field.unit),
        }
    }

    /// Returns the profile of `link` at a value.
    pub(super) fn apply(self, link: &LinkProfile, value: f64) -> LinkProfile {
        let mut link = link.clone();
        if let Self::Link(field) = self {
            link.set_number(field.name, value);
        }
        link
    }
}
