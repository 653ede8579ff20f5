//! The connection of one worker to one server: sends requests, and is replaced when the server closes it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use super::{error_mapping, web_page_hints};
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::protocol::error::{
    Disconnect, Rejection, RequestError, TransportError, Unusable, WorkerError,
};
use crate::protocol::http::client::identity_request;
use crate::protocol::http::client::request_with_redirects::HttpResponse;
use crate::protocol::http::parse::content_coding;
use crate::protocol::http::parse::content_coding::Coding;
use crate::protocol::http::parse::response_check::{Content, RangeRequest, ResponseInfo};
use crate::protocol::http::transport::pool::{ConnectionPool, PooledConnection};
use crate::protocol::http::transport::socket::Socket;
use crate::protocol::http::transport::wait_policy::WaitPolicy;
use crate::protocol::http::transport::wake_condition::WakeCondition;
use crate::scheduling::host_limiter::HostPermit;
use crate::scheduling::mirror::Mirror;
use crate::scheduling::way_set::WaySeat;
use crate::transfer::shared::Transfer;

/// Longest read buffer that stays with an idle connection, in bytes.
const MAX_IDLE_BUF: usize = 64 * 1024;

/// A connection to `mirror`, which one worker uses for one request after the other.
pub(super) struct ServerConnection<'a> {
    pub transfer: &'a Transfer,
    pub index: usize,
    pub mirror: &'a Mirror,
    pool: &'a ConnectionPool,
    permit: &'a HostPermit,
    seat: &'a WaySeat<'a>,
    pooled: PooledConnection,
    /// True if another download made the connection and no request was sent over it yet.
    is_reused: bool,
    /// True if the connection can carry another request.
    is_connected: bool,
    /// Second requests for the rest of a silent response. Each doubles the patience with the next one, for
    /// servers that always pause.
    second_requests: usize,
    /// True if the connection was made before its first request, which has not been sent.
    is_preconnected: bool,
    /// The last response, if it reported another version of the file.
    other_version: Option<ResponseInfo>,
}

impl<'a> ServerConnection<'a> {
    /// Takes the `idle` connection to `mirror`, or prepares a new one.
    pub fn new(
        transfer: &'a Transfer,
        pool: &'a ConnectionPool,
        index: usize,
        (mirror, permit, seat): (&'a Mirror, &'a HostPermit, &'a WaySeat<'a>),
        idle: Option<PooledConnection>,
    ) -> Result<Self, WorkerError> {
        web_page_hints::record(transfer, mirror);
        let is_reused = idle.is_some();
        let pooled = match idle {
            Some(pooled) => pooled,
            None => prepare(
                transfer,
                pool,
                mirror,
                seat,
                wait_policy(transfer, index, 0),
            )?,
        };
        Ok(Self {
            transfer,
            index,
            mirror,
            pool,
            permit,
            seat,
            pooled,
            is_reused,
            is_connected: is_reused,
            second_requests: 0,
            is_preconnected: false,
            other_version: None,
        })
    }

