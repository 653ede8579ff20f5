//! Runs a download as attempts: starts over if the file has changed on the server or pieces are damaged. A
//! lost connection ends no attempt: [`connection_retry_loop`](super::connection_retry_loop) connects again.

use std::sync::Arc;

use lanes_shared::wire::Order;

use super::attempt_inputs::AttemptInputs;
use super::attempt_result::{AttemptResult, EndedAttempt, Observer};
use super::coordinator;
use super::prepared_attempt;
use super::prepared_attempt::{EventChannel, PreparedAttempt};
use crate::model::outcome::FetchError;
use crate::model::spec::DownloadSpec;
use crate::storage::stream_sink;
use crate::sync::cancel::CancelToken;
use crate::transfer::carried_state::CarriedState;

/// Downloads one file, from the first connect to the verified file in place.
pub(crate) fn run(
    inputs: &AttemptInputs,
    spec: Arc<DownloadSpec>,
    cancel: &CancelToken,
    observe: Observer<'_>,
) -> AttemptResult {
    let mut attempts = Restarts::new(inputs, spec, cancel, prepared_attempt::event_channel());
    loop {
        let ended = coordinator::run(attempts.next(), observe);
        if let Some(finished) = attempts.on_ended(ended) {
            return finished;
        }
    }
}

/// The attempts at one download, one after the other.
pub(crate) struct Restarts {
    inputs: AttemptInputs,
    spec: Arc<DownloadSpec>,
    cancel: CancelToken,
    channel: EventChannel,
    /// State for the next attempt; `None` while one runs, and once none follows.
    carried: Option<CarriedState>,
}

impl Restarts {
    /// Returns the attempts at the download of `spec`, which report over `channel` and which `cancel` stops.
    pub fn new(
        inputs: &AttemptInputs,
        mut spec: Arc<DownloadSpec>,
        cancel: &CancelToken,
        channel: EventChannel,
    ) -> Self {
        let notice = make_stream(&mut spec);
        let mut carried = CarriedState::first(&spec, inputs.limits.hosts.clone());
        carried.notices.extend(notice);
        Self {
            inputs: inputs.clone(),
            spec,
            cancel: cancel.clone(),
            channel,
            carried: Some(carried),
        }
    }

    /// Returns the next attempt.
    pub fn next(&mut self) -> PreparedAttempt {
        let carried = self.carried.take();
        let carried = carried.unwrap_or_else(|| self.first_state());
        let inputs = self.inputs.clone();
        PreparedAttempt::new(inputs, &self.spec, carried, &self.cancel, &self.channel)
    }

    fn first_state(&self) -> CarriedState {
        CarriedState::first(&self.spec, self.inputs.limits.hosts.clone())
    }

    /// Returns the end of the download, or `None` if another attempt follows that of `ended`.
    pub fn on_ended(&mut self, ended: EndedAttempt) -> Option<AttemptResult> {
        let (finished, next) = ended;
        match (&finished.result, next) {
            (Err(FetchError::Changed(_)), _)
                if self.spec.restart_on_change
                    && !stream_sink::is_stream(&self.spec.destination) =>
            {
                tracing::info!("the file has changed, restarting: {}", self.spec.source);
                let spec = Arc::make_mut(&mut self.spec);
                spec.restart = true;
                spec.restart_on_change = false;
            }
            (Err(FetchError::Damaged(_)), Some(next)) => {
                // The next attempt resumes the pieces that match their hashes.
                let spec = Arc::make_mut(&mut self.spec);
                spec.restart = next.restart;
                spec.same_file &= !next.restart;
                self.carried = Some(next);
            }
            _ => return Some(finished),
        }
        self.inputs.log = Arc::clone(&finished.last.log);
        // The failed attempt tripped the token to end its own threads.
        self.cancel.reset();
        None
    }
}

/// Adapts a download to a pipe or a device, which takes bytes in order and once. Returns a notice if the
/// user requested otherwise.
fn make_stream(spec: &mut Arc<DownloadSpec>) -> Option<String> {
    if !stream_sink::is_stream(&spec.destination) {
        return None;
    }
    let spec = Arc::make_mut(spec);
    let is_limited = spec.max_connections() > 1;
    (spec.connections, spec.auto, spec.open_all_connections) = (1, false, false);
    spec.order = Order::InOrder;
    (spec.restart, spec.same_file) = (false, false);
    // Nothing can be read back to find the damaged pieces.
    spec.pieces = None;
    is_limited.then(|| "The output takes bytes in order: one connection is used".to_owned())
}
