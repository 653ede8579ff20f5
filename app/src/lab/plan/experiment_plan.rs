//! The plan of one experiment: its checks, and the download that each swept value stands for.

use std::net::IpAddr;
use std::path::PathBuf;

use lanes_shared::link::{Link, LinkProfile};

use super::http_runs::{Http3Choice, HttpRuns};
use super::limits::{MAX_ROUNDS, MAX_SIDE_BY_SIDE};
use super::plan_error::PlanError;
use super::sweep::Sweep;
use lanes_engine::Source;
use lanes_engine::{Destination, DownloadSpec, Mode};

/// The largest seed of a link profile.
const MAX_SEED: u64 = 1 << 53;

/// The file, transfer mode and swept parameter of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The file (with [`Sweep::FileSize`]: any file of a server that offers the samples).
    pub source: Source,
    /// Transfer mode.
    pub mode: Mode,
    /// The swept parameter and its values.
    pub sweep: Sweep,
    /// Connections of every run, unless connections are swept.
    pub connections: u16,
    /// Packet length of every run in bytes, unless packet lengths are swept.
    pub packet_len: u32,
    /// The link that the server emulates; `None` leaves the choice to the server. The first round
    /// uses the seed of the profile, each later round a seed of its own.
    pub link: Option<LinkProfile>,
    /// The part that concerns HTTP servers.
    pub http: HttpRuns,
    /// The real path to a server that emulates none, for a prediction beside the measurements.
    pub expected_path: Option<LinkProfile>,
    /// Number of rounds, at least 1. Each round runs every value once.
    pub rounds: u32,
    /// Seed of the random order of the values within each round.
    pub seed: u64,
}

/// Checks each plan, and that all of them can run side by side.
///
/// # Errors
/// [`PlanError::Empty`], [`PlanError::TooMany`], [`PlanError::MixedSweeps`], or what
/// [`Plan::check`] returns for one of them.
pub(crate) fn check_all(plans: &[Plan]) -> Result<(), PlanError> {
    let [first, others @ ..] = plans else {
        return Err(PlanError::Empty);
    };
    if plans.len() > MAX_SIDE_BY_SIDE {
        return Err(PlanError::TooMany(plans.len()));
    }
    let differs = |plan: &Plan| !plan.sweep.is_comparable_with(&first.sweep);
    if others.iter().any(differs) {
        return Err(PlanError::MixedSweeps);
    }
    plans.iter().try_for_each(Plan::check)
}

impl Plan {
    /// Checks the values, the rounds, and that mode, source and sweep fit each other.
    ///
    /// # Errors
    /// A [`PlanError`] that names the value, its range and what to change.
    pub fn check(&self) -> Result<(), PlanError> {
        let values = self.sweep.values();
        let parameter = self.sweep.label();
        if values.is_empty() {
            return Err(PlanError::NoValue(parameter));
        }
        if let Some(twice) = self.sweep.duplicate() {
            return Err(PlanError::Duplicate(twice));
        }
        let range = self.sweep.range();
        if let Some(value) = values.iter().copied().find(|value| !range.contains(value)) {
            let (low, high) = range.into_inner();
            return Err(PlanError::OutOfRange {
                value,
                parameter,
                low,
                high,
            });
        }
        if !(1..=MAX_ROUNDS).contains(&self.rounds) {
            return Err(PlanError::Rounds(self.rounds));
        }
        self.check_mode()?;
        self.check_source()?;
        values.iter().try_for_each(|value| {
            let request = self.request(*value, PathBuf::new());
            request.check().map_err(PlanError::Download)
        })
    }

    fn check_mode(&self) -> Result<(), PlanError> {
        match &self.sweep {
            Sweep::Connections(values)
                if self.mode != Mode::Parallel && values.iter().any(|value| *value > 1) =>
            {
                Err(PlanError::SingleConnection(self.mode.name()))
            }
            Sweep::Link(_) if self.link.is_some() => Err(PlanError::LinkTwice),
            Sweep::PacketLen(_) if self.mode == Mode::Stream => Err(PlanError::NoPackets),
            _ => Ok(()),
        }
    }

