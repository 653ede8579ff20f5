//! The state of an experiment, as the runner reports it.

/// The state of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExperimentState {
    /// The warm-up runs, which does not count.
    WarmingUp,
    /// Runs are carried out; the value of the current one, or `None` while an experiment side by
    /// side with this one runs.
    Running(Option<u64>),
    /// All runs are done.
    Finished,
    /// The user cancelled it; the completed runs count.
    Cancelled,
    /// It ended early, for the reason given.
    Failed(String),
}

impl ExperimentState {
    /// Returns whether more runs will follow.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::WarmingUp | Self::Running(_))
    }
}
