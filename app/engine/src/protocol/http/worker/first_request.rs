//! What a worker does before the length is known: it asks for it, or gets ready while another does.

use std::sync::Arc;
use std::time::Duration;

use super::range_worker::RangeWorker;
use super::unknown_length;
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::model::worker_error::WorkerError;
use crate::protocol::http::client::request::{HttpResponse, RequestError};
use crate::protocol::http::parse::resource_info::empty;
use crate::protocol::http::parse::response_check::{Answer, RangeRequest, Rejection};
use crate::transfer::shared::Turn;

/// How long a connection that was made ready stands by when fewer are wanted: what the first bytes told
/// often proves wrong within that time.
const STANDBY: Duration = Duration::from_secs(1);

impl RangeWorker<'_> {
    /// Until the length is known, and there is something to do. Returns whether that is so.
    pub(crate) fn begin(&mut self) -> Result<bool, WorkerError> {
        self.set_state(ConnectionState::Connecting);
        let mut is_ready = false;
        loop {
            if self.transfer.stop.is_stopped() || self.is_spared(is_ready) {
                return Ok(false);
            }
            let may_begin = self.transfer.sites.may_begin(self.site.number);
            match self.transfer.turn(self.index, may_begin) {
                Turn::Known => break,
                Turn::Yours => self.probe()?,
                Turn::Wait if is_ready => {}
                Turn::Wait => is_ready = self.get_ready(),
            }
        }
        Ok(!self.is_spared(is_ready))
    }

    /// Whether it is to leave, after a while if it is ready for more.
    fn is_spared(&self, is_ready: bool) -> bool {
        if is_ready && self.transfer.is_retired(self.index) {
            self.set_state(ConnectionState::Done);
            self.transfer.stand_by(self.index, STANDBY);
        }
        self.is_to_leave()
    }

    /// Another asks for the length. Once it has reached the server a connection is made here, so that
    /// the answer finds it ready; but not to a proxy. Returns whether that was tried.
    fn get_ready(&self) -> bool {
        if self.is_left {
            return true;
        }
        let Some(reached) = self.site.door.reached() else {
            return false;
        };
        if self.agent.config().proxy().is_none()
            // Where it fails, whoever asks will see why.
            && let Ok(socket) = self.dialer.dial(&reached.origin, [reached.address], || {})
        {
            self.line.keep(Arc::new(socket));
        }
        true
    }

    /// Learns the length, and keeps what comes with it.
    fn probe(&mut self) -> Result<(), WorkerError> {
        let asked = if self.site.is_plain() {
            RangeRequest::Whole
        } else {
            RangeRequest::From(0)
        };
        let fetched = match self.ask(asked) {
            Ok(fetched) => fetched,
            Err(RequestError::Rejection(Rejection::Beyond(Some(0)), _)) => {
                self.check_len(0)?;
                return self.agree(&empty(), 0).map(drop);
            }
            // A server that cannot count may still give the whole file.
            Err(RequestError::Rejection(Rejection::Beyond(_) | Rejection::Wrong(_), reason))
                if asked != RangeRequest::Whole =>
            {
                self.site.set_plain();
                return Err(WorkerError::Lost(reason));
            }
            Err(missed) => return Err(self.in_words(missed)),
        };
        let HttpResponse { answer, told, body } = fetched;
        if told.metalink && self.transfer.request.stop_at_metalink {
            return Err(WorkerError::Fatal(FetchError::Metalink));
        }
        let Some(len) = told.len else {
            self.notice("The server does not say how long the file is: one connection is used, and what comes cannot be taken up later");
            return unknown_length::receive(self, &told, body);
        };
        self.check_len(len)?;
        if answer == Answer::Whole && len > 0 {
            self.transfer.claim_single(self.index);
            self.notice("The server gives the file only as a whole: one connection is used");
        }
        if answer != Answer::Whole
            && self.transfer.wants_flight(len)
            && let Some(flight) = body.first_flight()
        {
            self.transfer.note_flight(&flight, len);
        }
        self.agree(&told, len)?;
        if !told.version.is_known() && told.checksum.is_none() && answer != Answer::Whole {
            self.warn_of_exchange();
        }
        self.read(body, 0..len)
    }

    /// The server says nothing by which the parts of two versions could be told apart.
    fn warn_of_exchange(&self) {
        let request = &self.transfer.request;
        let is_checked = request.checksum.is_some() || request.pieces.is_some();
        if !is_checked && self.transfer.wanted() > 1 {
            self.notice("The server does not say which version of the file it gives: if it is exchanged meanwhile, only a checksum can tell");
        }
    }
}
