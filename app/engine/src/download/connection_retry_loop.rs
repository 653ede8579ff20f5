//! One worker thread per connection: opens it, runs its protocol, and reconnects after a loss.

use std::thread::Builder;
use std::time::Duration;

use super::reconnect_backoff;
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::protocol::error::{ProtocolError, WorkerError};
use crate::protocol::http;
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::protocol::lanes::worker;
use crate::transfer::events::Event;
use crate::transfer::shared::Transfer;

/// Retries in a row, without progress, after a fault that is no outage: the server answers, but
/// wrongly.
const MAX_RETRIES: u32 = 5;
/// Failures of all connections together, before the length is known, that the download survives.
const MAX_EARLY_FAILURES: usize = 2;
/// Retries of all connections together while the server reports a failure of its own, before it has served
/// anything. The pauses between them add up to 6 s.
const MAX_FIRST_RETRIES: usize = 5;
/// Refusals in a row, while no other connection receives, that a connection survives.
const MAX_DENIALS: u32 = 2;

/// Returns the builder of the thread for connection `index`.
pub(crate) fn thread_builder(index: usize) -> Builder {
    let name = format!("conn-{}", index + 1);
    Builder::new().name(name).stack_size(512 * 1024)
}

/// Runs connection `index` until it has no work left. Returns the reason if it was given up.
pub(crate) fn run(transfer: &Transfer, pool: &ConnectionPool, index: usize) -> Option<String> {
    let lost = Worker::new(transfer, pool, index).run();
    transfer.counters[index].ended(lost.as_deref());
    transfer.context.release_loose_connection(index);
    lost
}

struct Worker<'a> {
    transfer: &'a Transfer,
    pool: &'a ConnectionPool,
    index: usize,
    /// Consecutive failures without progress of this connection.
    failures: u32,
    /// Consecutive refusals because the server is busy.
    refusals: u32,
    /// Consecutive failures without progress of any connection.
    failures_of_all: u32,
    /// Number of the outage that these failures belong to.
    outage: u32,
    /// Losses of a body of unknown length.
    restarts: u32,
}

/// Reaction to the end of a connection.
enum NextStep {
    /// Reconnect after this pause. If the flag is set, it ends once another connection brings bytes.
    Reconnect(Duration, bool),
    /// Give the connection up, for this reason.
    GiveUp(String),
}

impl<'a> Worker<'a> {
    fn new(transfer: &'a Transfer, pool: &'a ConnectionPool, index: usize) -> Self {
        Self {
            transfer,
            pool,
            index,
            failures: 0,
            refusals: 0,
            failures_of_all: 0,
            outage: 0,
            restarts: 0,
        }
    }

    /// Returns the reason if the connection was given up, `None` if it has no work left.
    fn run(&mut self) -> Option<String> {
        let (transfer, index) = (self.transfer, self.index);
        let meter = &transfer.counters[index];
        loop {
            let before = meter.progress();
            let end = match &transfer.context.spec.source {
                Source::Lanes { server, name } => worker::run(transfer, index, server, name),
                Source::Http(_) => http::worker::permit_loop::run(transfer, self.pool, index),
            };
            meter.set_partial(0);
            if transfer.cancel.is_cancelled() || !transfer.is_needed(index) {
                return None;
            }
            if meter.progress() > before {
                (self.failures, self.refusals) = (0, 0);
            }
            let (pause, may_end_early) = match end {
                Ok(()) => return None,
                Err(error) => match self.on_error(error) {
                    NextStep::Reconnect(pause, may_end_early) => (pause, may_end_early),
                    NextStep::GiveUp(reason) => return Some(reason),
                },
            };
            meter.set_failures(self.failures);
            if transfer.pause(index, pause, may_end_early) {
                return None;
            }
        }
    }

