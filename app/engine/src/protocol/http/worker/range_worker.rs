//! What one worker does over one connection to an HTTP server: ask for a span, land it, ask for the
//! next, until nothing is left.
//!
//! 1. A request asks for all that the connection owns; what it reads it claims piece by piece, so that
//!    the rest can still be stolen. A connection that reaches its moved end hangs up.
//! 2. Bytes that follow and belong to nobody are read on: the probe, which asked for the whole file,
//!    is as good as any other connection.

use std::ops::Range;
use std::time::{Duration, Instant};

use ureq::Agent;

use super::body_writer::BodyWriter;
use super::connection_lifecycle;
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::model::worker_error::WorkerError;
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::client::request;
use crate::protocol::http::client::request::{HttpResponse, RequestError};
use crate::protocol::http::parse::resource_info::facts;
use crate::protocol::http::parse::response_check::{Answer, RangeRequest, Rejection, ResponseInfo};
use crate::protocol::http::transport::connection_state::TransportState;
use crate::protocol::http::transport::dialer::Dialer;
use crate::protocol::http::transport::pool::PooledConnection;
use crate::scheduling::host_limiter::HostPermit;
use crate::scheduling::mirror::Mirror;
use crate::storage::download_file::OpenDownload;
use crate::transfer::range_writer::RangeWriter;
use crate::transfer::shared::{Event, Transfer};

/// What is claimed at once, in bytes: at least and at most; in between a quarter of a second's worth.
const CLAIM: [u64; 2] = [64 * 1024, 1024 * 1024];
/// What is left is raced only when its owner would take longer than this.
const RACE_PATIENCE: Duration = Duration::from_millis(300);

/// The longest buffer that is left to the next download, in bytes.
const MOST_KEPT: usize = 64 * 1024;

/// One worker's connection and what it knows.
pub(crate) struct RangeWorker<'a> {
    pub transfer: &'a Transfer,
    pub index: usize,
    pub site: &'a Mirror,
    pub dialer: Dialer,
    /// Its place at the server.
    place: &'a HostPermit,
    pub agent: Agent,
    pub line: TransportState,
    pub landing: Option<RangeWriter<'a>>,
    /// Whether the connection is one that another download has left, over which nothing was asked yet.
    pub is_left: bool,
    /// Whether the connection of the last answer can be used again.
    pub is_connected: bool,
    /// Where the bytes of an answer are read to.
    pub buf: Vec<u8>,
}

/// What to fetch next.
enum Task {
    /// What the connection owns.
    Own(Range<u64>),
    /// What another has on its way, too slowly.
    Race(Range<u64>),
    /// What is missing, of an answer that can only be the whole file.
    Rest,
}

impl<'a> RangeWorker<'a> {
    /// A session that asks `site` over `lane`; with `is_left` that is one which another download has left.
    pub fn new(
        transfer: &'a Transfer,
        index: usize,
        (site, place): (&'a Mirror, &'a HostPermit),
        lane: PooledConnection,
        is_left: bool,
    ) -> Self {
        Self {
            transfer,
            index,
            site,
            place,
            dialer: lane.dialer,
            agent: lane.agent,
            line: lane.line,
            landing: None,
            is_left,
            is_connected: is_left,
            buf: lane.buf,
        }
    }

    /// Fetches until nothing is left for it.
    pub fn run(&mut self) -> Result<(), WorkerError> {
        if !self.begin()? {
            return Ok(());
        }
        while let Some(task) = self.next_task() {
            match task {
                Task::Own(span) => self.fetch_own(span)?,
                Task::Race(span) => self.fetch_raced(&span)?,
                Task::Rest => self.fetch_rest()?,
            }
        }
        Ok(())
    }

    /// Its connection is over: what it leaves is handed over. Returns the connection, if another can use
    /// it.
    pub fn end(self) -> Option<PooledConnection> {
        let unfinished = self.landing.map(RangeWriter::into_unfinished);
        let unfinished = unfinished.into_iter().flatten();
        self.transfer.hand_over(self.index, unfinished);
        let mut buf = self.buf;
        if buf.len() > MOST_KEPT {
            buf = Vec::new();
        }
        self.is_connected.then_some(PooledConnection {
            agent: self.agent,
            line: self.line,
            dialer: self.dialer,
            buf,
        })
    }

