//! What one worker does over one connection to a Lanes server: ask, land, ask again, until
//! nothing is left.
//!
//! 1. The first request leaves with the greeting. Before the length is known it asks for the
//!    beginning of this connection's *share*, which both sides can compute, so no round trip is
//!    spent on learning the length first.
//! 2. Requests are pipelined: the next runs are asked for while earlier ones are on their way, as
//!    much as the connection brings in a few round trips, and no more, so that what is left can
//!    still be stolen by a faster one.
//! 3. A reply counts only once, and only where it was asked for: a server that talks and talks is no
//!    better than one that is silent.

mod replies;

use std::time::Duration;

use lanes_shared::ahead::Ahead;
use lanes_shared::race;
use lanes_shared::wire::{Order, Refusal, Request, RunAsk};

use super::{Connection, ConnectionError, hello, unasked};
use crate::engine::FetchError;
use crate::engine::active::Active;
use crate::engine::landing::{Landing, LandingError};
use crate::engine::request::Mode;
use crate::engine::snapshot::ConnectionState;
use crate::engine::source::{ServerName, SessionError};
use crate::engine::stop::SocketGuard;
use crate::engine::transfer::Transfer;

/// The most runs asked for in advance: gaps of an earlier attempt can be short.
const MAX_RUNS: usize = 64;
/// How often the server may say that the digest is not known yet, without having hashed
/// [`HASHED_STEP`] more. An honest one says it once a second.
const MAX_DIGEST_WAITS: u32 = 600;
/// What a server that hashes gets done meanwhile, in bytes (1 MiB).
const HASHED_STEP: u64 = 1 << 20;

/// Fetches over one connection until nothing is left for it.
pub(in crate::engine) fn run(
    transfer: &Transfer,
    index: usize,
    server: &ServerName,
    name: &str,
) -> Result<(), SessionError> {
    let mut session = Session::new(transfer, index, server, name);
    let end = session.run();
    let unfinished = session
        .landing
        .map(Landing::into_unfinished)
        .into_iter()
        .flatten();
    transfer.hand_over(index, unfinished);
    end.map_err(|error| in_words(error, server, transfer.active().is_some()))
}

/// `begun`: whether the server gives this file to others of ours.
fn in_words(error: ConnectionError, server: &ServerName, begun: bool) -> SessionError {
    let said = |message: &str| format!("{server} says: {message}");
    match error {
        ConnectionError::Connect { .. } => SessionError::Unreachable(error.to_string()),
        ConnectionError::Lost(_) => SessionError::Lost(error.to_string()),
        ConnectionError::Sink(error) => SessionError::Fatal(error),
        ConnectionError::Protocol(_) => SessionError::Lost(error.to_string()),
        ConnectionError::Refused { refusal, message } => match refusal {
            Refusal::TooManyConnections => SessionError::Refused(message),
            Refusal::Stopping => SessionError::Lost(message),
            Refusal::Damaged => SessionError::Lost(said(&message)),
            // The name is gone from the folder, but not what the others have open.
            Refusal::NoSuchFile if begun => SessionError::Lost(said(&message)),
            Refusal::NoSuchFile => SessionError::Fatal(FetchError::NoSuchFile(said(&message))),
            Refusal::BadRequest | Refusal::Version | Refusal::Changed | Refusal::Unreadable => {
                SessionError::Fatal(FetchError::Failed(said(&message)))
            }
        },
    }
}

struct Session<'a> {
    transfer: &'a Transfer,
    index: usize,
    server: &'a ServerName,
    name: &'a str,
    landing: Option<Landing<'a>>,
    ahead: Ahead,
    /// What was asked for before the length was known; it is expected once it is.
    shared: bool,
    /// Length of the packets that were asked for, in bytes.
    packet_len: u32,
    welcomed: bool,
    stream_at: u64,
    /// Whether a stream was asked for and has not begun.
    stream_asked: bool,
    damaged: u32,
    digest_asked: bool,
    /// How often the digest was not known, and what was hashed when that last went on.
    digest_waits: u32,
    hashed: u64,
    report_asked: bool,
}

impl<'a> Session<'a> {
    fn new(transfer: &'a Transfer, index: usize, server: &'a ServerName, name: &'a str) -> Self {
        Self {
            transfer,
            index,
            server,
            name,
            landing: None,
            ahead: Ahead::default(),
            shared: false,
            packet_len: transfer.request.packet_len,
            welcomed: false,
            stream_at: 0,
            stream_asked: false,
            damaged: 0,
            digest_asked: false,
            digest_waits: 0,
            hashed: 0,
            report_asked: false,
        }
    }