    fn on_error(&mut self, error: WorkerError) -> NextStep {
        match error {
            WorkerError::Fatal(error) | WorkerError::Source(error) => self.end(error),
            WorkerError::Refused(reason) => NextStep::GiveUp(reason.to_string()),
            WorkerError::Busy {
                reason,
                retry_after,
            } => self.back_off(&reason.to_string(), retry_after),
            WorkerError::Unreachable(reason) => self.retry(reason.to_string(), false),
            // No failure: the next request is for the version that counts now.
            WorkerError::Lost(ProtocolError::VersionAdopted) => {
                NextStep::Reconnect(Duration::ZERO, false)
            }
            // The others go on, and this connection with them.
            WorkerError::Lost(reason @ ProtocolError::WayLost(_)) if !self.is_unsized() => {
                self.reconnect(&reason.to_string(), Duration::ZERO, false)
            }
            // A body of unknown length begins again each time.
            WorkerError::Lost(reason) if self.is_unsized() => {
                self.restarts += 1;
                match self.restarts > MAX_RETRIES {
                    true => self.end(FetchError::Failed(reason.to_string())),
                    false => self.retry(reason.to_string(), true),
                }
            }
            WorkerError::Lost(reason) if reason.is_server_failure() && self.is_first() => {
                self.retry_first(reason.to_string())
            }
            WorkerError::Lost(reason) => match reason.is_outage() {
                true => self.retry(reason.to_string(), true),
                false => self.retry_fault(reason.to_string()),
            },
            WorkerError::Denied(error) => self.on_denied(error),
        }
    }

    /// Returns whether the connection has received a body of unknown length.
    fn is_unsized(&self) -> bool {
        let transfer = self.transfer;
        transfer.context.active().is_none() && transfer.counters[self.index].bytes() > 0
    }

    /// Returns whether the server has not served anything yet, and the user set no limits for that time.
    fn is_first(&self) -> bool {
        let transfer = self.transfer;
        let is_early = transfer.context.active().is_none() && !transfer.has_received();
        is_early && !transfer.context.spec.retry.from_start
    }

    /// Ends the download.
    fn end(&self, error: FetchError) -> NextStep {
        let reason = error.to_string();
        self.transfer.events.send(Event::Fatal(error));
        NextStep::GiveUp(reason)
    }

    /// Retries after a failure that may be the end of the network or of the server for a while; `is_reached` if the
    /// server had accepted the connection.
    fn retry(&mut self, reason: String, is_reached: bool) -> NextStep {
        let (transfer, limits) = (self.transfer, self.transfer.context.spec.retry);
        self.failures += 1;
        if !limits.from_start && !transfer.has_received() {
            return self.retry_early(reason);
        }
        let failure = transfer.record_failure(&reason, is_reached);
        if failure.outage != self.outage {
            (self.outage, self.failures_of_all) = (failure.outage, 0);
        }
        self.failures_of_all += 1;
        let is_early = transfer.context.active().is_none();
        // Before the length is known, each try may be that of another connection, and those that wait for
        // it finish nothing. Later, failures of one connection never end what others can finish.
        let is_http = matches!(transfer.context.spec.source, Source::Http(_));
        let is_shared = is_early && is_http && !transfer.context.mirrors.has_mirrors();
        if is_shared || !transfer.counters.others_are_up(self.index) {
            let failures = match is_shared {
                true => failure.count,
                false => self.failures_of_all,
            };
            if limits.retries.is_some_and(|most| failures > most) {
                return match transfer.context.active() {
                    Some(_) => NextStep::GiveUp(reason),
                    None => self.end(FetchError::Failed(reason)),
                };
            }
            if limits.retry_for.is_some_and(|most| failure.age >= most) {
                return self.end(self.outage_error(&reason, failure.age));
            }
        }
        let failures = if is_early {
            failure.count
        } else {
            self.failures
        };
        let pause = reconnect_backoff::after_failure(failures, failure.age);
        let left = limits
            .retry_for
            .map(|most| most.saturating_sub(failure.age));
        let pause = reconnect_backoff::within(pause, left);
        if is_early {
            transfer.delay_first_request(pause);
        }
        self.reconnect(&reason, pause, !failure.age.is_zero())
    }

    fn reconnect(&self, reason: &str, pause: Duration, may_end_early: bool) -> NextStep {
        let meter = &self.transfer.counters[self.index];
        meter.retried(reason);
        tracing::debug!("connection {}: {reason}", self.index + 1);
        NextStep::Reconnect(pause, may_end_early)
    }