    /// Whether others are to have its work, or its place.
    pub fn is_to_leave(&self) -> bool {
        self.transfer.is_retired(self.index) || self.place.gives_way()
    }

    fn next_task(&mut self) -> Option<Task> {
        let transfer = self.transfer;
        loop {
            if transfer.stop.is_stopped() || transfer.is_complete() || self.is_to_leave() {
                return None;
            }
            match transfer.single() {
                Some(only) if only == self.index => return Some(Task::Rest),
                Some(_) => return None,
                None => {}
            }
            if let Some(span) = transfer.own(self.index, self.is_connected) {
                return Some(Task::Own(span));
            }
            if let Some(span) = transfer.race(self.index, RACE_PATIENCE) {
                return Some(Task::Race(span));
            }
            self.set_state(ConnectionState::Done);
            transfer.wait_for_free(self.index, Duration::from_millis(50));
        }
    }

    fn fetch_own(&mut self, span: Range<u64>) -> Result<(), WorkerError> {
        let fetched = self.ask_part(&span)?;
        match fetched.answer {
            Answer::Part(bytes) => self.read(fetched.body, bytes),
            Answer::Whole if span.start == 0 => {
                let len = fetched.told.len.unwrap_or(span.end);
                self.read(fetched.body, 0..len)
            }
            Answer::Whole => self.whole_instead(fetched.body),
        }
    }

    /// The whole file came although a part was asked for. From a server that gives parts to others
    /// this is an error; from one that does not, better one stream than nothing.
    fn whole_instead(&mut self, body: BodyReader) -> Result<(), WorkerError> {
        let transfer = self.transfer;
        if transfer.others_receive(self.index) || !transfer.claim_single(self.index) {
            let reason = "the server sent the whole file instead of the part asked for";
            return Err(WorkerError::Lost(reason.into()));
        }
        self.notice("The server gives the file only as a whole: one connection is used, from the first byte on");
        self.read_rest(body)
    }

    fn fetch_raced(&mut self, span: &Range<u64>) -> Result<(), WorkerError> {
        let fetched = self.ask_part(span)?;
        let Answer::Part(bytes) = fetched.answer else {
            return Err(WorkerError::Lost(
                "the server sent the whole file instead of the part asked for".into(),
            ));
        };
        let mut reading = BodyWriter::new(self, fetched.body, bytes)?;
        reading.expect(span.clone());
        reading.up_to(span.end)
    }

    fn fetch_rest(&mut self) -> Result<(), WorkerError> {
        let fetched = self
            .ask(RangeRequest::Whole)
            .map_err(|missed| self.in_words(missed))?;
        let len = self.transfer.active().map(|active| active.facts.len);
        self.check(&fetched.told)?;
        if fetched.told.len.is_some() && fetched.told.len != len {
            return Err(WorkerError::Source(self.transfer.changed()));
        }
        self.read_rest(fetched.body)
    }

    /// Asks for a part, of a file whose length is known. The answer may go on to the file's end.
    fn ask_part(&mut self, span: &Range<u64>) -> Result<HttpResponse, WorkerError> {
        let asked = match self.site.is_open_ended() {
            true => RangeRequest::From(span.start),
            false => RangeRequest::Part(span.start, span.end),
        };
        let mut answer = self.ask(asked);
        if let Err(RequestError::Rejection(Rejection::TooLong(_), _)) = answer {
            self.site.set_open_ended();
            answer = self.ask(RangeRequest::From(span.start));
        }
        let fetched = match answer {
            Ok(fetched) => fetched,
            Err(RequestError::Rejection(Rejection::Beyond(Some(len)), _))
                if self
                    .transfer
                    .active()
                    .is_some_and(|active| active.facts.len != len) =>
            {
                return Err(WorkerError::Source(self.transfer.changed()));
            }
            Err(missed) => return Err(self.in_words(missed)),
        };
        self.check(&fetched.told)?;
        let len = self.transfer.active().map(|active| active.facts.len);
        if fetched.told.len != len {
            return Err(WorkerError::Source(self.transfer.changed()));
        }
        Ok(fetched)
    }

