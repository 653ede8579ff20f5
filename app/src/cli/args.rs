//! Parsers of arguments that several commands share.

use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use lanes_shared::link::trace::MAX_LEN;
use lanes_shared::link::{self, LinkProfile};
use lanes_shared::packet::{PacketError, PacketPlan};
use lanes_shared::size::{self, SizeError};

use crate::bounded_text;
use crate::lab::Http3Choice;
use lanes_engine::{Checksum, ChecksumError, MAX_CONNECTIONS, Mode};

/// Why an argument was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum ArgError {
    /// The number of connections is out of range.
    #[error("choose 1 to {MAX_CONNECTIONS} connections")]
    Connections,
    /// The number of connections is out of range, where `auto` is valid too.
    #[error("choose 1 to {MAX_CONNECTIONS} connections, or auto")]
    ConnectionsOrAuto,
    /// The text is not a size.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// The packet length is out of range.
    #[error(transparent)]
    PacketSize(#[from] PacketError),
    /// The packets of a link that is not emulated are requested.
    #[error(
        "--pcap and --events need an emulated link: choose another preset or a file with a rate"
    )]
    NoModel,
    /// The size of the file is out of range.
    #[error("choose 1 byte to {}", size::si(*.0))]
    FileSize(u64),
    /// The speed limit is 0.
    #[error("a limit of 0 would never finish: omit it for no limit")]
    ZeroRate,
    /// The link is neither a preset nor a valid profile.
    #[error(transparent)]
    Link(#[from] link::ProfileArgError),
    /// The checksum is not valid.
    #[error("{0}, or auto to look for it beside the file")]
    Checksum(#[from] ChecksumError),
    /// Several connections are requested in a mode that uses one.
    #[error("--mode {0} uses one connection: leave --connections out, or use --mode parallel")]
    SingleConnection(&'static str),
}

/// Returns the parser of a link. Its errors show the link as the type's own errors do, without secrets;
/// those of other parsers repeat the argument.
pub(super) fn parsed<T>() -> LinkParser<T> {
    LinkParser(PhantomData)
}

/// See [`parsed`].
#[derive(Clone)]
pub(super) struct LinkParser<T>(PhantomData<fn() -> T>);

impl<T> TypedValueParser for LinkParser<T>
where
    T: FromStr<Err: Display> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let error = |kind, text: String| command.clone().error(kind, text);
        let text = value
            .to_str()
            .ok_or_else(|| error(ErrorKind::InvalidUtf8, "the URL is not UTF-8".to_owned()))?;
        text.parse()
            .map_err(|reason: T::Err| error(ErrorKind::ValueValidation, reason.to_string()))
    }
}

/// Returns the parser of the choice to compare HTTP/3.
pub(super) fn http3() -> impl TypedValueParser<Value = Http3Choice> {
    let values = Http3Choice::ALL.map(|choice| {
        let help = match choice {
            Http3Choice::Never => "TCP only",
            Http3Choice::Offered => "if the server offers it in Alt-Svc",
            Http3Choice::Always => "even if the server does not say that it speaks it",
        };
        PossibleValue::new(choice.name()).help(help)
    });
    PossibleValuesParser::new(values).map(|name| {
        let mut choices = Http3Choice::ALL.into_iter();
        // The parser accepts the names of the choices only.
        choices
            .find(|choice| choice.name() == name)
            .unwrap_or_default()
    })
}

/// Returns the parser of a transfer mode.
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
        let mut modes = Mode::ALL.into_iter();
        // The parser accepts the names of the modes only.
        modes
            .find(|mode| mode.name() == name)
            .unwrap_or(Mode::Parallel)
    })
}

/// Parses a number of connections.
pub(super) fn connections(text: &str) -> Result<u16, ArgError> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=MAX_CONNECTIONS).contains(number))
        .ok_or(ArgError::Connections)
}

/// The requested number of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connections {
    /// Tuned during the download.
    Auto,
    /// A fixed number.
    Exactly(u16),
}

/// Parses a number of connections, or `auto`.
pub(super) fn connections_or_auto(text: &str) -> Result<Connections, ArgError> {
    if text.trim().eq_ignore_ascii_case("auto") {
        return Ok(Connections::Auto);
    }
    let exactly = connections(text).map(Connections::Exactly);
    exactly.map_err(|_| ArgError::ConnectionsOrAuto)
}

/// The expected checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExpectedChecksum {
    /// Those that stand beside the file on its server.
    Beside,
    /// This one.
    Exactly(Checksum),
}

/// Parses a checksum, or `auto`.
pub(super) fn checksum_or_auto(text: &str) -> Result<ExpectedChecksum, ArgError> {
    match text.trim().eq_ignore_ascii_case("auto") {
        true => Ok(ExpectedChecksum::Beside),
        false => Ok(ExpectedChecksum::Exactly(text.parse()?)),
    }
}

/// Parses a speed limit in bytes per second, such as `500KB` or `2MiB`.
pub(super) fn rate(text: &str) -> Result<u64, ArgError> {
    let bare = text.trim().trim_end_matches("/s");
    match size::parse(bare)? {
        0 => Err(ArgError::ZeroRate),
        rate => Ok(rate),
    }
}

/// Parses a packet length.
pub(super) fn packet_size(text: &str) -> Result<u32, ArgError> {
    let bytes = size::parse(text)?;
    let len = u32::try_from(bytes).unwrap_or(u32::MAX);
    Ok(PacketPlan::new(0, len)?.packet_len())
}

/// Parses a link: the name of a preset, or the path of a profile.
pub(super) fn link(text: &str) -> Result<LinkProfile, ArgError> {
    link::parse_profile_arg(text, |path| bounded_text::read(path.as_ref(), MAX_LEN))
        .map_err(ArgError::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_sizes_have_units_and_a_range() {
        assert_eq!(packet_size("64KiB"), Ok(65_536));
        assert_eq!(packet_size("128"), Ok(128));
        assert_eq!(packet_size("4MiB"), Ok(4 << 20));
        for wrong in ["127", "5MiB", "100GB", "x", "", "-1"] {
            assert!(packet_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_mode_has_its_name() {
        #[derive(clap::Parser)]
        struct Line {
            #[arg(long, value_parser = mode())]
            mode: Mode,
        }
        for mode in Mode::ALL {
            let line = <Line as clap::Parser>::try_parse_from(["x", "--mode", mode.name()]);
            assert_eq!(line.map(|line| line.mode).ok(), Some(mode));
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