    fn run(&mut self) -> Result<(), ConnectionError> {
        let transfer = self.transfer;
        let meter = &transfer.meters[self.index];
        meter.set_state(ConnectionState::Connecting);
        let mut guard = None;
        let mut connection =
            Connection::open(self.server, |socket| guard = transfer.stop.guard(socket))?;
        if !guard.as_ref().is_some_and(SocketGuard::is_live) {
            return Err(ConnectionError::Lost("the download was stopped".into()));
        }
        if let Some(address) = connection.peer() {
            meter.set_remote(address);
        }
        meter.set_state(ConnectionState::Waiting);
        connection.send(&self.greeting())?;
        loop {
            let bytes = connection.receive(self)? as u64;
            let now = connection.age();
            if let Some(landing) = &mut self.landing {
                landing.flush().map_err(landing_error)?;
            }
            self.ahead.came(now, bytes);
            let Some(active) = transfer.active().filter(|_| self.landing.is_some()) else {
                continue;
            };
            if !self.ask_more(&mut connection, active)? {
                return Ok(());
            }
        }
    }

    /// The first bytes of the connection: who we are, which file, and the first run.
    fn greeting(&mut self) -> Vec<u8> {
        let transfer = self.transfer;
        let request = &transfer.request;
        let mut out = hello(transfer.session, request.link.as_ref());
        // A download that goes on keeps the packets that it began with.
        let packet_len = transfer
            .active()
            .map_or(request.packet_len, |a| a.facts.packet_len);
        self.packet_len = packet_len;
        Request::Open {
            name: self.name.to_owned(),
            packet_len,
        }
        .encode(&mut out);
        let limit = self.run_limit(packet_len);
        if request.mode == Mode::Stream {
            let missing = transfer
                .active()
                .map(|active| active.missing(&(0..active.facts.len)));
            let first = missing.map_or(Some(0), |gaps| gaps.first().map(|gap| gap.start));
            if let Some(offset) = first {
                self.stream_at = offset;
                self.stream_asked = true;
                Request::Stream { offset }.encode(&mut out);
            }
        } else if transfer.active().is_none() && transfer.ask_share(self.index, limit) {
            self.shared = true;
            // As the board cuts the file: nobody changes this number before the length is known.
            let (index, of) = (self.index as u16, transfer.wanted() as u16);
            Request::Share {
                index,
                of,
                limit,
                order: request.order,
            }
            .encode(&mut out);
        }
        out
    }

    /// How many bytes the next run may have.
    fn run_limit(&self, packet_len: u32) -> u64 {
        let whole_file = self.transfer.request.mode == Mode::Packets
            && self.transfer.request.order != Order::InOrder;
        // One shuffled run is the whole file: so one sees the shuffle of part 2.
        if whole_file {
            u64::MAX
        } else {
            self.ahead.run().max(packet_len.into())
        }
    }

    /// Keeps the pipeline full. Returns `false` when nothing is left for this connection.
    fn ask_more(
        &mut self,
        connection: &mut Connection,
        active: &'a Active,
    ) -> Result<bool, ConnectionError> {
        let limits = (self.run_limit(active.facts.packet_len), self.ahead.window());
        loop {
            let Some(landing) = self.landing.as_mut() else {
                return Ok(true);
            };
            let mut out = Vec::new();
            if self.transfer.request.mode != Mode::Stream {
                fill(
                    self.transfer,
                    self.index,
                    landing,
                    active,
                    &limits,
                    &mut out,
                );
            }
            if !out.is_empty() {
                connection.send(&out)?;
            }
            if landing.runs() > 0 || self.transfer.stop.is_stopped() {
                return Ok(true);
            }
            if self.transfer.is_complete() {
                return self.ask_last(connection, active);
            }
            if self.transfer.is_retired(self.index) {
                return Ok(false);
            }
            if let Some(bytes) = self.transfer.race(self.index, race::PATIENCE) {
                let mut out = Vec::new();
                Request::Run(run_of(active, &bytes, Order::InOrder)).encode(&mut out);
                landing.expect_raced(bytes);
                connection.send(&out)?;
                return Ok(true);
            }
            let meter = &self.transfer.meters[self.index];
            meter.set_state(ConnectionState::Done);
            self.transfer
                .wait_for_work(self.index, Duration::from_millis(200));
        }
    }

