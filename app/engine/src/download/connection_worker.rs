//! One worker thread per connection: opens it, runs its protocol, and reconnects after a loss.

use std::thread::Builder;
use std::time::Duration;

use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::protocol::error::WorkerError;
use crate::protocol::http;
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::protocol::lanes::worker;
use crate::transfer::events::Event;
use crate::transfer::shared::Transfer;

/// Reconnects without progress after which a connection is given up.
const MAX_RETRIES: u32 = 5;
/// Failures of all connections together, before the length is known, that the download survives.
const MAX_EARLY_FAILURES: usize = 2;
/// Delay before the first retry; each further one doubles it.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
/// Delay before the first retry at a busy server that sends no `Retry-After`.
const FIRST_BUSY_BACKOFF: Duration = Duration::from_secs(1);
/// Longest delay between two retries at a busy server.
const MAX_BUSY_BACKOFF: Duration = Duration::from_secs(30);
/// Retries at a busy server while no other connection receives anything.
const MAX_BUSY_RETRIES: u32 = 4;
/// Longest `Retry-After` that is waited for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(120);

/// Returns the builder of the thread for connection `index`.
pub(crate) fn thread_builder(index: usize) -> Builder {
    let name = format!("conn-{}", index + 1);
    Builder::new().name(name).stack_size(512 * 1024)
}

/// Runs connection `index` until it has no work left. Returns the reason if it was given up.
pub(crate) fn run(transfer: &Transfer, pool: &ConnectionPool, index: usize) -> Option<String> {
    let lost = Worker::new(transfer, pool, index).run();
    transfer.counters[index].ended(lost.as_deref());
    lost
}

struct Worker<'a> {
    transfer: &'a Transfer,
    pool: &'a ConnectionPool,
    index: usize,
    /// Consecutive failures without progress.
    failures: u32,
    /// Consecutive refusals because the server is busy.
    busy_retries: u32,
}

/// Reaction to the end of a connection.
enum NextStep {
    /// Reconnect after this delay.
    Reconnect(Duration),
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
            busy_retries: 0,
        }
    }

    /// Returns the reason if the connection was given up, `None` if it has no work left.
    fn run(&mut self) -> Option<String> {
        let (transfer, index) = (self.transfer, self.index);
        let meter = &transfer.counters[index];
        loop {
            let before = meter.completed();
            let end = match &transfer.plan.spec.source {
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
                (self.failures, self.busy_retries) = (0, 0);
            }
            let delay = match end {
                Ok(()) => return None,
                Err(error) => match self.on_error(error) {
                    NextStep::Reconnect(delay) => delay,
                    NextStep::GiveUp(reason) => return Some(reason),
                },
            };
            if transfer.cancel.sleep(delay) || !transfer.is_needed(index) {
                return None;
            }
        }
    }

    fn on_error(&mut self, error: WorkerError) -> NextStep {
        match error {
            WorkerError::Fatal(error) | WorkerError::Source(error) => {
                let reason = error.to_string();
                self.transfer.events.send(Event::Fatal(error));
                NextStep::GiveUp(reason)
            }
            WorkerError::Refused(reason) => NextStep::GiveUp(reason.to_string()),
            WorkerError::Busy {
                reason,
                retry_after,
            } => self.back_off(&reason.to_string(), retry_after),
            // Other connections still work: the server is limiting us, so back off.
            WorkerError::Unreachable(reason)
                if self.transfer.counters.others_receive(self.index) =>
            {
                self.back_off(&reason.to_string(), None)
            }
            WorkerError::Unreachable(reason) | WorkerError::Lost(reason) => {
                self.retry(reason.to_string())
            }
            WorkerError::Denied(error) => self.on_denied(error),
        }
    }

    fn retry(&mut self, reason: String) -> NextStep {
        self.failures += 1;
        // No response from this server yet: report the failure early rather than retry for long.
        if self.transfer.plan.active().is_none()
            && self.transfer.record_early_failure() > MAX_EARLY_FAILURES
        {
            self.transfer
                .events
                .send(Event::Fatal(FetchError::Failed(reason.clone())));
            return NextStep::GiveUp(reason);
        }
        if self.failures > MAX_RETRIES {
            return NextStep::GiveUp(reason);
        }
        let meter = &self.transfer.counters[self.index];
        meter.retried(&reason);
        tracing::debug!("connection {}: {reason}", self.index + 1);
        NextStep::Reconnect(FIRST_BACKOFF * 2u32.pow(self.failures - 1))
    }

    /// Waits for a busy server; the other connections do the work meanwhile.
    fn back_off(&mut self, reason: &str, retry_after: Option<Duration>) -> NextStep {
        let transfer = self.transfer;
        let is_early = transfer.plan.active().is_none();
        self.busy_retries = match is_early {
            true => transfer.record_early_failure() as u32,
            false => self.busy_retries + 1,
        };
        let is_alone = !transfer.counters.others_receive(self.index);
        let backoff = || FIRST_BUSY_BACKOFF * 2u32.pow((self.busy_retries - 1).min(5));
        let delay = retry_after.unwrap_or_else(backoff);
        if is_alone && (self.busy_retries > MAX_BUSY_RETRIES || delay > MAX_RETRY_AFTER) {
            let hint = retry_after
                .map(|time| format!("; the server asks to retry in {} s", time.as_secs()));
            let reason = format!("{reason}{}", hint.unwrap_or_default());
            if is_early {
                transfer
                    .events
                    .send(Event::Fatal(FetchError::Failed(reason.clone())));
            }
            return NextStep::GiveUp(reason);
        }
        if is_early {
            transfer.delay_first_request(delay);
        }
        self.transfer.counters[self.index].set_state(ConnectionState::Retrying);
        self.transfer
            .events
            .notice(format!("{reason}; refused connections wait and retry"));
        NextStep::Reconnect(delay.min(MAX_BUSY_BACKOFF))
    }

    /// Handles a server that stopped serving the file: perhaps only to so many connections, perhaps
    /// altogether.
    fn on_denied(&mut self, error: FetchError) -> NextStep {
        if self.transfer.plan.active().is_none() {
            let reason = error.to_string();
            self.transfer.events.send(Event::Fatal(error));
            return NextStep::GiveUp(reason);
        }
        if self.transfer.counters.others_receive(self.index) {
            return NextStep::GiveUp(error.to_string());
        }
        match self.retry(error.to_string()) {
            NextStep::Reconnect(delay) if self.failures <= 2 => NextStep::Reconnect(delay),
            _ => NextStep::GiveUp(format!(
                "{error}; if the URL has expired, resume with a new URL of the same file"
            )),
        }
    }
}
