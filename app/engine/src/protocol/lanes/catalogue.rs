//! Lists the files of a Lanes server.

use std::time::{Duration, Instant};

use lanes_shared::catalog::Entry;
use lanes_shared::wire::{Reply, Request};

use super::connection::{Connection, Sink, hello};
use crate::model::random_id;
use crate::model::source_url::ServerName;
use crate::model::time_limits::TimeLimits;
use crate::protocol::error::{ConnectionError, Disconnect, ProtocolViolation};

/// Limit of entries from one server.
const MAX_ENTRIES: usize = 100_000;
/// Limit of the total length of their names, in bytes (16 MiB).
const MAX_NAMES_LEN: usize = 16 << 20;
/// Time limit for the whole catalogue.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Fetches the whole catalogue of `server`, sorted by name.
///
/// # Errors
/// Any [`ConnectionError`]; [`ConnectionError::Lost`] also after a minute.
pub(crate) fn list(server: &ServerName) -> Result<Vec<Entry>, ConnectionError> {
    let (mut connection, ()) =
        Connection::open(server, None, TimeLimits::default().connect, |_| Some(()))?;
    let begun = Instant::now();
    let mut out = hello(random_id::random(), None);
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
        let before = pages.received;
        while pages.received == before {
            connection.receive(&mut pages)?;
            if begun.elapsed() > TIMEOUT {
                return Err(ConnectionError::Lost(Disconnect::SlowCatalogue(TIMEOUT)));
            }
        }
    }
    Ok(pages.entries)
}

/// Collects the pages of a catalogue.
struct Pages {
    entries: Vec<Entry>,
    /// Number of pages received.
    received: u32,
    more: bool,
    welcomed: bool,
    /// Total length of all names in bytes.
    names_len: usize,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            received: 0,
            more: true,
            welcomed: false,
            names_len: 0,
        }
    }
}

impl Sink for Pages {
    fn reply(&mut self, reply: Reply) -> Result<(), ConnectionError> {
        match reply {
            Reply::Welcome { .. } if !self.welcomed => {
                self.welcomed = true;
                Ok(())
            }
            Reply::Catalogue { entries, more } => {
                let last = self.entries.last().map(|entry| &entry.name);
                let advances = entries.first().map(|entry| &entry.name) > last;
                let names = entries.iter().map(|entry| entry.name.len());
                self.names_len += names.sum::<usize>();
                let too_long = self.entries.len() > MAX_ENTRIES || self.names_len > MAX_NAMES_LEN;
                if too_long || (more && !advances) {
                    return Err(ProtocolViolation::EndlessCatalogue.into());
                }
                self.entries.extend(entries);
                self.received += 1;
                self.more = more;
                Ok(())
            }
            _ => Err(ProtocolViolation::Unrequested.into()),
        }
    }
}
