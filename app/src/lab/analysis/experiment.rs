//! An experiment so far: its plan, its runs, and their summaries.

use super::http3_series::Http3Series;
use super::prediction::Prediction;
use super::significance::best_value;
use super::summary::{Summary, seconds_of, summarise};
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::http_runs::Http3Choice;
use crate::lab::run::experiment_state::ExperimentState;
use crate::lab::run::machine::Machine;
use crate::lab::run::runner::RunEvent;
use crate::lab::run::timed_run::Run;

/// Most bytes that the recordings of an experiment take.
pub const MAX_RECORDED: usize = 16 << 20;

/// An experiment so far.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The plan.
    pub plan: Plan,
    /// Start time in seconds since 1970; 0 if unknown.
    pub made_secs: u64,
    /// The computer on which it ran.
    pub machine: Machine,
    /// The state.
    pub state: ExperimentState,
    /// The runs so far, in the order in which they were carried out.
    pub runs: Vec<Run>,
    /// Number of planned runs, without the warm-up.
    pub total: usize,
    /// The summary of each value with at least one good run, in the order of the plan.
    pub summaries: Vec<Summary>,
    /// The runs over HTTP/3.
    pub http3: Http3Series,
    /// Length of the file in bytes, once known; if file sizes are swept, the length of one of the
    /// files.
    pub len: Option<u64>,
    /// The predictions of the link model, in the order of the plan; empty without a link, and until
    /// the length of the file is known.
    pub predictions: Vec<Prediction>,
}

impl Experiment {
    /// Creates an experiment without runs.
    pub fn new(plan: Plan) -> Self {
        let also_http3 = usize::from(plan.http.http3 != Http3Choice::Never);
        let total = (plan.sweep.values().len() + also_http3) * plan.rounds as usize;
        Self {
            plan,
            made_secs: 0,
            machine: Machine::default(),
            state: ExperimentState::WarmingUp,
            runs: Vec::new(),
            total,
            summaries: Vec::new(),
            http3: Http3Series::default(),
            len: None,
            predictions: Vec::new(),
        }
    }

    /// Updates the experiment with an event of the runner.
    pub(crate) fn apply(&mut self, event: RunEvent) {
        match event {
            RunEvent::State(state) => self.state = state,
            RunEvent::Ended(run) => {
                self.state = ExperimentState::Running(None);
                self.push(run);
            }
            RunEvent::EndedHttp3(run) => {
                self.state = ExperimentState::Running(None);
                self.extend_http3([run]);
            }
            RunEvent::NoHttp3(reason) => self.end_http3(reason),
        }
    }

    /// Adds a run and updates the summaries.
    pub fn push(&mut self, run: Run) {
        self.extend([run]);
    }

    /// Adds runs and updates the summaries.
    pub fn extend(&mut self, runs: impl IntoIterator<Item = Run>) {
        self.runs.extend(runs);
        drop_old_recordings(&mut self.runs);
        let good = self.runs.iter().find(|run| run.is_good());
        self.len = self.len.or(good.map(|run| run.bytes));
        self.summaries = summarise(&self.plan, &self.runs);
        self.http3.summarise(&self.plan, &self.runs);
    }

    /// Adds runs over HTTP/3 and updates their summary.
    pub fn extend_http3(&mut self, runs: impl IntoIterator<Item = Run>) {
        self.http3.runs.extend(runs);
        self.http3.summarise(&self.plan, &self.runs);
    }

    /// Records why there are no further runs over HTTP/3.
    pub fn end_http3(&mut self, reason: String) {
        self.http3.absence = Some(reason);
        let over_tcp = self.plan.sweep.values().len() * self.plan.rounds as usize;
        self.total = over_tcp + self.http3.runs.len();
    }

    /// Returns the number of runs so far, those over HTTP/3 included.
    pub fn done(&self) -> usize {
        self.runs.len() + self.http3.runs.len()
    }

    /// Returns the summary of the best value; `None` if no value is clearly the best.
    pub fn best(&self) -> Option<&Summary> {
        best_value(&self.summaries)
    }

    /// Estimates the remaining time in seconds from the mean time of the runs so far; `None` before
    /// the first run.
    pub fn left_secs(&self) -> Option<f64> {
        let done = self.done();
        let all = self.runs.iter().chain(&self.http3.runs);
        let spent: f64 = all.map(|run| run.seconds).sum();
        (done > 0).then(|| self.total.saturating_sub(done) as f64 * spent / done as f64)
    }

    /// Returns the prediction for a value.
    pub fn prediction(&self, value: u64) -> Option<&Prediction> {
        self.predictions.iter().find(|one| one.value == value)
    }

    /// Returns the completion times of the good runs of a value in seconds, in the order in which
    /// they were carried out.
    pub fn seconds_of(&self, value: u64) -> Vec<f64> {
        seconds_of(&self.runs, value)
    }
}

/// Drops the recordings of the first runs if all together are longer than [`MAX_RECORDED`].
fn drop_old_recordings(runs: &mut [Run]) {
    let len = |run: &Run| run.recording.as_ref().map_or(0, |bytes| bytes.len());
    let mut all: usize = runs.iter().map(len).sum();
    for run in runs {
        if all <= MAX_RECORDED {
            return;
        }
        all -= len(run);
        run.recording = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::timed_run::tests::run;

    #[test]
    fn the_first_recordings_go_when_there_are_too_many() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1])));
        for _ in 0..20 {
            let recording = Some(vec![0; 1 << 20].into());
            experiment.push(Run {
                recording,
                ..run(1, 1.0)
            });
        }
        let kept = experiment.runs.iter().map(|run| run.recording.is_some());
        assert_eq!(
            kept.collect::<Vec<_>>(),
            [[false; 4].as_slice(), &[true; 16]].concat()
        );
    }
}