    /// Whether the file can be so long.
    pub fn check_len(&self, len: u64) -> Result<(), WorkerError> {
        let wrong = |reason| WorkerError::Source(FetchError::Failed(reason));
        self.transfer.request.check_len(len).map_err(wrong)
    }

    /// Whether it is still the same file.
    fn check(&self, told: &ResponseInfo) -> Result<(), WorkerError> {
        if self.site.agree(&told.version) {
            Ok(())
        } else {
            Err(WorkerError::Source(self.transfer.changed()))
        }
    }

    pub fn ask(&mut self, asked: RangeRequest) -> Result<HttpResponse, RequestError> {
        let meter = &self.transfer.meters[self.index];
        let begun = Instant::now();
        self.set_state(ConnectionState::Waiting);
        self.line.wish(1);
        self.is_connected = false;
        let mut fetched = self.fetch(asked);
        if matches!(fetched, Err(RequestError::Lost(_))) && std::mem::take(&mut self.is_left) {
            // The server has closed it just when it was taken up: that is no failure.
            if let Ok(lane) = connection_lifecycle::new_lane(self.transfer, self.index, self.site) {
                (self.agent, self.line, self.dialer) = (lane.agent, lane.line, lane.dialer);
                fetched = self.fetch(asked);
            }
        }
        self.is_left = false;
        meter.set_latency(begun.elapsed());
        if let Some(address) = self.line.peer() {
            meter.set_remote(address);
        }
        fetched
    }

    fn fetch(&self, asked: RangeRequest) -> Result<HttpResponse, RequestError> {
        let options = &self.transfer.request.http;
        request::fetch(&self.agent, &self.line, options, self.site, asked)
    }

    /// The length is known.
    pub fn agree(
        &mut self,
        told: &ResponseInfo,
        len: u64,
    ) -> Result<&'a OpenDownload, WorkerError> {
        self.check(told)?;
        let facts = facts(told, len);
        let active = self
            .transfer
            .agree(facts, Some(self.index))
            .map_err(WorkerError::Fatal)?;
        if len == 0 {
            self.transfer.completed();
            self.transfer.wake_idle();
        }
        Ok(active)
    }

    /// Reads an answer that has `bytes`, as far as they are this connection's or nobody's.
    pub fn read(&mut self, body: BodyReader, bytes: Range<u64>) -> Result<(), WorkerError> {
        let (transfer, index, place) = (self.transfer, self.index, self.place);
        let mut reading = BodyWriter::new(self, body, bytes.clone())?;
        reading.active.cells.start(bytes.start);
        while reading.at < bytes.end {
            if place.gives_way() {
                return reading.leave(bytes.end);
            }
            let limit = piece(reading.speed()).min(bytes.end - reading.at);
            let Some(claim) = transfer.claim_at(index, reading.at, limit) else {
                // What follows is another's.
                return reading.leave(bytes.end);
            };
            reading.expect(claim.clone());
            reading.up_to(claim.end)?;
        }
        reading.finish()
    }

    /// Reads a whole file from its first byte on and lands what is missing of it.
    fn read_rest(&mut self, body: BodyReader) -> Result<(), WorkerError> {
        let (transfer, index) = (self.transfer, self.index);
        let len = transfer.active().map_or(0, |active| active.facts.len);
        let mut reading = BodyWriter::new(self, body, 0..len)?;
        while reading.at < len && !transfer.is_complete() {
            if let Some(claim) = transfer.claim_at(index, reading.at, CLAIM[1]) {
                reading.expect(claim.clone());
                reading.up_to(claim.end)?;
            } else {
                let packet = reading.active.plan.id_at(reading.at);
                let end = reading.active.plan.bytes_of(&(packet..packet + 1)).end;
                reading.skip_to(end)?;
            }
        }
        Ok(())
    }

    pub fn set_state(&self, state: ConnectionState) {
        self.transfer.meters[self.index].set_state(state);
    }

    pub fn notice(&self, words: &str) {
        self.transfer.send(Event::Notice(words.to_owned()));
    }
}

/// How much to claim at once at this speed in bytes a second.
fn piece(speed: f64) -> u64 {
    let [least, most] = CLAIM;
    ((speed / 4.0) as u64).clamp(least, most)
}
