//! An experiment at one moment: which runs were made, and what they amount to so far.

use super::prediction::Prediction;
use super::summary;
use super::summary::Summary;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::report::verdict;
use crate::lab::run::timed_run::Run;

/// Whether an experiment still runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExperimentState {
    /// The discarded warm-up is being run.
    WarmingUp,
    /// Runs are being made; the value of the current one, or `None` while another experiment that is
    /// made side by side with this one has its turn.
    Running(Option<u64>),
    /// All runs were made.
    Finished,
    /// The user stopped it; the runs made so far stand.
    Cancelled,
    /// It could not go on, and why, in words.
    Failed(String),
}

impl ExperimentState {
    /// Whether runs are still to come.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::WarmingUp | Self::Running(_))
    }
}

/// An experiment, at one moment.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// What it is to do.
    pub plan: Plan,
    /// When it was begun, in seconds since the start of 1970; 0 where nobody knows.
    pub made_secs: u64,
    /// Whether it still runs.
    pub state: ExperimentState,
    /// The runs made so far, in the order in which they were made.
    pub runs: Vec<Run>,
    /// How many runs there will be, the warm-up not counted.
    pub total: usize,
    /// One summary a value that has at least one good run, in the order of the plan.
    pub summaries: Vec<Summary>,
    /// Length of the file in bytes, once known; where its size is varied, of one of them.
    pub len: Option<u64>,
    /// What the model of the link foresees, in the order of the plan; empty without a link, and
    /// until it is known how long the file is.
    pub predictions: Vec<Prediction>,
}

impl Experiment {
    /// An experiment of which nothing was done yet.
    pub fn new(plan: Plan) -> Self {
        let total = plan.sweep.values().len() * plan.rounds as usize;
        Self {
            plan,
            made_secs: 0,
            state: ExperimentState::WarmingUp,
            runs: Vec::new(),
            total,
            summaries: Vec::new(),
            len: None,
            predictions: Vec::new(),
        }
    }

    /// Adds a run and sums up anew what all of them amount to.
    pub fn push(&mut self, run: Run) {
        self.extend([run]);
    }

    /// Adds runs and sums up anew what all of them amount to.
    pub fn extend(&mut self, runs: impl IntoIterator<Item = Run>) {
        self.runs.extend(runs);
        let good = self.runs.iter().find(|run| run.is_good());
        self.len = self.len.or(good.map(|run| run.bytes));
        self.summaries = summary::summarise(&self.plan, &self.runs);
    }

    /// What came of it, in one or two sentences, in the units that are set now; empty until two values
    /// have a good run.
    pub fn verdict(&self) -> String {
        verdict::verdict(&self.plan, &self.summaries)
    }

    /// What the value that the verdict calls best amounts to; `None` where it calls none so.
    pub fn best(&self) -> Option<&Summary> {
        verdict::best(&self.summaries)
    }

    /// How long the rest takes, in seconds, if the runs to come take as long as those that were made;
    /// `None` before the first.
    pub fn left_secs(&self) -> Option<f64> {
        let made = self.runs.len();
        let spent: f64 = self.runs.iter().map(|run| run.seconds).sum();
        (made > 0).then(|| self.total.saturating_sub(made) as f64 * spent / made as f64)
    }

    /// What the model of the link foresees for a value.
    pub fn prediction(&self, value: u64) -> Option<&Prediction> {
        self.predictions.iter().find(|one| one.value == value)
    }

    /// The completion times of one value's good runs in seconds, in the order in which they were
    /// made.
    pub fn seconds_of(&self, value: u64) -> Vec<f64> {
        summary::seconds_of(&self.runs, value)
    }
}
