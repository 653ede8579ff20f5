//! Options of downloads and of the daemon, under the names of aria2.
//!
//! All values are texts, as clients send and expect them. Options that Lanes does not know are ignored, as
//! aria2 does; some that have no effect here are kept, so that a client reads back what it has set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use lanes_engine::{ChecksumError, SpecError};

/// Longest value that is kept, in bytes: all header fields of a browser fit.
const MAX_VALUE: usize = 64 << 10;

/// Options that change a download.
const OF_DOWNLOADS: [&str; 28] = [
    "all-proxy",
    "all-proxy-passwd",
    "all-proxy-user",
    "check-certificate",
    "checksum",
    "connect-timeout",
    "dir",
    "gid",
    "header",
    "http-passwd",
    "http-proxy",
    "http-proxy-passwd",
    "http-proxy-user",
    "http-user",
    "https-proxy",
    "https-proxy-passwd",
    "https-proxy-user",
    "interface",
    "max-connection-per-server",
    "max-download-limit",
    "multiple-interface",
    "out",
    "pause",
    "referer",
    "remote-time",
    "split",
    "timeout",
    "user-agent",
];

/// Options that have no effect and are returned as they were set, with their defaults.
const WITHOUT_EFFECT: [(&str, &str); 22] = [
    ("allow-overwrite", "false"),
    ("always-resume", "true"),
    ("auto-file-renaming", "true"),
    ("bt-max-peers", "55"),
    ("bt-remove-unselected-file", "false"),
    ("continue", "true"),
    ("disk-cache", "0"),
    ("enable-dht", "false"),
    ("enable-dht6", "false"),
    ("file-allocation", "none"),
    ("follow-metalink", "false"),
    ("follow-torrent", "false"),
    ("listen-port", "6881"),
    ("max-file-not-found", "0"),
    ("max-overall-upload-limit", "0"),
    ("max-tries", "0"),
    ("max-upload-limit", "0"),
    ("min-split-size", "1048576"),
    ("no-proxy", ""),
    ("retry-wait", "0"),
    ("seed-ratio", "1.0"),
    ("seed-time", "0"),
];

/// Options that are sizes or rates. They are kept as a number of bytes, as aria2 returns them.
const SIZES: [&str; 6] = [
    "disk-cache",
    "max-download-limit",
    "max-overall-download-limit",
    "max-overall-upload-limit",
    "max-upload-limit",
    "min-split-size",
];

/// Options of the daemon, with their defaults.
const OF_DAEMON: [(&str, &str); 3] = [
    ("max-concurrent-downloads", "5"),
    ("max-overall-download-limit", "0"),
    ("max-download-result", "1000"),
];

