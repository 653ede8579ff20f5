//! The state of a recorded download at any time of its last attempt.
//!
//! Views show the state at a time: now, or that of the playhead of a replay. Bytes come from the slots of
//! the timeline, and the map from the recorded packets, each with its exact time.

use std::sync::Arc;
use std::time::Duration;

use super::connection_state::ConnectionState;
use super::download_log::LogLine;
use super::snapshot::{
    Cell, Check, ConnectionSnapshot, DownloadSnapshot, DownloadState, map_cell_len,
};
use super::timeline::{Arrival, Timeline};

/// Shortest estimate of the time left.
const MIN_LEFT: Duration = Duration::from_secs(1);
/// Longest time over which a rate is measured.
const MAX_WINDOW: Duration = Duration::from_secs(1);

impl DownloadSnapshot {
    /// Returns the download as it was `at` after the start of its last attempt, whose timeline it has. From
    /// the end of the timeline on, that is the download itself.
    #[must_use]
    pub fn at(&self, at: Duration) -> Self {
        if at >= self.timeline.until {
            return self.clone();
        }
        let timeline = Arc::new(self.timeline.up_to(at));
        let connection = |one: &ConnectionSnapshot| self.connection_at(one, &timeline);
        let connections: Vec<_> = self.connections.iter().map(connection).collect();
        let state = match timeline.received {
            Some(_) => DownloadState::Verifying,
            None if connections.iter().any(|one| one.bytes > 0) => DownloadState::Running,
            None => DownloadState::Starting,
        };
        let done = self.done_at(&timeline);
        let rate: f64 = match state {
            DownloadState::Running => connections.iter().map(|one| one.rate).sum(),
            _ => 0.0,
        };
        let left = self.len.map(|len| len.saturating_sub(done) as f64 / rate);
        let left = left.and_then(|secs| Duration::try_from_secs_f64(secs).ok());
        Self {
            state,
            done,
            rate,
            // An estimate of less is over before it is read.
            time_left: left.filter(|left| rate >= 1.0 && *left >= MIN_LEFT),
            elapsed: at,
            digest: None,
            checked: Vec::new(),
            outage: None,
            bottleneck: None,
            source_changed: false,
            notices: Vec::new(),
            check: Check::None,
            retries: connections.iter().map(|one| one.retries).sum(),
            map: self.map_at(&timeline),
            log: self.log_at(at),
            connections,
            timeline,
            ..self.clone()
        }
    }

    /// Returns the received bytes of the file at the end of `timeline`, a part of its own.
    fn done_at(&self, timeline: &Timeline) -> u64 {
        let sum = |part: &Timeline| -> f64 {
            let bytes = part.tracks.iter().flat_map(|track| &track.bytes);
            bytes.map(|bytes| f64::from(*bytes)).sum()
        };
        if timeline.received.is_some() {
            return self.done;
        }
        // Some bytes may have come twice.
        let share = sum(timeline) / sum(&self.timeline).max(1.0);
        let new = self.done.saturating_sub(self.resumed) as f64 * share.clamp(0.0, 1.0);
        // Within a slot the packets that have arrived know better.
        let arrived = self.packets_len(timeline.arrivals.len());
        self.resumed
            .saturating_add(arrived.max(new as u64))
            .min(self.done)
    }

    /// Returns the length of this many packets in bytes.
    fn packets_len(&self, count: usize) -> u64 {
        (count as u64).saturating_mul(u64::from(self.packet_len))
    }

