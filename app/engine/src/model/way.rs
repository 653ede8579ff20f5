//! The ways of a download: the network interfaces that its connections use.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Most ways of one download.
pub const MAX_WAYS: usize = 16;

/// A way as the user names it: a network interface, or one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WayName(String);

impl WayName {
    /// Returns the name as the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address, if the way is named by one.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }
}

impl fmt::Display for WayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Error in the name of a way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WayNameError {
    /// The text is no name of an interface.
    #[error("invalid interface `{0}`: write its name, such as eth0, or one of its addresses")]
    Invalid(String),
    /// One way is named twice.
    #[error("interface `{0}` is named twice: name each once")]
    Twice(String),
    /// There are more than [`MAX_WAYS`].
    #[error("too many interfaces: name at most {MAX_WAYS}")]
    TooMany,
}

impl FromStr for WayName {
    type Err = WayNameError;

    fn from_str(text: &str) -> Result<Self, WayNameError> {
        let name = text.trim().trim_matches(['[', ']']);
        let is_plain =
            |c: char| !c.is_control() && !matches!(c, '/' | ',' | '\u{202a}'..='\u{202e}');
        match !name.is_empty() && name.len() <= 64 && name.chars().all(is_plain) {
            true => Ok(Self(name.to_owned())),
            false => Err(WayNameError::Invalid(text.to_owned())),
        }
    }
}

impl TryFrom<String> for WayName {
    type Error = WayNameError;

    fn try_from(text: String) -> Result<Self, WayNameError> {
        text.parse()
    }
}

impl From<WayName> for String {
    fn from(name: WayName) -> Self {
        name.0
    }
}

/// Reads a list of ways: names and addresses between commas. An empty text names none.
///
/// # Errors
/// See [`WayNameError`].
pub fn parse_ways(text: &str) -> Result<Vec<WayName>, WayNameError> {
    let words = text.split(',').map(str::trim);
    let ways: Result<Vec<WayName>, _> = words
        .filter(|word| !word.is_empty())
        .map(str::parse)
        .collect();
    let ways = ways?;
    check_ways(&ways)?;
    Ok(ways)
}

/// Checks that there are not too many ways, and none twice.
///
/// # Errors
/// See [`WayNameError`].
pub(crate) fn check_ways(ways: &[WayName]) -> Result<(), WayNameError> {
    if ways.len() > MAX_WAYS {
        return Err(WayNameError::TooMany);
    }
    for (index, way) in ways.iter().enumerate() {
        if ways[..index].contains(way) {
            return Err(WayNameError::Twice(way.to_string()));
        }
    }
    Ok(())
}

/// Reason why a way cannot be used now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WayError {
    /// No interface has this name or address.
    #[error("no network interface `{name}`: {}", advice(.others))]
    Missing {
        /// The name or address.
        name: String,
        /// The interfaces that there are.
        others: Vec<String>,
    },
    /// The interface is down.
    #[error("network interface `{0}` is down: connect it, or leave it out")]
    Down(String),
    /// The interface has no address.
    #[error("network interface `{0}` has no address: connect it, or leave it out")]
    NoAddress(String),
    /// The interface has no address of the family of the server's.
    #[error(
        "network interface `{name}` has no {family} address, and the server has no other: choose another interface"
    )]
    Family {
        /// The name or address.
        name: String,
        /// `IPv4` or `IPv6`.
        family: &'static str,
    },
    /// Nothing arrives over it, while other ways bring bytes.
    #[error("nothing arrives over network interface `{0}`")]
    Silent(String),
    /// The system lists no interfaces, or refuses to bind one.
    #[error("cannot use network interface `{name}`: {reason}")]
    System {
        /// The name or address.
        name: String,
        /// The error of the system.
        reason: String,
    },
}

fn advice(others: &[String]) -> String {
    match others {
        [] => "this computer has none".to_owned(),
        others => format!("choose one of {}", others.join(", ")),
    }
}

/// One way of a download at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaySnapshot {
    /// Its name.
    pub name: String,
    /// Bytes that it brought in this attempt.
    pub bytes: u64,
    /// Rate over the last second or so, in bytes per second.
    pub rate: f64,
    /// Connections that use it now.
    pub connections: u32,
    /// Most connections that used it at a time.
    pub most_connections: u32,
    /// Time for which it could not be used, in seconds.
    pub down_secs: f64,
    /// Number of times that it went away.
    pub losses: u32,
    /// Reason why it is not used now, or was not last.
    pub trouble: Option<String>,
    /// Rate with the most connections, divided by that with half of them or fewer. About 1 if the way is full, 2 if
    /// each connection is limited; `None` if it is not known.
    pub growth: Option<f64>,
}

impl WaySnapshot {
    /// Returns the state of a way that was not used yet.
    pub(crate) fn unused(name: &WayName) -> Self {
        Self {
            name: name.to_string(),
            bytes: 0,
            rate: 0.0,
            connections: 0,
            most_connections: 0,
            down_secs: 0.0,
            losses: 0,
            trouble: None,
            growth: None,
        }
    }

    /// Returns the mean rate of the way while it could be used, in bytes per second, if the attempt took
    /// `elapsed`.
    pub fn mean_rate(&self, elapsed: Duration) -> f64 {
        let used = (elapsed.as_secs_f64() - self.down_secs).max(1e-3);
        self.bytes as f64 / used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_read_from_a_list_and_checked() {
        let names = |text: &str| -> Vec<String> {
            let ways = parse_ways(text).unwrap();
            ways.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            names(" eth0, 192.168.1.5,[fe80::1] "),
            ["eth0", "192.168.1.5", "fe80::1"]
        );
        assert!(names("").is_empty());
        assert_eq!(parse_ways("a,a"), Err(WayNameError::Twice("a".into())));
        for wrong in ["../x", "a\u{202e}b"] {
            assert_eq!(parse_ways(wrong), Err(WayNameError::Invalid(wrong.into())));
        }
        let many: Vec<String> = (0..=MAX_WAYS).map(|n| format!("e{n}")).collect();
        assert_eq!(parse_ways(&many.join(",")), Err(WayNameError::TooMany));
        assert_eq!(
            "10.0.0.1".parse::<WayName>().unwrap().address(),
            "10.0.0.1".parse().ok()
        );
    }
}
