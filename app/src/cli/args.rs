//! Arguments that several commands read, made into values that are known to be right.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lanes_shared::link::{self, LinkProfile};
use lanes_shared::packet::PacketPlan;
use lanes_shared::size;

use lanes_engine::{MAX_CONNECTIONS, Mode};

/// Parses `--mode`; its help names each mode.
pub(super) fn mode() -> impl TypedValueParser<Value = Mode> {
    let values = Mode::ALL.map(|mode| {
        let help = match mode {
            Mode::Stream => "one connection, plain bytes in order",
            Mode::Packets => "one connection, numbered packets",
            Mode::Parallel => "many connections, numbered packets",
        };
        PossibleValue::new(mode.name()).help(help)
    });
    PossibleValuesParser::new(values).map(|name| {
        let mode = Mode::ALL.into_iter().find(|mode| mode.name() == name);
        mode.unwrap_or(Mode::Parallel)
    })
}

/// Reads a number of connections.
pub(super) fn connections(text: &str) -> Result<u16, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=MAX_CONNECTIONS).contains(number))
        .ok_or_else(|| format!("choose 1 to {MAX_CONNECTIONS} connections"))
}

/// How many connections are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connections {
    /// As many as prove worth it.
    Auto,
    /// So many.
    Exactly(u16),
}

/// Reads a number of connections, or `auto`.
pub(super) fn connections_or_auto(text: &str) -> Result<Connections, String> {
    if text.trim().eq_ignore_ascii_case("auto") {
        return Ok(Connections::Auto);
    }
    let exactly = connections(text).map(Connections::Exactly);
    exactly.map_err(|error| format!("{error}, or auto"))
}

/// Reads a speed limit in bytes a second, such as `500KB` or `2MiB`.
pub(super) fn rate(text: &str) -> Result<u64, String> {
    let bare = text.trim().trim_end_matches("/s");
    match size::parse(bare).map_err(|error| error.to_string())? {
        0 => Err("a limit of 0 would never end: leave it out for no limit".into()),
        rate => Ok(rate),
    }
}

/// Reads the length of a packet.
pub(super) fn packet_size(text: &str) -> Result<u32, String> {
    let bytes = size::parse(text).map_err(|error| error.to_string())?;
    let len = u32::try_from(bytes).unwrap_or(u32::MAX);
    let plan = PacketPlan::new(0, len).map_err(|error| error.to_string())?;
    Ok(plan.packet_len())
}

/// Reads a link: the name of a preset, or a file that holds a profile.
pub(super) fn link(text: &str) -> Result<LinkProfile, String> {
    link::parse_profile_arg(text, |path| std::fs::read_to_string(path))
}

/// What to say when several connections are asked for in a mode that has one.
pub(super) fn too_many(mode: Mode) -> String {
    let name = mode.name();
    format!("--mode {name} uses one connection: leave --connections out, or use --mode parallel")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_sizes_are_read_with_units_and_kept_in_range() {
        assert_eq!(packet_size("64KiB"), Ok(65_536));
        assert_eq!(packet_size("128"), Ok(128));
        assert_eq!(packet_size("4MiB"), Ok(4 << 20));
        for wrong in ["127", "5MiB", "100GB", "x", "", "-1"] {
            assert!(packet_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn connections_are_one_to_sixty_four() {
        assert_eq!(connections("1"), Ok(1));
        assert_eq!(connections(" 64"), Ok(64));
        for wrong in ["0", "65", "-1", "1.5", "ten", "99999"] {
            assert!(connections(wrong).is_err(), "{wrong}");
        }
    }
}
