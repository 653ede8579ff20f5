//! What a user asks for: one file, where it comes from, where it goes and how.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use lanes_shared::link::LinkProfile;
use lanes_shared::packet::{DEFAULT_PACKET_LEN, PacketError, PacketPlan};
use lanes_shared::wire::Order;
use serde::{Deserialize, Serialize};

use super::checksum::Checksum;
use super::http_options::HttpOptions;
use super::piece_hashes::PieceHashes;
use super::source_url::Source;

/// The most connections one download may use.
pub const MAX_CONNECTIONS: u16 = 64;
/// The connections of a download where nobody asked for another number.
pub const DEFAULT_CONNECTIONS: u16 = 10;
/// The most connections that are tried where their number is found and nobody said another.
pub const MOST_IF_AUTO: u16 = 16;

/// The most connections to one HTTP server, where nobody asked for another number.
pub const PER_HOST: u16 = 16;

/// How a file comes over: the three parts of the program that Lanes grew from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One connection, plain bytes in order.
    Stream,
    /// One connection, numbered packets.
    Packets,
    /// Many connections, numbered packets.
    Parallel,
}

impl Mode {
    /// All modes, in the order in which they are taught.
    pub const ALL: [Self; 3] = [Self::Stream, Self::Packets, Self::Parallel];

    /// The mode's name on screens and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Packets => "packets",
            Self::Parallel => "parallel",
        }
    }

    /// How many connections the mode opens when `asked` are asked for.
    pub fn connections(self, asked: u16) -> u16 {
        match self {
            Self::Stream | Self::Packets => 1,
            Self::Parallel => asked.clamp(1, MAX_CONNECTIONS),
        }
    }
}

/// Where a download is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destination {
    /// On the Desktop, under the server's name.
    Desktop,
    /// In this folder, under the server's name.
    Folder(PathBuf),
    /// As this file.
    File(PathBuf),
}

impl Destination {
    /// Whether it says the file's name.
    pub fn names_file(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

/// One download, as asked for.
#[derive(Debug, Clone)]
pub struct DownloadSpec {
    /// Where the bytes come from.
    pub source: Source,
    /// Other HTTP servers that give the same file.
    pub mirrors: Vec<Source>,
    /// Where they go.
    pub destination: Destination,
    /// How they come.
    pub mode: Mode,
    /// How many connections, 1 to [`MAX_CONNECTIONS`]; only [`Mode::Parallel`] uses more than one.
    pub connections: u16,
    /// Whether the number of connections is found while the download runs; `connections` is then the
    /// most that is tried.
    pub auto: bool,
    /// The most connections to one HTTP server.
    pub per_host: u16,
    /// Length of a packet in bytes.
    pub packet_len: u32,
    /// The order in which the server sends a run's packets.
    pub order: Order,
    /// The file's name, if neither link nor server is to say it.
    pub name: Option<String>,
    /// The file's length in bytes, where it is known before: a server that has another is not used.
    pub len: Option<u64>,
    /// What the file must hash to, besides what the server says.
    pub checksum: Option<Checksum>,
    /// What each piece must hash to. They are looked at when the whole is not as it should be, or
    /// there is no `checksum`; then what is wrong, and nothing else, is fetched again.
    pub pieces: Option<Arc<PieceHashes>>,
    /// Whether a Metalink file at the link ends the download with [`crate::FetchError::Metalink`].
    pub stop_at_metalink: bool,
    /// The link that the server is to emulate for this download; `None` leaves it to the server.
    pub link: Option<LinkProfile>,
    /// Whether the finished file is flushed to the disk before it is called finished. Experiments
    /// leave it off: they measure the network, not the disk.
    pub flush: bool,
    /// How HTTP servers are spoken to.
    pub http: HttpOptions,
    /// The most bytes a second; `None` for no limit.
    pub rate_limit: Option<u64>,
    /// Whether every connection is made, also where the file will be there before it could bring anything.
    /// Experiments are about what connections bring.
    pub every_connection: bool,
    /// Whether what an earlier attempt left is deleted instead of taken up.
    pub restart: bool,
    /// Whether the download begins anew when the file at the source has changed.
    pub restart_on_change: bool,
    /// Whether this source takes the place of another: what is unfinished at the destination came
    /// from elsewhere and is the same file. Its length, and the validators if it has any, must agree.
    pub same_file: bool,
}

impl DownloadSpec {
    /// A request with every default: to the Desktop, over [`DEFAULT_CONNECTIONS`].
    pub fn new(source: Source) -> Self {
        Self {
            source,
            mirrors: Vec::new(),
            destination: Destination::Desktop,
            mode: Mode::Parallel,
            connections: DEFAULT_CONNECTIONS,
            auto: false,
            per_host: MAX_CONNECTIONS,
            packet_len: DEFAULT_PACKET_LEN,
            order: Order::InOrder,
            name: None,
            len: None,
            checksum: None,
            pieces: None,
            stop_at_metalink: false,
            link: None,
            flush: true,
            http: HttpOptions::default(),
            rate_limit: None,
            every_connection: false,
            restart: false,
            restart_on_change: false,
            same_file: false,
        }
    }

    /// How many connections there may be: as the mode has them, and as many as the servers allow.
    pub fn most_connections(&self) -> u16 {
        let asked = self.mode.connections(self.connections);
        match self.source {
            Source::Lanes { .. } => asked,
            Source::Http(_) => {
                let servers = 1 + self.mirrors.len().min(usize::from(MAX_CONNECTIONS)) as u16;
                asked.min(self.per_host.max(1).saturating_mul(servers))
            }
        }
    }

    /// The most connections that are tried, where their number is found.
    pub(crate) fn most_if_auto(&self) -> Option<u16> {
        (self.auto && self.mode == Mode::Parallel).then_some(self.connections)
    }

    /// The source and its mirrors.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.source).chain(&self.mirrors)
    }

    /// The file's name as far as it is known without asking; empty when it is not.
    pub fn file_name(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => name.into(),
            None => self.source.name(),
        }
    }

    /// Whether the file can be so long.
    ///
    /// # Errors
    /// In words.
    pub(crate) fn check_len(&self, len: u64) -> Result<(), String> {
        if let Some(expected) = self.len.filter(|expected| *expected != len) {
            return Err(format!(
                "the server's file has {len} bytes, and the one that is wanted has {expected}"
            ));
        }
        if self.pieces.as_ref().is_some_and(|pieces| !pieces.fits(len)) {
            return Err(format!(
                "the server's file has {len} bytes, which the hashes of the pieces do not fit"
            ));
        }
        Ok(())
    }

    /// Checks the numbers that a user may have typed.
    ///
    /// # Errors
    /// In words that name the value, its range and what to do.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=MAX_CONNECTIONS).contains(&self.connections) {
            let asked = self.connections;
            return Err(format!(
                "{asked} connections: choose 1 to {MAX_CONNECTIONS}"
            ));
        }
        if self
            .mirrors
            .iter()
            .chain([&self.source])
            .any(|s| s.lanes_server().is_some())
            && !self.mirrors.is_empty()
        {
            return Err("mirrors are links to HTTP servers: http://… or https://…".into());
        }
        if self.link.is_some() && self.source.lanes_server().is_none() {
            return Err(
                "only a Lanes server emulates a link: use a lanes:// link, or leave the link out"
                    .into(),
            );
        }
        self.http.check()?;
        if let Some(link) = &self.link {
            link.validate().map_err(|error| error.to_string())?;
        }
        PacketPlan::new(0, self.packet_len)
            .map(drop)
            .map_err(|error: PacketError| error.to_string())
    }
}
