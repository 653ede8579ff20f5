//! Parses link arguments (the id of a preset, a profile as TOML, or a file that contains one) and
//! names profiles.

use std::io;

use super::presets::{PRESETS, preset};
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

/// Parses a command-line argument `PRESET|FILE.toml`; `read` reads a file.
///
/// # Errors
/// A message that lists the presets, or names the file and its error.
pub fn parse_profile_arg(
    text: &str,
    read: impl FnOnce(&str) -> io::Result<String>,
) -> Result<LinkProfile, String> {
    if let Some(preset) = preset(text) {
        return Ok(preset.profile());
    }
    let file = read(text).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("no preset or file `{text}`; presets: {}", preset_ids()),
        _ => format!("cannot read link profile {text}: {error}"),
    })?;
    LinkProfile::from_toml(&file).map_err(|error| format!("{text}: {error}"))
}

/// Returns the name of a profile for display: the id of the equal preset, or its fields in one
/// line.
pub fn profile_name(profile: &LinkProfile) -> String {
    let same = PRESETS.iter().find(|preset| preset.profile() == *profile);
    match same {
        Some(preset) => preset.id.to_owned(),
        None => profile.to_toml().trim_end().replace('\n', ", "),
    }
}

/// Returns the ids of all presets for display: `a, b, c`.
pub fn preset_ids() -> String {
    PRESETS.map(|preset| preset.id).join(", ")
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
            parse_profile_arg("slow-4g", missing),
            parse_profile("slow-4g").map_err(|_| String::new())
        );
        let message = parse_profile_arg("slow-5g", missing).unwrap_err();
        assert!(
            message.contains("slow-5g") && message.contains("clean-cable"),
            "{message}"
        );
        let file_contains = |text: &'static str| move |_: &str| Ok(text.to_owned());
        assert_eq!(
            parse_profile_arg("a.toml", file_contains("rtt_ms = 7")),
            Ok(parse_profile("rtt_ms = 7").unwrap())
        );
        let message = parse_profile_arg("a.toml", file_contains("rate_mbit = -3")).unwrap_err();
        for part in ["a.toml", "rate_mbit", "-3", "0.01", "Mbit/s"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