    /// Asks for what is left to know once the file is whole. Returns whether an answer is awaited.
    fn ask_last(
        &mut self,
        connection: &mut Connection,
        active: &Active,
    ) -> Result<bool, ConnectionError> {
        if self.ask_digest(connection, active)? {
            return Ok(true);
        }
        let transfer = self.transfer;
        if !transfer.wants_link_report(self.index) {
            return Ok(false);
        }
        if !self.report_asked {
            let mut out = Vec::new();
            Request::LinkReport.encode(&mut out);
            connection.send(&out)?;
            self.report_asked = true;
        }
        Ok(true)
    }

    /// Asks for the digest, if no connection has yet. Returns whether an answer is awaited.
    fn ask_digest(
        &mut self,
        connection: &mut Connection,
        active: &Active,
    ) -> Result<bool, ConnectionError> {
        if active.digest.get().is_some() {
            return Ok(false);
        }
        if !self.digest_asked {
            if !self.transfer.take_digest_duty(self.index) {
                return Ok(false);
            }
            let mut out = Vec::new();
            Request::Digest.encode(&mut out);
            connection.send(&out)?;
            self.digest_asked = true;
        }
        Ok(true)
    }

    fn opened(&mut self, opened: lanes_shared::wire::Opened) -> Result<(), ConnectionError> {
        if self.landing.is_some() || !self.welcomed {
            return Err(unasked());
        }
        if opened.packet_len != self.packet_len {
            let reason = "its packets do not have the length that was asked for";
            return Err(ConnectionError::Protocol(reason.into()));
        }
        let transfer = self.transfer;
        let active = transfer
            .agree(opened.into(), None)
            .map_err(ConnectionError::Sink)?;
        let mut landing = Landing::new(transfer, active, self.index);
        if self.shared
            && let Some(bytes) = transfer.take_share(self.index)
        {
            active.cells.start(bytes.start);
            landing.expect(bytes);
        }
        if transfer.request.mode == Mode::Stream && self.stream_at < active.facts.len {
            active.cells.start(self.stream_at);
            landing.expect(self.stream_at..active.facts.len);
        }
        self.landing = Some(landing);
        if active.facts.len == 0 {
            transfer.completed();
            transfer.wake_idle();
        }
        Ok(())
    }

    /// The server has hashed so much of the file, and is to go on with it.
    fn waits_for_digest(&mut self, hashed: u64) -> Result<(), ConnectionError> {
        self.digest_waits += 1;
        if hashed >= self.hashed.saturating_add(HASHED_STEP) {
            self.hashed = hashed;
            self.digest_waits = 0;
        }
        if self.digest_waits > MAX_DIGEST_WAITS {
            let reason = "it does not get on with the digest of the file";
            return Err(ConnectionError::Protocol(reason.into()));
        }
        Ok(())
    }

    fn landing(&mut self) -> Result<&mut Landing<'a>, ConnectionError> {
        self.landing.as_mut().ok_or_else(unasked)
    }
}

/// Asks for as many runs, of at most `limit` bytes each, as the window has room for.
fn fill(
    transfer: &Transfer,
    index: usize,
    landing: &mut Landing<'_>,
    active: &Active,
    &(limit, window): &(u64, u64),
    out: &mut Vec<u8>,
) {
    while landing.outstanding() < window && landing.runs() < MAX_RUNS {
        // A run is what comes within a round trip: to look for more than its own is soon enough when
        // no more is left. Whoever took what is free ahead of time would have it all, alone.
        let runs_dry = landing.outstanding() <= limit;
        let Some(claim) = transfer.claim(index, limit, runs_dry) else {
            break;
        };
        Request::Run(run_of(active, &claim.bytes, transfer.request.order)).encode(out);
        landing.expect(claim.bytes);
    }
}

/// What to ask for to get these bytes.
fn run_of(active: &Active, bytes: &std::ops::Range<u64>, order: Order) -> RunAsk {
    let ids = active.plan.ids_of(bytes);
    RunAsk {
        first: ids.start,
        count: ids.end - ids.start,
        order,
    }
}

fn landing_error(error: LandingError) -> ConnectionError {
    match error {
        LandingError::Unasked => unasked(),
        LandingError::Write(reason) => ConnectionError::Sink(FetchError::Failed(reason)),
    }
}
