//! Asking a server what it has.

use std::time::{Duration, Instant};

use lanes_shared::catalog::Entry;
use lanes_shared::wire::{Reply, Request};

use super::connection::{Connection, ConnectionError, Sink, hello, session_id, unasked};
use crate::model::source_url::ServerName;

/// Asks a server for its whole catalogue, sorted by name.
///
/// # Errors
/// Any [`ConnectionError`]. One that takes longer than a minute is lost.
pub fn list(server: &ServerName) -> Result<Vec<Entry>, ConnectionError> {
    let mut connection = Connection::open(server, |_| {})?;
    let begun = Instant::now();
    let mut out = hello(session_id(), None);
    let mut pages = Pages::default();
    while pages.more {
        let after = pages
            .entries
            .last()
            .map(|entry| entry.name.clone())
            .unwrap_or_default();
        Request::List { after }.encode(&mut out);
        connection.send(&out)?;
        out.clear();
        let before = pages.seen;
        while pages.seen == before {
            connection.receive(&mut pages)?;
            if begun.elapsed() > TIMEOUT {
                let reason = "its catalogue takes too long".to_owned();
                return Err(ConnectionError::Lost(reason));
            }
        }
    }
    Ok(pages.entries)
}

/// Collects the pages of a catalogue.
struct Pages {
    entries: Vec<Entry>,
    seen: u32,
    more: bool,
    welcomed: bool,
    /// Bytes of all names.
    names_len: usize,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            seen: 0,
            more: true,
            welcomed: false,
            names_len: 0,
        }
    }
}

/// The most entries taken from one server: beyond that it is no catalogue but an attack.
const MAX_ENTRIES: usize = 100_000;
/// The most that their names may take together, in bytes (16 MiB).
const MAX_NAMES_LEN: usize = 16 << 20;
/// How long all of them may take.
const TIMEOUT: Duration = Duration::from_secs(60);

impl Sink for Pages {
    fn reply(&mut self, reply: Reply) -> Result<(), ConnectionError> {
        match reply {
            Reply::Welcome { .. } if !self.welcomed => {
                self.welcomed = true;
                Ok(())
            }
            Reply::Catalogue { entries, more } => {
                let last = self.entries.last().map(|entry| &entry.name);
                let forward = entries.first().map(|entry| &entry.name) > last;
                let names = entries.iter().map(|entry| entry.name.len());
                self.names_len += names.sum::<usize>();
                let too_much = self.entries.len() > MAX_ENTRIES || self.names_len > MAX_NAMES_LEN;
                if too_much || (more && !forward) {
                    return Err(ConnectionError::Protocol("its catalogue has no end".into()));
                }
                self.entries.extend(entries);
                self.seen += 1;
                self.more = more;
                Ok(())
            }
            _ => Err(unasked()),
        }
    }

    fn packet_begins(&mut self, _: u64, _: u32) -> Result<(), ConnectionError> {
        Err(unasked())
    }

    fn packet_bytes(&mut self, _: u64, _: u32, _: &[u8]) -> Result<(), ConnectionError> {
        Err(unasked())
    }

    fn packet_ends(&mut self, _: u64, _: bool) -> Result<(), ConnectionError> {
        Err(unasked())
    }

    fn stream_bytes(&mut self, _: &[u8]) -> Result<(), ConnectionError> {
        Err(unasked())
    }
}
