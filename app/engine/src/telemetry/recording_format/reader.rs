//! Reads the fields of a recording, and checks each of them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{MAX_MICROS, MAX_TEXT, RecordingError, STATES};
use crate::model::connection_state::ConnectionState;
use crate::model::display_text::one_line;
use crate::model::download_log::{LogLine, MAX_LINES};
use crate::model::recording::Recording;
use crate::model::snapshot::{Cell, ConnectionSnapshot, MAP_CELLS};
use crate::model::spec::MAX_CONNECTIONS;
use crate::model::timeline::{Arrival, MAX_KEPT_ARRIVALS, MAX_SLOTS, MAX_SPANS, Timeline, Track};

type Result<T> = std::result::Result<T, RecordingError>;

/// The bytes that are left.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub fn new(fields: &'a [u8]) -> Self {
        Self(fields)
    }

    pub fn recording(&mut self) -> Result<Recording> {
        let recording = Recording {
            len: self.option()?,
            done: self.number()?,
            resumed: self.number()?,
            packet_len: u32::try_from(self.number()?).map_err(|_| invalid("packets"))?,
            elapsed: self.time()?,
            timeline: Arc::new(self.timeline()?),
            map: self.list(MAP_CELLS, "cells", Self::cell)?.into(),
            connections: self.list(MAX_CONNECTIONS.into(), "connections", Self::connection)?,
            log: self.list(MAX_LINES, "log lines", Self::line)?.into(),
        };
        let is_long = |len| recording.done.max(recording.resumed) > len;
        if recording.len.is_some_and(is_long) {
            return Err(invalid("bytes"));
        }
        if !self.0.is_empty() {
            return Err(RecordingError::Format);
        }
        Ok(recording)
    }

    fn timeline(&mut self) -> Result<Timeline> {
        let slot = Duration::from_nanos(self.number()?);
        let until = self.time()?;
        // The views have a column for each slot.
        let slots = until.as_secs_f64() / slot.as_secs_f64();
        if slot.is_zero() || slots >= (MAX_SLOTS + 1) as f64 {
            return Err(invalid("slots"));
        }
        let received = self.option()?.map(Duration::from_micros);
        let tracks = self.list(MAX_CONNECTIONS.into(), "connections", Self::track)?;
        let (mut at, mut packets) = (0, BTreeMap::new());
        let arrivals = self.list(MAX_KEPT_ARRIVALS, "packets", |reader| {
            let at = reader.later(&mut at)?;
            let connection = reader.connection_number()?;
            let before: u64 = packets.get(&connection).copied().unwrap_or(0);
            let packet = before.wrapping_add(unzigzag(reader.number()?) as u64);
            packets.insert(connection, packet);
            Ok(Arrival {
                at,
                packet,
                connection,
            })
        })?;
        if received.is_some_and(|received| received > until) {
            return Err(invalid("times"));
        }
        Ok(Timeline {
            slot,
            until,
            tracks,
            arrivals,
            received,
        })
    }

    fn track(&mut self) -> Result<Track> {
        let bytes = self.list(MAX_SLOTS, "slots", |reader| Ok(reader.number()? as f32))?;
        let mut at = 0;
        let states = self.list(MAX_SPANS, "states", |reader| {
            Ok((reader.later(&mut at)?, reader.state()?))
        })?;
        at = 0;
        let steals = self.list(MAX_SPANS, "steals", |reader| {
            Ok((reader.later(&mut at)?, reader.connection_number()?))
        })?;
        Ok(Track {
            bytes,
            states,
            steals,
        })
    }

    fn cell(&mut self) -> Result<Cell> {
        let (done, flags) = (self.byte()?, self.byte()?);
        let connection = match self.option()? {
            None => None,
            Some(number) => Some(checked_number(number)?),
        };
        Ok(Cell {
            done,
            connection,
            start: flags & 1 != 0,
            stolen: flags & 2 != 0,
        })
    }

    fn connection(&mut self) -> Result<ConnectionSnapshot> {
        let narrow = |number: u64| u32::try_from(number).map_err(|_| invalid("connections"));
        Ok(ConnectionSnapshot {
            number: self.connection_number()?,
            state: self.state()?,
            offset: self.number()?,
            bytes: self.number()?,
            rate: 0.0,
            first_byte: self.option()?.map(Duration::from_micros),
            retries: narrow(self.number()?)?,
            steals: narrow(self.number()?)?,
            remote: self.text()?.parse::<SocketAddr>().ok(),
            way: 0,
        })
    }

    fn line(&mut self) -> Result<LogLine> {
        let since_1970 = Duration::from_micros(self.number()?);
        let at = SystemTime::checked_add(&UNIX_EPOCH, since_1970);
        Ok(LogLine {
            at: at.ok_or(invalid("times"))?,
            since_start: self.time()?,
            is_warning: self.byte()? != 0,
            count: u32::try_from(self.number()?).map_err(|_| invalid("log lines"))?,
            text: one_line(self.text()?).into_owned(),
        })
    }

    /// Reads a list of at most `most` entries.
    fn list<T>(
        &mut self,
        most: usize,
        part: &'static str,
        mut entry: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let count = self.number()?;
        if count > most as u64 {
            return Err(invalid(part));
        }
        (0..count).map(|_| entry(self)).collect()
    }

    fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().ok_or(RecordingError::Format)?;
        self.0 = rest;
        Ok(*first)
    }

    /// Reads a LEB128 varint.
    fn number(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = u64::from(self.byte()?);
            number |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(invalid("numbers"))
    }

    fn option(&mut self) -> Result<Option<u64>> {
        Ok(self.number()?.checked_sub(1))
    }

    fn text(&mut self) -> Result<&'a str> {
        let len = self.number()?;
        let len = usize::try_from(len).ok().filter(|len| *len <= MAX_TEXT);
        let bytes = len.and_then(|len| self.0.split_at_checked(len));
        let (text, rest) = bytes.ok_or(invalid("texts"))?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| invalid("texts"))
    }

    fn time(&mut self) -> Result<Duration> {
        let micros = self.number()?;
        if micros > MAX_MICROS {
            return Err(invalid("times"));
        }
        Ok(Duration::from_micros(micros))
    }

    /// Reads a time as the difference to the one before.
    fn later(&mut self, before: &mut u64) -> Result<Duration> {
        let micros = before.checked_add(self.number()?);
        let micros = micros.filter(|micros| *micros <= MAX_MICROS);
        *before = micros.ok_or(invalid("times"))?;
        Ok(Duration::from_micros(*before))
    }

    fn state(&mut self) -> Result<ConnectionState> {
        let state = STATES.get(usize::from(self.byte()?));
        state.copied().ok_or(invalid("states"))
    }

    fn connection_number(&mut self) -> Result<u16> {
        checked_number(self.number()?)
    }
}

/// Returns the number of a connection, from 1.
fn checked_number(number: u64) -> Result<u16> {
    let number = u16::try_from(number).ok();
    let number = number.filter(|number| (1..=MAX_CONNECTIONS).contains(number));
    number.ok_or(invalid("connections"))
}

fn invalid(part: &'static str) -> RecordingError {
    RecordingError::Invalid(part)
}

fn unzigzag(code: u64) -> i64 {
    (code >> 1) as i64 ^ -((code & 1) as i64)
}
