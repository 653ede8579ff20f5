//! What an experiment is to do: what a plan must be like, and the download that each of its values
//! stands for.

use std::net::IpAddr;
use std::path::PathBuf;

use lanes_shared::link::{Link, LinkProfile};

use super::sweep::Sweep;
use crate::engine::source::Source;
use crate::engine::{Destination, Mode, Request};

/// The most rounds an experiment may have.
pub(crate) const MAX_ROUNDS: u32 = 1000;

/// The greatest seed that a link profile may have.
const MAX_SEED: u64 = 1 << 53;

/// What an experiment is to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The file (with [`Sweep::FileSize`]: any file of the server that has the samples).
    pub source: Source,
    /// How the file comes over.
    pub mode: Mode,
    /// What is varied.
    pub sweep: Sweep,
    /// The connections of every run, where they are not what is varied.
    pub connections: u16,
    /// The packet length in bytes of every run, where it is not what is varied.
    pub packet_len: u32,
    /// The link that the server is to emulate; `None` leaves it to the server. Each round has a seed
    /// of its own, the first that of the link.
    pub link: Option<LinkProfile>,
    /// How many rounds: each value is run once a round. At least 1.
    pub rounds: u32,
    /// Chooses the random order of the values within each round.
    pub seed: u64,
}

impl Plan {
    /// Checks that the plan makes sense.
    ///
    /// # Errors
    /// In words that name the value, its range and what to do.
    pub fn check(&self) -> Result<(), String> {
        let values = self.sweep.values();
        let label = self.sweep.label();
        if values.is_empty() {
            return Err(format!("no value to run: give at least one for {label}"));
        }
        if let Some(twice) = self.sweep.duplicate() {
            return Err(format!("{twice} is there twice: give each value once"));
        }
        let range = self.sweep.range();
        if let Some(wrong) = values.iter().find(|value| !range.contains(value)) {
            let (low, high) = (range.start(), range.end());
            return Err(format!("{wrong} for {label}: choose {low} to {high}"));
        }
        if !(1..=MAX_ROUNDS).contains(&self.rounds) {
            return Err(format!("{} rounds: choose 1 to {MAX_ROUNDS}", self.rounds));
        }
        self.check_mode()?;
        self.check_source()?;
        values
            .iter()
            .try_for_each(|value| self.request(*value, PathBuf::new()).check())
    }

