//! One download: attempt after attempt, until one brings the file or shows that none will.

use std::sync::Arc;

use super::attempt;
use super::attempt::Attempt;
use super::coordinator;
use super::download_context::DownloadContext;
use super::finished::{Finished, Observer};
use super::standby_coordinator::StandbyCoordinator;
use crate::model::outcome::FetchError;
use crate::model::spec::DownloadSpec;
use crate::sync::cancel::CancelToken;
use crate::transfer::repair_pass::RepairPass;

/// Downloads one file, from the first connect to the verified file in place.
/// With a `deputy` this thread has the first connection.
pub(crate) fn run(
    context: &DownloadContext,
    mut request: Arc<DownloadSpec>,
    cancel: &CancelToken,
    deputy: Option<&StandbyCoordinator>,
    observe: Observer<'_>,
) -> Finished {
    let mut context = context.clone();
    let channel = deputy.map_or_else(attempt::channel, StandbyCoordinator::channel);
    let mut round = RepairPass::first(&request, context.limits.hosts.clone());
    loop {
        let attempt = Attempt::new(context.clone(), &request, round, cancel, &channel);
        let (ended, next) = match deputy.filter(|_| attempt.begins_with_one()) {
            Some(deputy) => deputy.fetch(attempt, observe),
            None => coordinator::lead(attempt, observe),
        };
        match (&ended.result, next) {
            (Err(FetchError::Changed(_)), _) if request.restart_on_change => {
                tracing::info!("the file has changed, beginning anew: {}", request.source);
                let anew = Arc::make_mut(&mut request);
                anew.restart = true;
                anew.restart_on_change = false;
                round = RepairPass::first(&request, context.limits.hosts.clone());
            }
            (Err(FetchError::Damaged(_)), Some(next)) => {
                // What is right is taken up again.
                let again = Arc::make_mut(&mut request);
                again.restart = next.anew;
                again.same_file &= !next.anew;
                round = next;
            }
            _ => return ended,
        }
        context.log = Arc::clone(&ended.last.log);
        // The attempt has thrown the switch to end its own threads.
        cancel.reset();
    }
}
