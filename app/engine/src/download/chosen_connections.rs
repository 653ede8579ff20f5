//! Applies the number of connections that the user chooses while an attempt runs.

use super::progress_reporter::ProgressReporter;
use super::running_options::RunningOptions;
use super::thread_states::ThreadStates;
use crate::model::option_change::ConnectionChoice;
use crate::scheduling::concurrency_tuner::ConcurrencyTuner;
use crate::transfer::shared::Transfer;

/// The choice of the user, and the part of it that is in force.
pub(super) struct ChosenConnections<'a> {
    options: Option<&'a RunningOptions>,
    applied: Option<ConnectionChoice>,
}

impl<'a> ChosenConnections<'a> {
    /// Returns the state at the start of an attempt.
    pub fn new(options: Option<&'a RunningOptions>) -> Self {
        let applied = None;
        Self { options, applied }
    }

    /// Applies a new choice. Returns the tuner that chooses the number from now on, if there is one; `None` if
    /// there is no new choice.
    pub fn apply(
        &mut self,
        transfer: &Transfer,
        progress: &mut ThreadStates,
        reporter: &mut ProgressReporter<'_>,
    ) -> Option<Option<ConcurrencyTuner>> {
        let context = &transfer.context;
        let choice = self.options.and_then(RunningOptions::connections)?;
        // The only connection may be one that a lower number would end.
        let is_fixed = context.is_stream || context.sole_connection().is_some();
        if is_fixed || self.applied == Some(choice) {
            return None;
        }
        self.applied = Some(choice);
        let allowed = usize::from(context.spec.allowed_of(choice.count));
        transfer.counters.set_allowed(allowed);
        let tunes = choice.auto && allowed > 1;
        let tuner = tunes.then(|| ConcurrencyTuner::new(allowed));
        let count = tuner.as_ref().map_or(allowed, ConcurrencyTuner::count);
        transfer.scheduler.set_target_connections(count);
        progress.reopen(count);
        reporter.auto_limit = choice.auto.then_some(choice.count);
        reporter.log(&match choice.auto {
            true => format!("Changed to at most {allowed} connections, chosen automatically"),
            false => format!("Changed to {allowed} connections"),
        });
        Some(tuner)
    }
}
