//! Fetches ranges over one connection to an HTTP server: requests a range, writes it, requests the
//! next, until nothing is left.
//!
//! 1. A request asks for the whole range that the connection owns. The body is claimed piece by
//!    piece while it is read, so that the rest can still be stolen. A connection that reaches the
//!    moved end of its range abandons the response. So a steal costs a connection over HTTP.
//! 2. Bytes that follow and are not claimed are read on. So the first response, which contains the
//!    whole file, extends into the segments of connections that have not begun.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::body_writer::{BodySink, BodyWriter};
use super::{error_mapping, expectations, range_trial};
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::protocol::error::{
    Disconnect, ProtocolError, Rejection, RequestError, TransportError, Unusable, WorkerError,
};
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::client::request::HttpResponse;
use crate::protocol::http::client::{identity_request, range_refusal};
use crate::protocol::http::parse::content_coding;
use crate::protocol::http::parse::content_coding::Coding;
use crate::protocol::http::parse::resource_info::resource_info;
use crate::protocol::http::parse::response_check::{Content, RangeRequest, ResponseInfo};
use crate::protocol::http::transport::pool::{ConnectionPool, PooledConnection};
use crate::protocol::http::transport::wait_policy::WaitPolicy;
use crate::scheduling::host_limiter::HostPermit;
use crate::scheduling::mirror::Mirror;
use crate::scheduling::range_trial::Entry;
use crate::storage::download_file::OpenDownload;
use crate::transfer::range_writer::RangeWriter;
use crate::transfer::shared::Transfer;

/// Limits of one claim in bytes; between them a claim is what arrives in a quarter of a second.
const CLAIM_LEN: [u64; 2] = [64 * 1024, 1024 * 1024];
/// A range is fetched twice only if its owner would take longer than this.
const DUPLICATE_PATIENCE: Duration = Duration::from_millis(300);
/// Longest wait between two checks while another connection tries a range.
const TRIAL_POLL: Duration = Duration::from_millis(50);
/// Longest read buffer that stays with an idle connection, in bytes.
const MAX_IDLE_BUF: usize = 64 * 1024;

/// State of one connection.
pub(super) struct RangeWorker<'a> {
    pub transfer: &'a Transfer,
    pool: &'a ConnectionPool,
    pub index: usize,
    pub mirror: &'a Mirror,
    permit: &'a HostPermit,
    connection: PooledConnection,
    writer: Option<RangeWriter<'a>>,
    /// True if another download made the connection and no request was sent over it yet.
    is_reused: bool,
    /// True if the connection can carry another request.
    is_connected: bool,
    /// The last response, if it reported another version of the file.
    other_version: Option<ResponseInfo>,
}

/// The next range to fetch.
enum Task {
    /// The range that the connection owns.
    Own(Range<u64>),
    /// A range that another connection fetches too slowly.
    Duplicate(Range<u64>),
    /// All missing bytes, from a server that serves only the whole file.
    WholeFile,
}

