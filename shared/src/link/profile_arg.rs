//! Parses link arguments (the id of a preset, a profile as TOML, or a file that contains one) and
//! names profiles.

use std::io;
use std::path::Path;

use super::presets::{self, preset};
use super::{LinkProfile, ProfileError};

/// Parses the id of a preset or a profile in TOML.
///
/// # Errors
/// The error of [`LinkProfile::from_toml`] when `text` is neither.
pub fn parse_profile(text: &str) -> Result<LinkProfile, ProfileError> {
    match preset(text.trim()) {
        Some(preset) => Ok(preset.profile()),
        None => LinkProfile::from_toml(text),
    }
}

/// Reason why a link argument names no usable profile.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProfileArgError {
    /// The argument is neither a preset nor an existing file.
    #[error("no preset or file `{0}`; presets: {presets}", presets = preset_ids())]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read link profile {0}: {1}")]
    Read(String, io::ErrorKind),
    /// The file contains no valid profile.
    #[error("{0}: {1}")]
    Profile(String, ProfileError),
}

/// Parses a command-line argument `PRESET|FILE.toml`; `read` reads the file, and the trace that it
/// names, whose path is relative to that of the file.
///
/// # Errors
/// See [`ProfileArgError`].
pub fn parse_profile_arg(
    text: &str,
    read: impl Fn(&str) -> io::Result<String>,
) -> Result<LinkProfile, ProfileArgError> {
    if let Some(preset) = preset(text) {
        return Ok(preset.profile());
    }
    let file = read(text).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ProfileArgError::Unknown(text.to_owned()),
        kind => ProfileArgError::Read(text.to_owned(), kind),
    })?;
    let read_beside = |name: &str| {
        let path = Path::new(text).with_file_name(name);
        read(&path.to_string_lossy())
    };
    LinkProfile::from_toml_reading(&file, &read_beside)
        .map_err(|error| ProfileArgError::Profile(text.to_owned(), error))
}

/// Returns the name of a profile for display: the id of the equal preset, or its fields in one
/// line.
pub fn profile_name(profile: &LinkProfile) -> String {
    let same = presets::all().find(|preset| preset.profile() == *profile);
    match same {
        Some(preset) => preset.id.to_owned(),
        None => profile.to_toml().trim_end().replace('\n', ", "),
    }
}

/// Returns the ids of all presets for display: `a, b, c`.
pub fn preset_ids() -> String {
    let ids: Vec<_> = presets::all().map(|preset| preset.id).collect();
    ids.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_and_profiles_are_parsed_and_named() {
        let slow = parse_profile(" slow-4g\n").unwrap();
        assert_eq!(
            (slow.rtt_ms, profile_name(&slow).as_str()),
            (Some(150.0), "slow-4g")
        );
        let custom = parse_profile("rtt_ms = 7\nrate_mbit = 3.5").unwrap();
        assert_eq!(profile_name(&custom), "rate_mbit = 3.5, rtt_ms = 7.0");
        assert!(parse_profile("no-such-preset").is_err());
        assert!(preset_ids().contains("clean-cable, slow-4g"));
    }

    #[test]
    fn argument_is_a_preset_or_file_and_errors_name_it() {
        let missing = |_: &str| Err(io::ErrorKind::NotFound.into());
        assert_eq!(
            parse_profile_arg("slow-4g", missing).unwrap(),
            parse_profile("slow-4g").unwrap()
        );
        let message = parse_profile_arg("slow-5g", missing)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("slow-5g") && message.contains("clean-cable"),
            "{message}"
        );
        let file_contains = |text: &'static str| move |_: &str| Ok(text.to_owned());
        assert_eq!(
            parse_profile_arg("a.toml", file_contains("rtt_ms = 7")).unwrap(),
            parse_profile("rtt_ms = 7").unwrap()
        );
        let error = parse_profile_arg("a.toml", file_contains("rate_mbit = -3")).unwrap_err();
        let message = error.to_string();
        for part in ["a.toml", "rate_mbit", "-3", "0.01", "Mbit/s"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