    /// HTTP servers have neither packets nor emulated links.
    fn check_source(&self) -> Result<(), PlanError> {
        if self.http.http3 != Http3Choice::Never && !self.is_https() {
            return Err(PlanError::Http3WithoutHttps);
        }
        if !self.is_http() {
            return Ok(());
        }
        match (&self.sweep, self.mode) {
            (Sweep::Connections(_), Mode::Packets) => Err(PlanError::PacketsOverHttp),
            (Sweep::Connections(_), _) => Ok(()),
            (other, _) => Err(PlanError::SweepOverHttp(other.label())),
        }
    }

    /// Returns whether the server is an HTTP server, which emulates no link.
    pub fn is_http(&self) -> bool {
        matches!(self.source, Source::Http(_))
    }

    /// Returns whether the server is reached over TLS, without which there is no HTTP/3.
    pub fn is_https(&self) -> bool {
        matches!(&self.source, Source::Http(url) if url.is_https())
    }

    /// Returns the download that `value` stands for, saved into `folder`.
    pub(crate) fn request(&self, value: u64, folder: PathBuf) -> DownloadSpec {
        let mut request = DownloadSpec {
            destination: Destination::Folder(folder),
            mode: self.mode,
            connections: self.connections,
            packet_len: self.packet_len,
            link: self.link.clone(),
            flush: false,
            open_all_connections: true,
            http: self.http.options(),
            ..DownloadSpec::new(self.source.clone())
        };
        // A value out of range saturates, so that `DownloadSpec::check` refuses it.
        match &self.sweep {
            Sweep::Connections(_) => request.connections = value.try_into().unwrap_or(u16::MAX),
            Sweep::PacketLen(_) => request.packet_len = value.try_into().unwrap_or(u32::MAX),
            Sweep::Link(_) => request.link = self.sweep.link(value).cloned(),
            Sweep::FileSize(_) => {
                if let Source::Lanes { name, .. } = &mut request.source {
                    *name = format!("sample-{value}B.bin");
                }
            }
        }
        request
    }

    /// Gives a round, counted from 0, its own random losses, stalls and resets; with the same seed
    /// in every round, the runs would not show the effect of chance. Within a round all values
    /// share one seed.
    pub(crate) fn reseed_links(&mut self, round: usize) {
        let links = match &mut self.sweep {
            Sweep::Link(links) => links.as_mut_slice(),
            _ => self.link.as_mut_slice(),
        };
        for link in links.iter_mut().filter(|link| !link.is_open()) {
            // The model counts its seeds in the same way, from the seed of the link.
            let seed = link.validate().map_or(1, |link| link.seed());
            link.seed = Some(seed.saturating_add(round as u64).min(MAX_SEED));
        }
    }

    /// Returns the link that is emulated in every run; `None` if there is no link, if it limits
    /// nothing, or if links are swept.
    pub fn emulated(&self) -> Option<&LinkProfile> {
        self.link.as_ref().filter(|link| !link.is_open())
    }

    /// Returns the validated form of [`Plan::emulated`].
    pub fn link(&self) -> Option<Link> {
        self.emulated().and_then(|profile| profile.validate().ok())
    }

    /// Returns the profile of the link that is emulated in the runs of `value`, or else of the path that
    /// is expected.
    pub fn profile_of(&self, value: u64) -> Option<&LinkProfile> {
        let swept = self.sweep.link(value).filter(|link| !link.is_open());
        let expected = self.expected_path.as_ref().filter(|link| !link.is_open());
        swept.or_else(|| self.emulated()).or(expected)
    }

    /// Returns the validated form of [`Plan::profile_of`].
    pub fn link_of(&self, value: u64) -> Option<Link> {
        self.profile_of(value)
            .and_then(|profile| profile.validate().ok())
    }

    /// Returns the number of connections that the runs of `value` use.
    pub(crate) fn connections_of(&self, value: u64) -> u16 {
        self.request(value, PathBuf::new()).connections
    }

    /// Returns the length in bytes of the file that the runs of `value` download; `len` is the
    /// length of the experiment's file, if known.
    pub(crate) fn len_of(&self, value: u64, len: Option<u64>) -> Option<u64> {
        match self.sweep {
            Sweep::FileSize(_) => Some(value),
            Sweep::Connections(_) | Sweep::PacketLen(_) | Sweep::Link(_) => len,
        }
    }

