//! What a download tells of itself: rates measured at every tick, snapshots made from counters.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Outcome;
use super::command::DownloadId;
use super::destination::safe_name;
use super::snapshot::{ConnectionState, DownloadSnapshot, DownloadState};
use super::source::http::Site;
use super::transfer::Transfer;

/// Over which time rates are averaged, in seconds: long enough to be read, short enough to show a
/// change within a second.
const RATE_SECS: f64 = 0.7;
/// The most notices kept.
const MAX_NOTICES: usize = 100;

/// Makes the snapshots of one download.
pub(super) struct Reporter<'a> {
    id: DownloadId,
    transfer: &'a Transfer,
    pub notices: Vec<String>,
    last_tick: Instant,
    /// How many connections were begun; those behind have never been.
    pub started: usize,
    /// Of each connection: bytes at the last tick.
    last_bytes: Vec<u64>,
    rate: f64,
}

impl<'a> Reporter<'a> {
    pub fn new(id: DownloadId, transfer: &'a Transfer) -> Self {
        Self {
            id,
            transfer,
            notices: Vec::new(),
            started: 0,
            last_tick: transfer.started,
            last_bytes: vec![0; transfer.meters.len()],
            rate: 0.0,
        }
    }

    /// Keeps what the user should know; of the same sentence only one.
    pub fn notice(&mut self, notice: String) {
        if self.notices.len() < MAX_NOTICES && !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Bytes that all connections have brought.
    pub fn bytes(&self) -> u64 {
        self.transfer
            .meters
            .iter()
            .map(super::meter::Meter::bytes)
            .sum()
    }

    /// How many connections bring bytes.
    pub fn alive(&self) -> usize {
        let receives = |meter: &&super::meter::Meter| meter.state() == ConnectionState::Receiving;
        self.transfer.meters.iter().filter(receives).count()
    }

    /// How long until the next tick is due, when one is due every `tick`.
    pub fn until_tick(&self, tick: Duration) -> Duration {
        tick.saturating_sub(self.last_tick.elapsed())
    }

    /// Measures the rates and makes a snapshot of a download under way.
    pub fn tick(&mut self, complete: bool) -> Arc<DownloadSnapshot> {
        let seconds = self.last_tick.elapsed().as_secs_f64().max(1e-6);
        self.last_tick = Instant::now();
        let weight = 1.0 - (-seconds / RATE_SECS).exp();
        self.rate = 0.0;
        for (meter, last) in self.transfer.meters.iter().zip(&mut self.last_bytes) {
            let bytes = meter.bytes();
            let now = (bytes - *last) as f64 / seconds;
            // The first bytes of a connection are its rate; there is nothing to average yet.
            let speed = if *last == 0 {
                now
            } else {
                meter.speed() + weight * (now - meter.speed())
            };
            meter.set_speed(if speed < 1.0 { 0.0 } else { speed });
            *last = bytes;
            self.rate += meter.speed();
        }
        let state = match self.transfer.active() {
            _ if complete => DownloadState::Checking,
            Some(_) => DownloadState::Running,
            None => DownloadState::Starting,
        };
        Arc::new(self.snapshot(state))
    }

    /// The snapshot of a download that has ended.
    pub fn last(&self, state: DownloadState, outcome: Option<&Outcome>) -> Arc<DownloadSnapshot> {
        let mut snapshot = self.snapshot(state);
        if let Some(outcome) = outcome {
            snapshot.path = Some(outcome.path.clone());
            snapshot.elapsed = outcome.elapsed;
            snapshot.digest = outcome.digest;
            snapshot.checked.clone_from(&outcome.checked);
        }
        if let Some(name) = snapshot.path.as_ref().and_then(|path| path.file_name()) {
            snapshot.name = name.to_string_lossy().into_owned();
        }
        snapshot.rate = 0.0;
        snapshot.left = None;
        for connection in &mut snapshot.connections {
            connection.rate = 0.0;
        }
        Arc::new(snapshot)
    }

    fn snapshot(&self, state: DownloadState) -> DownloadSnapshot {
        let transfer = self.transfer;
        let request = &transfer.request;
        let active = transfer.active();
        let len = active.map(|active| active.facts.len);
        let whole = active.map_or(0, |active| active.done.load(Ordering::Acquire));
        let partial: u64 = transfer
            .meters
            .iter()
            .map(super::meter::Meter::partial)
            .sum();
        let spooled = transfer.spooled.load(Ordering::Relaxed);
        let done = len.map_or(spooled, |len| (whole + partial).min(len));
        let left = len.filter(|_| self.rate >= 1.0).map(|len| {
            // Capped at a year, so that a crawling download is no overflow.
            Duration::from_secs_f64(((len - done) as f64 / self.rate).min(3.2e7))
        });
        let number = |index: usize| index as u16 + 1;
        let meters = transfer.meters.iter().enumerate();
        DownloadSnapshot {
            id: self.id,
            source: request.source.to_string(),
            name: transfer
                .target()
                .and_then(|target| target.file_name())
                .map_or_else(
                    || safe_name(&request.source.name()),
                    |name| name.to_string_lossy().into_owned(),
                ),
            path: transfer.target().map(std::path::Path::to_owned),
            mode: request.mode,
            order: request.order,
            packet_len: active.map_or(request.packet_len, |active| active.facts.packet_len),
            state,
            len,
            done,
            resumed: active.map_or(0, |active| active.resumed),
            rate: self.rate,
            left,
            elapsed: transfer.started.elapsed(),
            digest: None,
            checked: Vec::new(),
            final_url: transfer.sites.primary().and_then(Site::final_url),
            validators: active.map_or_else(Vec::new, |active| active.facts.version.in_words()),
            retries: transfer
                .meters
                .iter()
                .map(super::meter::Meter::retries)
                .sum(),
            asked: transfer.wanted() as u16,
            connections: meters
                .take(self.started)
                .map(|(index, meter)| meter.snapshot(number(index)))
                .collect(),
            map: active.map_or_else(|| Arc::from([]), |active| active.cells.snapshot()),
            notices: self.notices.clone(),
        }
    }
}
