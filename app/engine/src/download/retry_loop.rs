//! One download: repeats attempts until one succeeds or no further attempt can.

use std::sync::Arc;

use lanes_shared::wire::Order;

use super::attempt;
use super::attempt::Attempt;
use super::attempt_inputs::AttemptInputs;
use super::coordinator;
use super::finished::{Finished, Observer};
use super::standby_coordinator::StandbyCoordinator;
use crate::model::outcome::FetchError;
use crate::model::spec::DownloadSpec;
use crate::storage::stream_sink;
use crate::sync::cancel::CancelToken;
use crate::transfer::repair_pass::RepairPass;

/// Downloads one file, from the first connect to the verified file in place.
///
/// With a `standby` coordinator, this thread itself runs the first connection.
pub(crate) fn run(
    inputs: &AttemptInputs,
    mut spec: Arc<DownloadSpec>,
    cancel: &CancelToken,
    standby: Option<&StandbyCoordinator>,
    observe: Observer<'_>,
) -> Finished {
    let mut inputs = inputs.clone();
    let notice = make_stream(&mut spec);
    let channel = standby.map_or_else(attempt::event_channel, StandbyCoordinator::channel);
    let mut pass = RepairPass::first(&spec, inputs.limits.hosts.clone());
    pass.notices.extend(notice);
    loop {
        let attempt = Attempt::new(inputs.clone(), &spec, pass, cancel, &channel);
        let (finished, next) = match standby.filter(|_| attempt.starts_with_one_connection()) {
            Some(standby) => standby.run_attempt(attempt, observe),
            None => coordinator::run(attempt, observe),
        };
        match (&finished.result, next) {
            (Err(FetchError::Changed(_)), _)
                if spec.restart_on_change && !stream_sink::is_stream(&spec.destination) =>
            {
                tracing::info!("the file has changed, restarting: {}", spec.source);
                let spec = Arc::make_mut(&mut spec);
                spec.restart = true;
                spec.restart_on_change = false;
                pass = RepairPass::first(spec, inputs.limits.hosts.clone());
            }
            (Err(FetchError::Damaged(_)), Some(next)) => {
                // The next attempt resumes the pieces that match their hashes.
                let spec = Arc::make_mut(&mut spec);
                spec.restart = next.restart;
                spec.same_file &= !next.restart;
                pass = next;
            }
            _ => return finished,
        }
        inputs.log = Arc::clone(&finished.last.log);
        // The failed attempt tripped the token to end its own threads.
        cancel.reset();
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
