//! One worker, one connection: makes it, and makes it anew when it is lost.

use std::thread::Builder;
use std::time::Duration;

use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::model::worker_error::WorkerError;
use crate::protocol::http;
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::protocol::lanes::worker;
use crate::transfer::shared::{Event, Transfer};

/// How often a connection that brings nothing is made anew before it is given up.
const MAX_RETRIES: u32 = 5;
/// How often all connections together may fail before one of them has learnt the length.
const MAX_BEGINNINGS: usize = 2;
/// How long the first retry waits; each further one waits twice as long.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// How long a connection stays away from a busy server that does not say for how long.
const FIRST_ABSENCE: Duration = Duration::from_secs(1);
/// The longest it stays away.
const LONGEST_ABSENCE: Duration = Duration::from_secs(30);
/// How often a busy server is asked again while no other connection brings anything.
const MAX_ABSENCES: u32 = 4;
/// The longest that a busy server may ask us to wait before it is given up.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A thread for connection `index`.
pub(crate) fn thread(index: usize) -> Builder {
    let name = format!("conn-{}", index + 1);
    Builder::new().name(name).stack_size(512 * 1024)
}

/// Runs connection `index` until nothing is left for it. Returns why it was given up, if it was.
pub(crate) fn run(
    transfer: &Transfer,
    pool: Option<&ConnectionPool>,
    index: usize,
) -> Option<String> {
    let lost = Worker::new(transfer, pool, index).work();
    transfer.meters[index].ended(lost.as_deref());
    lost
}

/// How a connection fares.
struct Worker<'a> {
    transfer: &'a Transfer,
    pool: Option<&'a ConnectionPool>,
    index: usize,
    /// Attempts in a row that brought nothing.
    failures: u32,
    /// Times in a row that the server was too busy.
    absences: u32,
}

/// What to do after a connection has ended.
enum Next {
    /// Make it anew after this time.
    Again(Duration),
    /// Give it up; the reason.
    GiveUp(String),
}

impl<'a> Worker<'a> {
    fn new(transfer: &'a Transfer, pool: Option<&'a ConnectionPool>, index: usize) -> Self {
        Self {
            transfer,
            pool,
            index,
            failures: 0,
            absences: 0,
        }
    }

    /// Why the connection was given up, or `None` when nothing was left for it.
    fn work(&mut self) -> Option<String> {
        let (transfer, index) = (self.transfer, self.index);
        let meter = &transfer.meters[index];
        loop {
            let before = meter.completed();
            let end = match &transfer.request.source {
                Source::Lanes { server, name } => worker::run(transfer, index, server, name),
                Source::Http(_) => {
                    http::worker::connection_lifecycle::run(transfer, self.pool, index)
                }
            };
            meter.set_partial(0);
            if transfer.cancel.is_cancelled() || !transfer.is_needed(index) {
                return None;
            }
            if meter.completed() > before {
                (self.failures, self.absences) = (0, 0);
            }
            let delay = match end {
                Ok(()) => return None,
                Err(error) => match self.after(error) {
                    Next::Again(delay) => delay,
                    Next::GiveUp(reason) => return Some(reason),
                },
            };
            if transfer.cancel.sleep(delay) || !transfer.is_needed(index) {
                return None;
            }
        }
    }

    fn after(&mut self, error: WorkerError) -> Next {
        match error {
            WorkerError::Fatal(error) | WorkerError::Source(error) => {
                let reason = error.to_string();
                self.transfer.send(Event::Fatal(error));
                Next::GiveUp(reason)
            }
            WorkerError::Refused(reason) => Next::GiveUp(reason),
            WorkerError::Busy {
                reason,
                retry_after,
            } => self.stay_away(&reason, retry_after),
            // A server that serves others of ours has had enough of us.
            WorkerError::Unreachable(reason) if self.transfer.others_receive(self.index) => {
                self.stay_away(&reason, None)
            }
            WorkerError::Unreachable(reason) | WorkerError::Lost(reason) => self.retry(reason),
            WorkerError::Denied(error) => self.denied(error),
        }
    }

    fn retry(&mut self, reason: String) -> Next {
        self.failures += 1;
        // Nothing of use was heard of this server yet: better say so soon than try long.
        if self.transfer.active().is_none() && self.transfer.record_early_failure() > MAX_BEGINNINGS
        {
            self.transfer
                .send(Event::Fatal(FetchError::Failed(reason.clone())));
            return Next::GiveUp(reason);
        }
        if self.failures > MAX_RETRIES {
            return Next::GiveUp(reason);
        }
        let meter = &self.transfer.meters[self.index];
        meter.retried(&reason);
        tracing::debug!("connection {}: {reason}", self.index + 1);
        Next::Again(FIRST_BACKOFF * 2u32.pow(self.failures - 1))
    }

    /// The server has too much to do: the others do the work meanwhile.
    fn stay_away(&mut self, reason: &str, retry_after: Option<Duration>) -> Next {
        let transfer = self.transfer;
        let beginning = transfer.active().is_none();
        self.absences = match beginning {
            true => transfer.record_early_failure() as u32,
            false => self.absences + 1,
        };
        let alone = !transfer.others_receive(self.index);
        let delay = retry_after.unwrap_or(FIRST_ABSENCE * 2u32.pow((self.absences - 1).min(5)));
        if alone && (self.absences > MAX_ABSENCES || delay > LONGEST_WAIT) {
            let wish =
                retry_after.map(|wish| format!("; it asks to come back in {} s", wish.as_secs()));
            let reason = format!("{reason}{}", wish.unwrap_or_default());
            if beginning {
                transfer.send(Event::Fatal(FetchError::Failed(reason.clone())));
            }
            return Next::GiveUp(reason);
        }
        if beginning {
            transfer.delay_first_request(delay);
        }
        self.transfer.meters[self.index].set_state(ConnectionState::Retrying);
        self.transfer.send(Event::Notice(format!(
            "{reason}; connections it does not serve wait"
        )));
        Next::Again(delay.min(LONGEST_ABSENCE))
    }

    /// The server gives the file no more: perhaps not to so many, perhaps not at all.
    fn denied(&mut self, error: FetchError) -> Next {
        if self.transfer.active().is_none() {
            let reason = error.to_string();
            self.transfer.send(Event::Fatal(error));
            return Next::GiveUp(reason);
        }
        if self.transfer.others_receive(self.index) {
            return Next::GiveUp(error.to_string());
        }
        match self.retry(error.to_string()) {
            Next::Again(delay) if self.failures <= 2 => Next::Again(delay),
            _ => Next::GiveUp(format!(
                "{error}; if the link has expired, go on with a new one for the same file"
            )),
        }
    }
}
