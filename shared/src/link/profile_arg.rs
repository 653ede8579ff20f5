//! What a hello or a command line says about the link: the id of a preset, a profile as TOML, or the
//! file that holds one.

use std::io;

use super::presets::{PRESETS, preset};
use super::{LinkProfile, ProfileError};

/// Reads the id of a preset, or a profile.
///
/// # Errors
/// When it is neither; the error is the profile's.
pub fn parse_profile(text: &str) -> Result<LinkProfile, ProfileError> {
    match preset(text.trim()) {
        Some(preset) => Ok(preset.profile()),
        None => LinkProfile::from_toml(text),
    }
}

/// Reads a command line's `PRESET|FILE.toml`; `read` reads a file.
///
/// # Errors
/// In words that list the presets, or name the file and what is wrong with it.
pub fn parse_profile_arg(
    text: &str,
    read: impl FnOnce(&str) -> io::Result<String>,
) -> Result<LinkProfile, String> {
    if let Some(preset) = preset(text) {
        return Ok(preset.profile());
    }
    let file = read(text).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!(
            "`{text}` is neither a preset nor a file; the presets are {}",
            preset_ids()
        ),
        _ => format!("cannot read the link profile: {error}: {text}"),
    })?;
    LinkProfile::from_toml(&file).map_err(|error| format!("{text}: {error}"))
}

/// The name to show: the preset's id, or the profile's fields in one line.
pub fn profile_name(profile: &LinkProfile) -> String {
    let same = PRESETS.iter().find(|preset| preset.profile() == *profile);
    match same {
        Some(preset) => preset.id.to_owned(),
        None => profile.to_toml().trim_end().replace('\n', ", "),
    }
}

/// The ids of all presets, for people: `a, b, c`.
pub fn preset_ids() -> String {
    PRESETS.map(|preset| preset.id).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_and_profiles_are_read_and_named() {
        let slow = parse_profile(" slow-4g\n").unwrap();
        assert_eq!(
            (slow.rtt_ms, profile_name(&slow).as_str()),
            (Some(150.0), "slow-4g")
        );
        let own = parse_profile("rtt_ms = 7\nrate_mbit = 3.5").unwrap();
        assert_eq!(profile_name(&own), "rate_mbit = 3.5, rtt_ms = 7.0");
        assert!(parse_profile("no-such-preset").is_err());
        assert!(preset_ids().contains("clean-cable, slow-4g"));
    }

    #[test]
    fn an_argument_is_a_preset_or_a_file_and_errors_name_it() {
        let none = |_: &str| Err(io::ErrorKind::NotFound.into());
        assert_eq!(
            parse_profile_arg("slow-4g", none),
            parse_profile("slow-4g").map_err(|_| String::new())
        );
        let words = parse_profile_arg("slow-5g", none).unwrap_err();
        assert!(
            words.contains("slow-5g") && words.contains("clean-cable"),
            "{words}"
        );
        let holds = |text: &'static str| move |_: &str| Ok(text.to_owned());
        assert_eq!(
            parse_profile_arg("a.toml", holds("rtt_ms = 7")),
            Ok(parse_profile("rtt_ms = 7").unwrap())
        );
        let words = parse_profile_arg("a.toml", holds("rate_mbit = -3")).unwrap_err();
        for part in ["a.toml", "rate_mbit", "-3", "0.01", "Mbit/s"] {
            assert!(words.contains(part), "{words}");
        }
    }
}