    fn outage_error(&self, reason: &str, age: Duration) -> FetchError {
        let secs = age.as_secs().max(1);
        FetchError::Failed(match self.transfer.context.active() {
            Some(_) => format!(
                "{reason}; nothing arrived for {secs} s, the partial file is kept: resume to continue"
            ),
            None => format!("{reason}; tried for {secs} s"),
        })
    }

    /// Retries before any byte has arrived: reports the failure early rather than retry for long.
    fn retry_early(&mut self, reason: String) -> NextStep {
        let transfer = self.transfer;
        if transfer.context.active().is_none()
            && transfer.record_early_failure() > MAX_EARLY_FAILURES
        {
            return self.end(FetchError::Failed(reason));
        }
        self.retry_a_few_times(reason)
    }

    /// Retries after a status by which the server reports a failure of its own, with pauses that all
    /// connections share.
    fn retry_first(&mut self, reason: String) -> NextStep {
        let transfer = self.transfer;
        let failures = transfer.record_early_failure();
        if failures > MAX_FIRST_RETRIES {
            return self.end(FetchError::Failed(reason));
        }
        self.failures += 1;
        let failures = u32::try_from(failures).unwrap_or(u32::MAX);
        let pause = reconnect_backoff::after_failure(failures, Duration::ZERO);
        transfer.delay_first_request(pause);
        self.reconnect(&reason, pause, false)
    }

    /// Retries after an answer that no outage explains.
    fn retry_fault(&mut self, reason: String) -> NextStep {
        self.failures += 1;
        if self.transfer.context.active().is_none() {
            return self.retry_early(reason);
        }
        self.retry_a_few_times(reason)
    }

    fn retry_a_few_times(&self, reason: String) -> NextStep {
        if self.failures > MAX_RETRIES {
            return NextStep::GiveUp(reason);
        }
        let pause = reconnect_backoff::after_failure(self.failures, Duration::ZERO);
        self.reconnect(&reason, pause, false)
    }

    /// Waits for a busy server; the other connections do the work meanwhile.
    fn back_off(&mut self, reason: &str, retry_after: Option<Duration>) -> NextStep {
        let (transfer, limits) = (self.transfer, self.transfer.context.spec.retry);
        self.refusals += 1;
        let failure = transfer.record_failure(reason, true);
        let is_early = transfer.context.active().is_none();
        let left = |age: Duration| limits.retry_for.map(|most| most.saturating_sub(age));
        // Before the length is known, each try may be that of another connection.
        let refusals = if is_early {
            failure.count
        } else {
            self.refusals
        };
        let pause = retry_after.unwrap_or_else(|| {
            reconnect_backoff::within(
                reconnect_backoff::after_refusal(refusals),
                left(failure.age),
            )
        });
        if is_early || !transfer.counters.others_are_up(self.index) {
            let asked = retry_after.unwrap_or_default();
            let is_over = limits.retries.is_some_and(|most| refusals > most)
                || limits
                    .retry_for
                    .is_some_and(|most| failure.age + asked >= most);
            if is_over {
                let hint = retry_after
                    .map(|time| format!("; the server asks to retry in {} s", time.as_secs()));
                let reason = format!("{reason}{}", hint.unwrap_or_default());
                return self.end(match is_early {
                    true => FetchError::Failed(reason),
                    false => self.outage_error(&reason, failure.age),
                });
            }
        }
        if is_early {
            transfer.delay_first_request(pause);
        }
        transfer.counters[self.index].set_state(ConnectionState::Retrying);
        let notice = format!("{reason}; refused connections wait and retry");
        transfer.events.notice(notice);
        NextStep::Reconnect(pause, false)
    }

    /// Handles a server that stopped serving the file: perhaps only to so many connections, perhaps
    /// altogether.
    fn on_denied(&mut self, error: FetchError) -> NextStep {
        if self.transfer.context.active().is_none() {
            return self.end(error);
        }
        if self.transfer.counters.others_receive(self.index) {
            // It waits until one of the others has ended.
            self.refusals += 1;
            let pause = reconnect_backoff::after_refusal(self.refusals);
            return self.reconnect(&error.to_string(), pause, false);
        }
        self.failures += 1;
        if self.failures <= MAX_DENIALS {
            return self.retry_a_few_times(error.to_string());
        }
        NextStep::GiveUp(format!(
            "{error}; if the URL has expired, resume with a new URL of the same file"
        ))
    }
}