/// Reason why the value of an option cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OptionError {
    /// The folder is outside of the daemon's folder.
    #[error(
        "dir: {dir} is outside of {root}, the folder for downloads (lanes serve --dir, or Settings)"
    )]
    Outside {
        /// The folder.
        dir: String,
        /// The daemon's folder.
        root: String,
    },
    /// The name leads out of its folder.
    #[error("out: {0} leads out of the folder: give a name, or folders below dir")]
    Out(String),
    /// The value is not a number in range.
    #[error("{0}: {1} is not a number between {2} and {3}")]
    Number(&'static str, String, u64, u64),
    /// The value is not a size or rate.
    #[error("{0}: {1} is not a size such as 500K or 2M")]
    Size(&'static str, String),
    /// A header field has no colon.
    #[error("header: a field is not NAME: VALUE")]
    Header,
    /// The checksum cannot be parsed.
    #[error("checksum: {0}")]
    Checksum(#[from] ChecksumError),
    /// The id is not valid.
    #[error("gid: {0} is not 16 hexadecimal digits")]
    Gid(String),
    /// Another download has this id.
    #[error("GID {0} is not unique.")]
    GidTaken(String),
    /// The options do not fit each other or the links.
    #[error(transparent)]
    Spec(#[from] SpecError),
}

/// Options by name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Options(BTreeMap<String, String>);

impl std::fmt::Debug for Options {
    /// Leaves out the values, which may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Options {
    /// Reads the options of a download. A value that is neither a text nor, for `header`, an array of texts is
    /// ignored; so is an unknown name.
    pub(crate) fn of_download(json: &Map<String, Value>) -> Self {
        Self::read(json, |name| {
            OF_DOWNLOADS.contains(&name) || WITHOUT_EFFECT.iter().any(|(known, _)| *known == name)
        })
    }

    /// Reads the options that `changeGlobalOption` may change.
    pub(crate) fn of_daemon(json: &Map<String, Value>) -> Self {
        let of_one_download = ["checksum", "gid", "out", "pause"];
        Self::read(json, |name| {
            let known = OF_DAEMON.iter().chain(&WITHOUT_EFFECT);
            known.map(|(known, _)| *known).any(|known| known == name)
                || (OF_DOWNLOADS.contains(&name) && !of_one_download.contains(&name))
        })
    }

    fn read(json: &Map<String, Value>, is_known: impl Fn(&str) -> bool) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(lines) => {
                let lines = lines.iter().filter_map(Value::as_str);
                Some(lines.collect::<Vec<_>>().join("\n"))
            }
            _ => None,
        };
        let known = json.iter().filter(|(name, value)| {
            is_known(name) && (!value.is_array() || name.as_str() == "header")
        });
        let pairs = known.filter_map(|(name, value)| {
            let value = text(value).filter(|value| value.len() <= MAX_VALUE)?;
            let as_bytes = SIZES.contains(&name.as_str()).then(|| bytes(value.trim()));
            // A wrong size is kept, and reported by its user.
            let value = as_bytes.flatten().map_or(value, |bytes| bytes.to_string());
            Some((name.clone(), value))
        });
        Self(pairs.collect())
    }

    /// Returns an option that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(|value| value.trim());
        value.filter(|value| !value.is_empty())
    }

    /// Returns an option that is set, even to nothing.
    pub(crate) fn get_any(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns whether an option is `true`.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// Sets an option.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Removes an option.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Returns the length of all names and values in bytes.
    pub(crate) fn len(&self) -> usize {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| name.len() + value.len()).sum()
    }

    /// Returns the names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns whether no option is set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets all of `others`.
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Returns these options over those of `base`.
    pub(crate) fn over(&self, base: &Self) -> Self {
        let mut all = base.clone();
        all.extend(self.clone());
        all
    }

    /// Returns the default of each option that has one, for a daemon that saves to `dir`.
    pub(crate) fn defaults(dir: &str) -> Self {
        let fixed = WITHOUT_EFFECT.iter().chain(&OF_DAEMON);
        let mut all = Self(
            fixed
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        );
        for (name, value) in [
            ("dir", dir),
            ("check-certificate", "true"),
            ("max-connection-per-server", "16"),
            ("max-download-limit", "0"),
            ("pause", "false"),
            ("remote-time", "false"),
            ("split", "10"),
            ("user-agent", ""),
        ] {
            all.set(name, value);
        }
        all
    }

    /// Returns the number of an option within a range.
    ///
    /// # Errors
    /// [`OptionError::Number`].
    pub(crate) fn number(
        &self,
        name: &'static str,
        range: (u64, u64),
    ) -> Result<Option<u64>, OptionError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let number = text
            .parse()
            .ok()
            .filter(|n| (range.0..=range.1).contains(n));
        let error = || OptionError::Number(name, text.to_owned(), range.0, range.1);
        number.map(Some).ok_or_else(error)
    }

    /// Returns the bytes per second of an option; `None` for no limit.
    ///
    /// # Errors
    /// [`OptionError::Size`].
    pub(crate) fn rate(&self, name: &'static str) -> Result<Option<u64>, OptionError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        match bytes(text) {
            Some(0) => Ok(None),
            Some(rate) => Ok(Some(rate)),
            None => Err(OptionError::Size(name, text.to_owned())),
        }
    }

    /// Returns all options as a JSON object.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }
}

/// Parses a number of bytes, perhaps with the unit `K` or `M`, which are powers of 1024.
fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1 << 10),
        b'm' | b'M' => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1_u64),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(json: &Value) -> Options {
        Options::of_download(json.as_object().unwrap())
    }

    #[test]
    fn texts_are_kept_and_other_values_ignored() {
        let options = options(&serde_json::json!({
            "dir": null, "out": null, "split": 5, "referer": "https://h/", "unknown": "x",
            "header": ["A: 1", "B:2"], "user-agent": ["x"], "file-allocation": "falloc",
            "max-concurrent-downloads": "9",
        }));
        assert_eq!(options.get("header"), Some("A: 1\nB:2"));
        assert_eq!(options.get("referer"), Some("https://h/"));
        assert_eq!(options.get("file-allocation"), Some("falloc"));
        for ignored in [
            "dir",
            "out",
            "split",
            "unknown",
            "user-agent",
            "max-concurrent-downloads",
        ] {
            assert_eq!(options.get_any(ignored), None, "{ignored}");
        }
    }

    #[test]
    fn rates_have_units_of_1024() {
        let rate = |text: &str| {
            options(&serde_json::json!({ "max-download-limit": text })).rate("max-download-limit")
        };
        for (text, expected) in [
            ("0", None),
            ("500K", Some(512_000)),
            ("2m", Some(2 << 20)),
            ("7", Some(7)),
            ("", None),
        ] {
            assert_eq!(rate(text).unwrap(), expected, "{text}");
            let json = serde_json::json!({ "min-split-size": text });
            let kept = options(&json).number("min-split-size", (0, u64::MAX));
            assert_eq!(kept.unwrap().filter(|size| *size > 0), expected, "{text}");
        }
        for wrong in ["x", "-1", "1G", "99999999999999999999", "K"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
