//! Writes the fields of a recording.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use super::{MAX_TEXT, STATES};
use crate::model::connection_state::ConnectionState;
use crate::model::download_log::LogLine;
use crate::model::recording::Recording;
use crate::model::snapshot::{Cell, ConnectionSnapshot};
use crate::model::timeline::{Arrival, Timeline, Track};

/// The bytes so far.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Writes a LEB128 varint.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Writes a number plus one, or 0 for none.
    fn option(&mut self, number: Option<u64>) {
        self.number(number.map_or(0, |number| number.saturating_add(1)));
    }

    fn text(&mut self, text: &str) {
        let end = text.floor_char_boundary(MAX_TEXT.min(text.len()));
        self.number(end as u64);
        self.raw(&text.as_bytes()[..end]);
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    /// Writes a time as the difference to the one before.
    fn later(&mut self, before: &mut u64, at: Duration) {
        let at = micros(at).max(*before);
        self.number(at - *before);
        *before = at;
    }

    pub fn recording(&mut self, recording: &Recording) {
        self.option(recording.len);
        self.number(recording.done);
        self.number(recording.resumed);
        self.number(recording.packet_len.into());
        self.number(micros(recording.elapsed));
        self.timeline(&recording.timeline);
        self.count(recording.map.len());
        for cell in recording.map.iter() {
            self.cell(cell);
        }
        self.count(recording.connections.len());
        for connection in &recording.connections {
            self.connection(connection);
        }
        self.count(recording.log.len());
        for line in recording.log.iter() {
            self.line(line);
        }
    }

    fn timeline(&mut self, timeline: &Timeline) {
        self.number(timeline.slot.as_nanos() as u64);
        self.number(micros(timeline.until));
        self.option(timeline.received.map(micros));
        self.count(timeline.tracks.len());
        for track in &timeline.tracks {
            self.track(track);
        }
        self.count(timeline.arrivals.len());
        let (mut at, mut packets) = (0, BTreeMap::new());
        for arrival in &timeline.arrivals {
            let Arrival {
                packet, connection, ..
            } = *arrival;
            self.later(&mut at, arrival.at);
            self.number(connection.into());
            let before: u64 = packets.insert(connection, packet).unwrap_or(0);
            self.number(zigzag(packet.wrapping_sub(before) as i64));
        }
    }

    fn track(&mut self, track: &Track) {
        self.count(track.bytes.len());
        for bytes in &track.bytes {
            self.number(bytes.round().max(0.0) as u64);
        }
        self.count(track.states.len());
        let mut at = 0;
        for (when, state) in &track.states {
            self.later(&mut at, *when);
            self.0.push(code(*state));
        }
        self.count(track.steals.len());
        at = 0;
        for (when, victim) in &track.steals {
            self.later(&mut at, *when);
            self.number((*victim).into());
        }
    }

    fn cell(&mut self, cell: &Cell) {
        self.0.push(cell.done);
        self.0
            .push(u8::from(cell.start) | u8::from(cell.stolen) << 1);
        self.option(cell.connection.map(u64::from));
    }

    fn connection(&mut self, connection: &ConnectionSnapshot) {
        self.number(connection.number.into());
        self.0.push(code(connection.state));
        self.number(connection.offset);
        self.number(connection.bytes);
        self.option(connection.first_byte.map(micros));
        self.number(connection.retries.into());
        self.number(connection.steals.into());
        let remote = connection.remote.map(|address| address.to_string());
        self.text(&remote.unwrap_or_default());
    }

    fn line(&mut self, line: &LogLine) {
        let since_1970 = line.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.number(micros(since_1970));
        self.number(micros(line.since_start));
        self.0.push(u8::from(line.is_warning));
        self.number(line.count.into());
        self.text(&line.text);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Returns a code in which small differences have small numbers, whatever their sign.
fn zigzag(difference: i64) -> u64 {
    (difference << 1 ^ difference >> 63) as u64
}

fn code(state: ConnectionState) -> u8 {
    let index = STATES.iter().position(|other| *other == state);
    index.unwrap_or_default() as u8
}