    fn connection_at(&self, last: &ConnectionSnapshot, timeline: &Timeline) -> ConnectionSnapshot {
        let index = usize::from(last.number).saturating_sub(1);
        let at = timeline.until;
        let mut now = ConnectionSnapshot {
            state: ConnectionState::New,
            offset: 0,
            bytes: 0,
            rate: 0.0,
            first_byte: last.first_byte.filter(|first| *first <= at),
            retries: 0,
            steals: 0,
            remote: None,
            ..last.clone()
        };
        let Some(track) = timeline.tracks.get(index) else {
            return now;
        };
        now.state = track.state().unwrap_or(ConnectionState::New);
        let is_known = |state| {
            use ConnectionState::{Connecting, New, Queued};
            !matches!(state, New | Queued | Connecting)
        };
        let was_open = track.states.iter().any(|(_, state)| is_known(*state));
        now.remote = last.remote.filter(|_| was_open);
        let bytes = timeline.bytes_at(track, at);
        let is_own = |arrival: &&Arrival| arrival.connection == last.number;
        let arrived = self.packets_len(timeline.arrivals.iter().filter(is_own).count());
        now.bytes = arrived.max(bytes.round() as u64).min(last.bytes);
        let window = (at / 4).clamp(timeline.slot, MAX_WINDOW.max(timeline.slot));
        let before = timeline.bytes_at(track, at.saturating_sub(window));
        let is_over = matches!(now.state, ConnectionState::Done | ConnectionState::Lost);
        if !is_over {
            now.rate = (bytes - before).max(0.0) / window.min(at).as_secs_f64().max(1e-6);
        }
        let retrying =
            |(_, state): &&(Duration, ConnectionState)| *state == ConnectionState::Retrying;
        now.retries = (track.states.iter().filter(retrying).count() as u32).min(last.retries);
        now.steals = (track.steals.len() as u32).min(last.steals);
        if now.bytes > 0 {
            now.offset = self.offset_at(last.number, timeline);
        }
        now
    }

    /// Returns the offset behind the last recorded packet of a connection, or that of its next one.
    fn offset_at(&self, connection: u16, timeline: &Timeline) -> u64 {
        let is_own = |arrival: &&Arrival| arrival.connection == connection;
        let later = &self.timeline.arrivals[timeline.arrivals.len()..];
        let packet = match timeline.arrivals.iter().rev().find(is_own) {
            Some(last) => Some(last.packet.saturating_add(1)),
            None => later.iter().find(is_own).map(|next| next.packet),
        };
        let offset = packet.unwrap_or(0);
        let offset = offset.saturating_mul(u64::from(self.packet_len));
        offset.min(self.len.unwrap_or(u64::MAX))
    }

    /// Returns the map at the end of `timeline`: each cell has the share of its recorded packets that had
    /// arrived. Bytes of an earlier attempt were there from the start.
    fn map_at(&self, timeline: &Timeline) -> Arc<[Cell]> {
        let cell_len = map_cell_len(self.len.unwrap_or_default(), self.packet_len);
        let cell_of = |packet: u64| {
            let offset = packet.saturating_mul(u64::from(self.packet_len));
            (offset / cell_len) as usize
        };
        let mut all = vec![0_u32; self.map.len()];
        for arrival in &self.timeline.arrivals {
            if let Some(count) = all.get_mut(cell_of(arrival.packet)) {
                *count += 1;
            }
        }
        let mut arrived = vec![(0_u32, None); self.map.len()];
        for arrival in &timeline.arrivals {
            if let Some(cell) = arrived.get_mut(cell_of(arrival.packet)) {
                *cell = (cell.0 + 1, Some(arrival.connection));
            }
        }
        let cell = |((last, all), (arrived, connection)): ((&Cell, u32), (u32, Option<u16>))| match (
            all, arrived,
        ) {
            (0, _) if last.connection.is_none() || timeline.received.is_some() => *last,
            (_, 0) => Cell::default(),
            _ => Cell {
                done: (u32::from(last.done) * arrived / all.max(1)) as u8,
                connection,
                ..*last
            },
        };
        let cells = self.map.iter().zip(all).zip(arrived);
        cells.map(cell).collect()
    }

    /// Returns the log lines up to a time of this attempt, and those of the attempts before.
    fn log_at(&self, at: Duration) -> Arc<[LogLine]> {
        let last = self.log.last();
        let Some(started) = last.and_then(|line| line.at.checked_sub(line.since_start)) else {
            return Arc::clone(&self.log);
        };
        let lines = self.log.iter().filter(|line| line.at <= started + at);
        lines.cloned().collect()
    }
}

#[cfg(test)]
mod tests;