    /// Returns a connection to another server, which uses the same permit.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn for_mirror(&self, mirror: &'a Mirror) -> Result<Self, WorkerError> {
        let (_, permit, seat) = self.place();
        let place = (mirror, permit, seat);
        Self::new(self.transfer, self.pool, self.index, place, None)
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
        let policy = self.wait_policy();
        let new =
            prepare(self.transfer, self.pool, self.mirror, self.seat, policy).map_err(stopped)?;
        self.replace(new);
        (self.is_reused, self.is_connected) = (false, false);
        self.is_preconnected = false;
        Ok(())
    }

    /// Uses a new connection in place of the present one, which is kept. Its waits end once `interrupt` holds.
    ///
    /// # Errors
    /// The options do not allow one.
    pub fn set_aside(&mut self, interrupt: WakeCondition) -> Result<PooledConnection, WorkerError> {
        self.second_requests += 1;
        let policy = self.wait_policy().of_second_request(interrupt);
        let new = prepare(self.transfer, self.pool, self.mirror, self.seat, policy)?;
        Ok(self.exchange(new))
    }

    /// Uses this connection, and returns the one that was used before.
    pub fn exchange(&mut self, new: PooledConnection) -> PooledConnection {
        let buf = std::mem::take(&mut self.pooled.buf);
        (self.is_connected, self.is_preconnected) = (false, false);
        std::mem::replace(&mut self.pooled, PooledConnection { buf, ..new })
    }

    /// Returns how long the connection waits for a byte.
    pub fn wait_policy(&self) -> WaitPolicy {
        wait_policy(self.transfer, self.index, self.second_requests)
    }

    /// Keeps `socket`, over which no request was sent, for the first request.
    pub fn set_preconnected(&mut self, socket: Socket) {
        self.pooled.transport.preconnected(Arc::new(socket));
        self.is_preconnected = true;
    }

    fn replace(&mut self, new: PooledConnection) {
        let buf = std::mem::take(&mut self.pooled.buf);
        self.pooled = PooledConnection { buf, ..new };
    }

    /// Returns the connection for the next download, if it can carry another request.
    pub fn into_idle(self) -> Option<PooledConnection> {
        let mut pooled = self.pooled;
        if pooled.buf.len() > MAX_IDLE_BUF {
            pooled.buf = Vec::new();
        }
        (self.is_connected || self.is_preconnected).then_some(pooled)
    }

    /// Returns the mirror, and the rights to a connection to it and to a way.
    pub fn place(&self) -> (&'a Mirror, &'a HostPermit, &'a WaySeat<'a>) {
        (self.mirror, self.permit, self.seat)
    }

    /// Returns whether the connection must yield its permit, or leave its way for another one.
    pub fn should_yield(&self) -> bool {
        let (_, permit, seat) = self.place();
        permit.should_yield() || seat.should_leave()
    }

    /// Returns whether the connection is surplus, or must yield.
    pub fn must_leave(&self) -> bool {
        self.transfer.scheduler.is_surplus(self.index) || self.should_yield()
    }

    /// Returns whether the connection comes from another download, and no request was sent over it
    /// yet.
    pub fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// Returns whether the connection can carry another request.
    pub fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Records whether the connection can carry another request.
    pub fn set_connected(&mut self, is_connected: bool) {
        self.is_connected = is_connected;
    }

    pub fn pooled(&self) -> &PooledConnection {
        &self.pooled
    }

    pub fn pooled_mut(&mut self) -> &mut PooledConnection {
        &mut self.pooled
    }

    /// Records the description of the file in a response of another version.
    pub fn set_other_version(&mut self, info: ResponseInfo) {
        self.other_version = Some(info);
    }

    /// Takes the description of the file in the response that ended the work, if it is of another version.
    pub fn take_other_version(&mut self) -> Option<ResponseInfo> {
        self.other_version.take()
    }

    /// Requests `range`. The response may begin before it and end after it.
    pub fn request_bytes(&mut self, range: &Range<u64>) -> Result<HttpResponse, RequestError> {
        let len = self.transfer.context.active().map(|file| file.info.len);
        if let Some(len) = len {
            self.mirror.expected.set_len(len);
        }
        self.request(RangeRequest::of(range, len))
    }

    /// Sends one request and checks its response.
    pub fn request(&mut self, requested: RangeRequest) -> Result<HttpResponse, RequestError> {
        let counters_of_all = &self.transfer.counters;
        let counters = &counters_of_all[self.index];
        let begun = Instant::now();
        self.set_state(ConnectionState::Waiting);
        self.mirror.requests.ask(self.index, begun);
        self.pooled.transport.set_low_water(1);
        (self.is_connected, self.is_preconnected) = (false, false);
        let mut response = self.fetch(requested);
        if matches!(response, Err(RequestError::Lost(_))) && std::mem::take(&mut self.is_reused) {
            // The server closed the idle connection just before the request, which is no failure.
            let policy = self.wait_policy();
            let new = prepare(self.transfer, self.pool, self.mirror, self.seat, policy);
            if let Ok(new) = new {
                self.replace(new);
                response = self.fetch(requested);
            }
        }
        self.is_reused = false;
        counters.set_latency(begun.elapsed());
        if let Some(socket) = self.pooled.transport.socket() {
            counters.set_round_trip(socket.round_trip(), begun.elapsed());
        }
        self.mirror
            .record_request(self.index, begun, response.is_ok());
        if let Ok(response) = &response {
            let is_part = matches!(response.content, Content::Part(_));
            counters_of_all.flow.record_latency(begun.elapsed());
            counters_of_all.flow.set_resumable(is_part);
            self.permit.on_served();
        }
        if let Some(address) = self.pooled.transport.peer() {
            counters.set_remote(address);
        }
        response
    }

    fn fetch(&self, requested: RangeRequest) -> Result<HttpResponse, RequestError> {
        let options = &self.transfer.context.spec.http;
        identity_request::fetch(&self.pooled, options, self.mirror, requested)
    }

    /// Returns the error that ends the work after a failed request.
    pub fn request_error(&self, error: RequestError) -> WorkerError {
        error_mapping::request_error(error, self.mirror, self.transfer, self.index)
    }

    /// Returns the error of an encoded response, which cannot complete a file that is begun.
    pub fn coding_error(&self, codings: &[Coding]) -> WorkerError {
        let reason = Unusable::Encoded(content_coding::list(codings));
        self.request_error(Rejection::from(reason).into())
    }

    /// Returns the error for a file that differs from the one begun.
    pub fn changed_error(&self) -> WorkerError {
        WorkerError::Source(self.transfer.context.changed_error())
    }

    /// Checks the length of the file against the one that the user or a Metalink file states.
    pub fn check_len(&self, len: u64) -> Result<(), WorkerError> {
        let checked = self.transfer.context.spec.check_len(len);
        checked.map_err(|error| WorkerError::Source(FetchError::failed(error)))
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
    mirror: &Mirror,
    seat: &WaySeat<'_>,
    policy: WaitPolicy,
) -> Result<PooledConnection, WorkerError> {
    let connections = transfer.scheduler.target_connections();
    let options = &transfer.context.spec.http;
    let cancel = transfer.cancel.of_group(seat.group());
    pool.prepare_over(seat.name(), mirror, options, &cancel, (connections, policy))
        .map_err(|error| WorkerError::Fatal(error.into()))
}

/// Returns how long connection `index` waits for a byte, after this many second requests.
pub(super) fn wait_policy(transfer: &Transfer, index: usize, second_requests: usize) -> WaitPolicy {
    let (limits, counters) = (transfer.context.spec.http.time_limits, &transfer.counters);
    let failures = counters.failure_count(index) + second_requests;
    let limits = limits.among_ways(transfer.ways.has_choice());
    WaitPolicy::new(limits, failures, &counters.flow).patient(index == 0)
}