    fn check_mode(&self) -> Result<(), String> {
        let mode = self.mode.name();
        match &self.sweep {
            Sweep::Connections(values)
                if self.mode != Mode::Parallel && values.iter().any(|value| *value > 1) =>
            {
                Err(format!(
                    "mode {mode} uses one connection: choose mode parallel to compare connections"
                ))
            }
            Sweep::Link(_) if self.link.is_some() => Err(
                "links are what is compared: leave out the link of every run".to_owned(),
            ),
            Sweep::PacketLen(_) if self.mode == Mode::Stream => Err(
                "mode stream has no packets: choose mode packets or parallel to compare packet sizes"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// An HTTP server knows neither packets nor links.
    fn check_source(&self) -> Result<(), String> {
        if !self.is_http() {
            return Ok(());
        }
        match (&self.sweep, self.mode) {
            (Sweep::Connections(_), Mode::Packets) => Err(
                "mode packets needs a Lanes server: choose mode parallel for an HTTP server"
                    .to_owned(),
            ),
            (Sweep::Connections(_), _) => Ok(()),
            (other, _) => Err(format!(
                "to compare by {} needs a Lanes server: compare connections with an HTTP server",
                other.label()
            )),
        }
    }

    /// Whether the file comes over HTTP: then nothing is emulated and nothing foreseen.
    pub fn is_http(&self) -> bool {
        matches!(self.source, Source::Http(_))
    }

    /// The download that `value` stands for, into `folder`.
    pub(crate) fn request(&self, value: u64, folder: PathBuf) -> Request {
        let mut request = Request {
            destination: Destination::Folder(folder),
            mode: self.mode,
            connections: self.connections,
            packet_len: self.packet_len,
            link: self.link.clone(),
            flush: false,
            every_connection: true,
            ..Request::new(self.source.clone())
        };
        // A value out of range saturates, so that `Request::check` refuses it.
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

    /// Gives each round, counted from 0, its own losses, stalls and resets: runs that all draw the
    /// same ones would say nothing about chance. A round draws the same for every value.
    pub(crate) fn reseed_links(&mut self, round: usize) {
        let links = match &mut self.sweep {
            Sweep::Link(links) => links.as_mut_slice(),
            _ => self.link.as_mut_slice(),
        };
        for link in links.iter_mut().filter(|link| !link.is_open()) {
            // As in the model: the link's own seed is the first of them.
            let seed = link.validate().map_or(1, |link| link.seed());
            link.seed = Some(seed.saturating_add(round as u64).min(MAX_SEED));
        }
    }

    /// The link that is emulated in every run; `None` where none is asked for, where it emulates
    /// nothing, and where links are what is varied.
    pub fn emulated(&self) -> Option<&LinkProfile> {
        self.link.as_ref().filter(|link| !link.is_open())
    }

    /// The same, checked.
    pub fn link(&self) -> Option<Link> {
        self.emulated().and_then(|profile| profile.validate().ok())
    }

    /// The link that is emulated in the runs of `value`, as a profile; `None` where there is none.
    pub fn profile_of(&self, value: u64) -> Option<&LinkProfile> {
        let varied = self.sweep.link(value).filter(|link| !link.is_open());
        varied.or_else(|| self.emulated())
    }

    /// The same, checked.
    pub fn link_of(&self, value: u64) -> Option<Link> {
        self.profile_of(value)
            .and_then(|profile| profile.validate().ok())
    }

    /// How many connections the runs of `value` use.
    pub(crate) fn connections_of(&self, value: u64) -> u16 {
        self.request(value, PathBuf::new()).connections
    }

    /// Whether the server is reached over the loopback interface of this machine.
    pub fn is_loopback(&self) -> bool {
        // In a URL an IPv6 address stands in brackets.
        let host = self.source.host().trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plan of a server that nobody asks.
    pub(crate) fn plan(sweep: Sweep) -> Plan {
        Plan {
            source: "lanes://server.example:5115/Data.jpg".parse().unwrap(),
            mode: Mode::Parallel,
            sweep,
            connections: 4,
            packet_len: 1024,
            link: None,
            rounds: 3,
            seed: 1,
        }
    }

    #[test]
    fn each_value_is_another_download() {
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
    fn each_round_draws_its_own_losses() {
        let mut plan = plan(Sweep::Connections(vec![1]));
        plan.reseed_links(2);
        assert_eq!(plan.link, None);
        for (text, round, seed) in [
            ("lossy-transatlantic", 0, 1),
            ("lossy-transatlantic", 2, 3),
            ("loss_percent = 1\nseed = 40", 1, 41),
            ("loss_percent = 1\nseed = 9007199254740992", 7, MAX_SEED),
        ] {
            plan.link = lanes_shared::link::named(text).ok();
            plan.reseed_links(round);
            let drawn = plan.link.take().unwrap();
            assert!(drawn.seed == Some(seed) && drawn.validate().is_ok());
        }
    }

    #[test]
    fn plans_that_make_no_sense_are_refused_in_words() {
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
            let words = wrong.check().unwrap_err();
            assert!(words.contains(word), "{words}");
        }
    }

    #[test]
    fn an_http_server_is_compared_by_connections_alone() {
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
                    link: lanes_shared::link::named("slow-4g").ok(),
                    ..counts()
                },
                "only a Lanes server",
            ),
        ] {
            let words = wrong.check().unwrap_err();
            assert!(words.contains(word), "{words}");
        }
    }

    #[test]
    fn loopback_is_known_by_its_names() {
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