impl<'a> RangeWorker<'a> {
    /// Creates a worker that fetches from `mirror`, over an `idle` connection or a new one.
    pub fn new(
        transfer: &'a Transfer,
        pool: &'a ConnectionPool,
        index: usize,
        (mirror, permit): (&'a Mirror, &'a HostPermit),
        idle: Option<PooledConnection>,
    ) -> Result<Self, WorkerError> {
        expectations::record(transfer, mirror);
        let is_reused = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => prepare(transfer, pool, index, mirror)?,
        };
        Ok(Self {
            transfer,
            pool,
            index,
            mirror,
            permit,
            connection,
            writer: None,
            is_reused,
            is_connected: is_reused,
            other_version: None,
        })
    }

    /// Fetches until nothing is left for the connection.
    pub fn run(&mut self) -> Result<(), WorkerError> {
        while let Some(task) = self.next_task() {
            match task {
                Task::Own(range) => self.fetch_own(range)?,
                Task::Duplicate(range) => self.fetch_duplicate(&range)?,
                Task::WholeFile => self.fetch_whole_file()?,
            }
        }
        Ok(())
    }

    /// Releases unfinished ranges. Returns the connection if it can carry another request.
    pub fn finish(self) -> Option<PooledConnection> {
        self.mirror.ranges.abandon(self.index);
        let unfinished = self.writer.map(RangeWriter::into_unfinished);
        let unfinished = unfinished.into_iter().flatten();
        self.transfer
            .scheduler
            .release(&self.transfer.plan, self.index, unfinished);
        let mut connection = self.connection;
        if connection.buf.len() > MAX_IDLE_BUF {
            connection.buf = Vec::new();
        }
        self.is_connected.then_some(connection)
    }

    /// Returns whether the connection is surplus, or must yield its permit.
    pub fn must_leave(&self) -> bool {
        self.transfer.scheduler.is_surplus(self.index) || self.permit.should_yield()
    }

    /// Returns whether the connection comes from another download, and no request was sent over it
    /// yet.
    pub fn is_reused(&self) -> bool {
        self.is_reused
    }

    pub fn connection(&self) -> &PooledConnection {
        &self.connection
    }

    /// Takes the description of the file in the response that ended the work, if it is of another version.
    pub fn take_other_version(&mut self) -> Option<ResponseInfo> {
        self.other_version.take()
    }

    /// Returns whether the connection can carry another request.
    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Records whether the connection can carry another request.
    pub fn set_connected(&mut self, is_connected: bool) {
        self.is_connected = is_connected;
    }

    /// Returns a worker with a connection to another server, which uses the same permit.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn for_mirror(&self, mirror: &'a Mirror) -> Result<Self, WorkerError> {
        let (pool, permit) = (self.pool, self.permit);
        Self::new(self.transfer, pool, self.index, (mirror, permit), None)
    }

    /// Replaces the connection by a new one, which may lead to another node of the server.
    ///
    /// # Errors
    /// The options do not allow one, or the download was stopped.
    pub fn reconnect(&mut self) -> Result<(), RequestError> {
        let stopped = |_| {
            RequestError::Lost(TransportError::Lost {
                host: self.mirror.url.host().to_owned(),
                reason: Disconnect::Stopped,
            })
        };
        let new = prepare(self.transfer, self.pool, self.index, self.mirror).map_err(stopped)?;
        let buf = std::mem::take(&mut self.connection.buf);
        self.connection = PooledConnection { buf, ..new };
        (self.is_reused, self.is_connected) = (false, false);
        Ok(())
    }

    fn next_task(&mut self) -> Option<Task> {
        let transfer = self.transfer;
        loop {
            if transfer.cancel.is_cancelled()
                || transfer.scheduler.is_complete()
                || self.must_leave()
            {
                return None;
            }
            match transfer.plan.sole_connection() {
                Some(only) if only == self.index => return Some(Task::WholeFile),
                Some(_) => return None,
                None => {}
            }
            if self.mirror.ranges.enter(self.index) == Entry::Wait {
                self.set_state(ConnectionState::Waiting);
                transfer.scheduler.wait_for_permit(TRIAL_POLL);
                continue;
            }
            if !transfer.far_range.may_request(self.index) {
                self.set_state(ConnectionState::Queued);
                transfer
                    .scheduler
                    .wait_for_answer(Duration::from_millis(50));
                continue;
            }
            if let Some(range) = transfer.assign_segment(self.index, self.is_connected) {
                return Some(Task::Own(range));
            }
            if let Some(range) = transfer.claim_duplicate(self.index, DUPLICATE_PATIENCE) {
                return Some(Task::Duplicate(range));
            }
            self.set_state(ConnectionState::Done);
            transfer
                .scheduler
                .wait_for_free(self.index, Duration::from_millis(50));
        }
    }

    fn fetch_own(&mut self, range: Range<u64>) -> Result<(), WorkerError> {
        let transfer = self.transfer;
        if !transfer
            .far_range
            .ask(self.index, Instant::now(), range.start)
        {
            // Another connection has asked meanwhile. The segment stays free for the first one.
            return Ok(());
        }
        let is_loose = self.mirror.versions.is_loose();
        let start = transfer.plan.request_start(range.start, is_loose);
        let response = self.request_range(&(start..range.end));
        transfer.on_far_range_answered(self.index);
        let Some(response) = response? else {
            // The connection that receives the whole file is the only one now.
            return Ok(());
        };
        match response.content {
            Content::Part(bytes) => self.read(response.body, bytes, start..range.start),
            Content::Whole if range.start == 0 => {
                let len = response.info.len.unwrap_or(range.end);
                self.read(response.body, 0..len, 0..0)
            }
            Content::Whole => self.on_range_ignored(response.body),
            Content::Coded(codings) => Err(self.coded(&codings)),
        }
    }

    /// Returns the error of an encoded response, which cannot complete a file that is begun.
    fn coded(&self, codings: &[Coding]) -> WorkerError {
        let reason = Unusable::Encoded(content_coding::list(codings));
        self.request_error(Rejection::from(reason).into())
    }

    /// Handles a response with the whole file instead of a range. That is an error if the server
    /// serves ranges to other connections. If not, the file is downloaded as one stream.
    fn on_range_ignored(&mut self, body: BodyReader) -> Result<(), WorkerError> {
        let transfer = self.transfer;
        if transfer.counters.others_receive(self.index)
            || !transfer.claim_sole_connection(self.index)
        {
            return Err(range_trial::ignored());
        }
        self.notice(
            "The server does not serve ranges of the file: one connection is used, from the first byte on",
        );
        self.read_missing(body)
    }

    fn fetch_duplicate(&mut self, range: &Range<u64>) -> Result<(), WorkerError> {
        let Some(response) = self.request_range(range)? else {
            return Ok(());
        };
        let Content::Part(bytes) = response.content else {
            return Err(range_trial::ignored());
        };
        if bytes.end < range.end {
            return Err(range_trial::ignored());
        }
        let mut body = self.body_writer(response.body, bytes)?;
        body.skip_to(range.start)?;
        body.expect(range.clone());
        body.copy_to(range.end)
    }

    fn fetch_whole_file(&mut self) -> Result<(), WorkerError> {
        let response = self
            .request(RangeRequest::Whole)
            .map_err(|error| self.request_error(error))?;
        let len = self.transfer.plan.active().map(|file| file.info.len);
        if let Content::Coded(codings) = &response.content {
            return Err(self.coded(codings));
        }
        let is_other_len = response.info.len.is_some() && response.info.len != len;
        let is_other = is_other_len || !self.mirror.confirm_version(&response.info.version);
        if is_other {
            let is_shorter = response
                .info
                .len
                .is_some_and(|now| len.is_some_and(|len| now < len));
            if is_shorter || self.transfer.plan.is_stream {
                return Err(WorkerError::Source(self.transfer.plan.changed_error()));
            }
            // All present bytes are compared while the response is read, so that it counts if they are
            // equal.
            self.mirror.versions.replace(response.info.version);
        }
        self.read_missing(response.body)
    }

    /// Requests a range of a file of known length. The response may begin before it and end after it, or
    /// have the whole file. `None` if the server refused the range while another connection receives the
    /// whole file.
    fn request_range(&mut self, range: &Range<u64>) -> Result<Option<HttpResponse>, WorkerError> {
        let changed = |worker: &Self| WorkerError::Source(worker.transfer.plan.changed_error());
        let len = self.transfer.plan.active().map(|file| file.info.len);
        if let Some(len) = len {
            self.mirror.expected.set_len(len);
        }
        let response = match self.request_bytes(range) {
            Ok(response) => response,
            Err(RequestError::Rejected(Rejection::RangeNotSatisfiable { len: Some(now) }))
                if len.is_some_and(|len| len != now) =>
            {
                return Err(changed(self));
            }
            Err(error) if range_refusal::is_refusal(&error) && self.fail_trial() => {
                return Ok(None);
            }
            Err(error) => {
                let (transfer, mirror, index) = (self.transfer, self.mirror, self.index);
                range_trial::request_whole(transfer, mirror, index, error, || {
                    self.request(RangeRequest::Whole)
                })?
            }
        };
        let is_coded = matches!(response.content, Content::Coded(_));
        if !is_coded && !self.accepts(&response.info, len) {
            return Err(self.on_other_version(response));
        }
        match response.content {
            Content::Part(_) => range_trial::succeed(self.transfer, self.mirror, self.index),
            Content::Whole | Content::Coded(_) if self.fail_trial() => return Ok(None),
            Content::Whole | Content::Coded(_) => {}
        }
        Ok(Some(response))
    }

    /// Keeps the description of another version of the file, and returns the end of the connection.
    fn on_other_version(&mut self, response: HttpResponse) -> WorkerError {
        self.connection.transport.close_after_body();
        let HttpResponse { content, info, .. } = response;
        let current = self.mirror.versions.current();
        let was_known = current.is_some_and(|version| version.is_known());
        if content == Content::Whole && was_known && !info.version.is_known() {
            // A page of a portal or a log-in, rather than another version.
            return range_trial::ignored();
        }
        self.other_version = Some(info);
        WorkerError::Lost(ProtocolError::OtherVersion)
    }

    /// Requests `range`. The response may begin before it and end after it.
    pub fn request_bytes(&mut self, range: &Range<u64>) -> Result<HttpResponse, RequestError> {
        let len = self.transfer.plan.active().map(|file| file.info.len);
        self.request(RangeRequest::of(range, len))
    }

    fn fail_trial(&self) -> bool {
        range_trial::fail(self.transfer, self.mirror, self.index)
    }

    /// Returns whether a response counts, for a file of `len` bytes. If the validators of the server tell
    /// nothing, one connection goes on, and compares some bytes of each response.
    fn accepts(&self, info: &ResponseInfo, len: Option<u64>) -> bool {
        let is_same = info.len == len && self.mirror.confirm_version(&info.version);
        let is_longer = || info.len >= len;
        let is_loose = self.mirror.versions.is_loose();
        is_same
            || (is_loose && is_longer() && self.transfer.plan.claim_loose_connection(self.index))
    }

    /// Checks the length of the file against the one that the user or a Metalink file states.
    pub fn check_len(&self, len: u64) -> Result<(), WorkerError> {
        let checked = self.transfer.plan.spec.check_len(len);
        checked.map_err(|error| WorkerError::Source(FetchError::failed(error)))
    }

    /// Checks that the file is still the same.
    fn check_version(&self, info: &ResponseInfo) -> Result<(), WorkerError> {
        if self.mirror.confirm_version(&info.version) {
            Ok(())
        } else {
            Err(WorkerError::Source(self.transfer.plan.changed_error()))
        }
    }

    /// Sends one request and checks its response.
    pub fn request(&mut self, requested: RangeRequest) -> Result<HttpResponse, RequestError> {
        let counters_of_all = &self.transfer.counters;
        let counters = &counters_of_all[self.index];
        let begun = Instant::now();
        self.set_state(ConnectionState::Waiting);
        self.connection.transport.set_low_water(1);
        self.is_connected = false;
        let mut response = self.fetch(requested);
        if matches!(response, Err(RequestError::Lost(_))) && std::mem::take(&mut self.is_reused) {
            // The server closed the idle connection just before the request, which is no failure.
            if let Ok(new) = prepare(self.transfer, self.pool, self.index, self.mirror) {
                let buf = std::mem::take(&mut self.connection.buf);
                self.connection = PooledConnection { buf, ..new };
                response = self.fetch(requested);
            }
        }
        self.is_reused = false;
        counters.set_latency(begun.elapsed());
        if let Ok(response) = &response {
            let is_part = matches!(response.content, Content::Part(_));
            counters_of_all.flow.record_latency(begun.elapsed());
            counters_of_all.flow.set_resumable(is_part);
            self.permit.on_served();
        }
        if let Some(address) = self.connection.transport.peer() {
            counters.set_remote(address);
        }
        response
    }

    fn fetch(&self, requested: RangeRequest) -> Result<HttpResponse, RequestError> {
        let options = &self.transfer.plan.spec.http;
        identity_request::fetch(&self.connection, options, self.mirror, requested)
    }

    pub fn request_error(&self, error: RequestError) -> WorkerError {
        error_mapping::request_error(error, self.mirror, self.transfer, self.index)
    }

    /// Confirms the length of the file and the rest of its description.
    pub fn confirm_resource(
        &mut self,
        info: &ResponseInfo,
        len: u64,
    ) -> Result<&'a OpenDownload, WorkerError> {
        self.check_version(info)?;
        let file = self
            .transfer
            .confirm_resource(resource_info(info, len), Some(self.index))
            .map_err(WorkerError::Fatal)?;
        // The other servers are compared with this one.
        self.mirror.set_compared();
        if len == 0 {
            self.transfer.mark_complete();
            self.transfer.scheduler.wake_idle();
        }
        Ok(file)
    }

    /// Returns the writer that copies `body`, which contains `bytes`, into the file.
    fn body_writer(
        &mut self,
        body: BodyReader,
        bytes: Range<u64>,
    ) -> Result<BodyWriter<'_, 'a>, WorkerError> {
        let (transfer, index) = (self.transfer, self.index);
        let Some(file) = transfer.plan.active() else {
            return Err(WorkerError::Lost(ProtocolError::Stopped));
        };
        let writer = self
            .writer
            .get_or_insert_with(|| RangeWriter::new(transfer, file, index));
        let sink = BodySink {
            writer,
            counters: &transfer.counters[index],
            file,
            mirrors: &transfer.plan.mirrors,
            mirror: self.mirror,
        };
        Ok(BodyWriter::new(sink, &mut self.connection, body, bytes))
    }

    /// Reads a response that contains `bytes`, from the end of `present` on, as far as the connection can claim
    /// them. The bytes of `present` are there, and compared.
    pub fn read(
        &mut self,
        body: BodyReader,
        bytes: Range<u64>,
        present: Range<u64>,
    ) -> Result<(), WorkerError> {
        let (transfer, index, permit) = (self.transfer, self.index, self.permit);
        let _served = self.mirror.begin_response();
        let mut body = self.body_writer(body, bytes.clone())?;
        body.skip_to(present.start)?;
        if !body.compare_to(present.end)? {
            return Err(WorkerError::Source(transfer.plan.changed_error()));
        }
        if !present.is_empty() {
            transfer.plan.overlaps.set_equal(present.end);
        }
        let start = present.end;
        body.file().map.mark_start(start);
        // A packet that is not whole would be requested again in any case.
        let end = body.file().whole_packets_until(bytes.end);
        if end <= start && start < bytes.end {
            return Err(range_trial::ignored());
        }
        while body.at < end {
            let claim = if permit.should_yield() {
                None
            } else {
                let limit = claim_len(body.rate()).min(end - body.at);
                transfer.scheduler.claim_at(index, body.at, limit)
            };
            let Some(claim) = claim else {
                self.is_connected = body.abandon()?;
                return Ok(());
            };
            body.expect(claim.clone());
            body.copy_to(claim.end)?;
        }
        self.is_connected = match end == bytes.end {
            true => body.finish()?,
            false => body.abandon()?,
        };
        Ok(())
    }

    /// Reads the whole file from its first byte, and writes the missing bytes of it.
    fn read_missing(&mut self, body: BodyReader) -> Result<(), WorkerError> {
        let (transfer, index) = (self.transfer, self.index);
        let len = transfer.plan.active().map_or(0, |file| file.info.len);
        let _served = self.mirror.begin_response();
        let mut body = self.body_writer(body, 0..len)?;
        let plan = &body.file().plan;
        while body.at < len && !transfer.scheduler.is_complete() {
            if let Some(claim) = transfer.scheduler.claim_at(index, body.at, CLAIM_LEN[1]) {
                body.expect(claim.clone());
                body.copy_to(claim.end)?;
            } else {
                let packet = plan.id_at(body.at);
                // Present bytes pass by anyway, and show whether the file is the same.
                if !body.compare_to(plan.bytes_of(&(packet..packet + 1)).end)? {
                    return Err(WorkerError::Source(transfer.plan.changed_error()));
                }
            }
        }
        Ok(())
    }

    pub fn set_state(&self, state: ConnectionState) {
        self.transfer.counters[self.index].set_state(state);
    }

    pub fn notice(&self, text: &str) {
        self.transfer.events.notice(text);
    }
}

/// Prepares a new connection to `mirror`.
fn prepare(
    transfer: &Transfer,
    pool: &ConnectionPool,
    index: usize,
    mirror: &Mirror,
) -> Result<PooledConnection, WorkerError> {
    let connections = transfer.scheduler.target_connections();
    let options = &transfer.plan.spec.http;
    let policy = wait_policy(transfer, index);
    pool.prepare(mirror, options, &transfer.cancel, connections, policy)
        .map_err(|error| WorkerError::Fatal(error.into()))
}

/// Returns how long connection `index` waits for a byte.
pub(super) fn wait_policy(transfer: &Transfer, index: usize) -> WaitPolicy {
    let (limits, counters) = (transfer.plan.spec.http.time_limits, &transfer.counters);
    WaitPolicy::new(limits, counters.failure_count(index), &counters.flow)
}

/// Returns the length of a claim at `rate` bytes a second.
fn claim_len(rate: f64) -> u64 {
    let [min, max] = CLAIM_LEN;
    ((rate / 4.0) as u64).clamp(min, max)
}