    /// Returns whether the server is reached over the loopback interface of this machine.
    pub fn is_loopback(&self) -> bool {
        // A URL encloses an IPv6 address in brackets.
        let host = self.source.host().trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plan for a server that does not exist.
    pub(crate) fn plan(sweep: Sweep) -> Plan {
        Plan {
            source: "lanes://server.example:5115/Data.jpg".parse().unwrap(),
            mode: Mode::Parallel,
            sweep,
            connections: 4,
            packet_len: 1024,
            link: None,
            http: HttpRuns::default(),
            expected_path: None,
            rounds: 3,
            seed: 1,
        }
    }

    #[test]
    fn each_value_has_its_own_download() {
        let request = |sweep, value| plan(sweep).request(value, PathBuf::from("x"));
        let ten = request(Sweep::Connections(vec![10]), 10);
        assert_eq!(
            (ten.connections, ten.packet_len, ten.flush),
            (10, 1024, false)
        );
        let small = request(Sweep::PacketLen(vec![128]), 128);
        assert_eq!((small.connections, small.packet_len), (4, 128));
        let file = request(Sweep::FileSize(vec![500]), 500);
        assert_eq!(
            file.source.to_string(),
            "lanes://server.example:5115/sample-500B.bin"
        );
        assert_eq!(file.destination, Destination::Folder(PathBuf::from("x")));
    }

    #[test]
    fn each_round_has_its_own_link_seed() {
        let mut plan = plan(Sweep::Connections(vec![1]));
        plan.reseed_links(2);
        assert_eq!(plan.link, None);
        for (text, round, seed) in [
            ("lossy-transatlantic", 0, 1),
            ("lossy-transatlantic", 2, 3),
            ("loss_percent = 1\nseed = 40", 1, 41),
            ("loss_percent = 1\nseed = 9007199254740992", 7, MAX_SEED),
        ] {
            plan.link = lanes_shared::link::parse_profile(text).ok();
            plan.reseed_links(round);
            let drawn = plan.link.take().unwrap();
            assert!(drawn.seed == Some(seed) && drawn.validate().is_ok());
        }
    }

    #[test]
    fn invalid_plans_are_refused_with_the_reason() {
        let connections = |values: &[u16]| plan(Sweep::Connections(values.to_vec()));
        assert_eq!(connections(&[1, 5]).check(), Ok(()));
        for (wrong, word) in [
            (connections(&[]), "no value"),
            (connections(&[1, 5, 1]), "twice"),
            (connections(&[0]), "1 to 64"),
            (connections(&[65]), "1 to 64"),
            (plan(Sweep::PacketLen(vec![127])), "128"),
            (plan(Sweep::FileSize(vec![u64::MAX])), "0 to"),
            (
                Plan {
                    rounds: 0,
                    ..connections(&[1])
                },
                "rounds",
            ),
            (
                Plan {
                    mode: Mode::Stream,
                    ..connections(&[1, 2])
                },
                "parallel",
            ),
            (
                Plan {
                    mode: Mode::Stream,
                    ..plan(Sweep::PacketLen(vec![128]))
                },
                "packets",
            ),
            (
                Plan {
                    connections: 0,
                    ..plan(Sweep::FileSize(vec![1]))
                },
                "1 to 64",
            ),
        ] {
            let error = wrong.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn an_http_server_allows_only_connections_as_the_sweep() {
        let http = |sweep| Plan {
            source: "https://server.example/f".parse().unwrap(),
            ..plan(sweep)
        };
        let counts = || http(Sweep::Connections(vec![1, 4]));
        assert_eq!(counts().check(), Ok(()));
        for (wrong, word) in [
            (http(Sweep::PacketLen(vec![128, 256])), "packet size"),
            (http(Sweep::FileSize(vec![1, 2])), "file size"),
            (
                Plan {
                    mode: Mode::Packets,
                    ..http(Sweep::Connections(vec![1]))
                },
                "mode packets",
            ),
            (
                Plan {
                    link: lanes_shared::link::parse_profile("slow-4g").ok(),
                    ..counts()
                },
                "only a Lanes server",
            ),
        ] {
            let error = wrong.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn loopback_hosts_are_recognised() {
        let at = |host: &str| {
            let source = format!("lanes://{host}/f").parse().unwrap();
            Plan {
                source,
                ..plan(Sweep::Connections(vec![1]))
            }
            .is_loopback()
        };
        assert!(at("127.0.0.1:9") && at("[::1]:9") && at("LocalHost") && at("127.3.2.1"));
        assert!(!at("10.0.0.1") && !at("example.org") && !at("localhost.example.org"));
    }
}
