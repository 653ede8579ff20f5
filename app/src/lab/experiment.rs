//! An experiment: what is varied, which runs were made, and how long each took.

use lanes_shared::link::LinkProfile;
use serde::{Deserialize, Serialize};

use super::predicted::Predicted;
use super::{summary, verdict};
use crate::engine::Mode;
use crate::engine::source::Source;

/// What an experiment varies, with the values in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "variable", content = "values", rename_all = "snake_case")]
pub enum Variable {
    /// The number of connections.
    Connections(Vec<u16>),
    /// The length of a packet in bytes.
    PacketLen(Vec<u32>),
    /// The size of the file in bytes; the source must be a Lanes server that has samples.
    FileSize(Vec<u64>),
}

impl Variable {
    /// The values as plain numbers.
    pub fn values(&self) -> Vec<u64> {
        match self {
            Self::Connections(values) => values.iter().copied().map(u64::from).collect(),
            Self::PacketLen(values) => values.iter().copied().map(u64::from).collect(),
            Self::FileSize(values) => values.clone(),
        }
    }

    /// What is varied, in words: an axis label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Connections(_) => "connections",
            Self::PacketLen(_) => "packet size",
            Self::FileSize(_) => "file size",
        }
    }
}

/// What an experiment is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The file (with [`Variable::FileSize`]: any file of the server that has the samples).
    pub source: Source,
    /// How the file comes over.
    pub mode: Mode,
    /// What is varied.
    pub variable: Variable,
    /// The connections of every run, where they are not what is varied.
    pub connections: u16,
    /// The packet length in bytes of every run, where it is not what is varied.
    pub packet_len: u32,
    /// The link that the server is to emulate; `None` leaves it to the server. Each round has a seed
    /// of its own, the first that of the link.
    pub link: Option<LinkProfile>,
    /// How many rounds: each value is run once a round. At least 1.
    pub rounds: u32,
    /// Chooses the random order of the values within each round.
    pub seed: u64,
}

/// One timed download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The value of what is varied.
    pub value: u64,
    /// In which round, from 1.
    pub round: u32,
    /// In which place of the whole experiment it was run, from 1.
    pub place: u32,
    /// Completion time in seconds; with an error, the time until it failed.
    pub seconds: f64,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Connections that were used.
    pub connections: u16,
    /// How often a connection was made anew.
    pub retries: u32,
    /// How late the emulated link was, in microseconds: 99 of 100 times it was no later. `None`
    /// where none was asked for or the server did not say.
    pub lateness_p99_us: Option<u64>,
    /// Why the run failed, in words; a failed run counts in no statistic.
    pub error: Option<String>,
}

impl Run {
    /// Whether the file came and was found right.
    pub fn is_good(&self) -> bool {
        self.error.is_none()
    }
}

/// Whether an experiment still runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExperimentState {
    /// The discarded warm-up is being run.
    WarmingUp,
    /// Runs are being made; the value of the current one.
    Running(u64),
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

/// The runs of one value, summed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The value.
    pub value: u64,
    /// How many runs ended well.
    pub runs: usize,
    /// How many failed.
    pub failed: usize,
    /// Median completion time in seconds.
    pub median_secs: f64,
    /// Shortest completion time in seconds.
    pub min_secs: f64,
    /// Longest completion time in seconds.
    pub max_secs: f64,
    /// Median time of the first value divided by this one's (for file sizes: of throughputs).
    pub speed_up: f64,
    /// 95 % interval of the speed-up, by bootstrap; `None` with fewer than two runs of either.
    pub speed_up_interval: Option<(f64, f64)>,
    /// File length divided by the median, in bytes a second.
    pub throughput: f64,
}

/// An experiment, at one moment.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// What it is to do.
    pub plan: Plan,
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
    pub predictions: Vec<Predicted>,
    /// What came of it, in one or two sentences; empty until two values have a good run.
    pub verdict: String,
}

impl Experiment {
    /// An experiment of which nothing was done yet.
    pub fn new(plan: Plan) -> Self {
        let total = plan.variable.values().len() * plan.rounds as usize;
        Self {
            plan,
            state: ExperimentState::WarmingUp,
            runs: Vec::new(),
            total,
            summaries: Vec::new(),
            len: None,
            predictions: Vec::new(),
            verdict: String::new(),
        }
    }

    /// Adds a run and sums up anew what all of them amount to.
    pub fn push(&mut self, run: Run) {
        if run.is_good() {
            self.len = self.len.or(Some(run.bytes));
        }
        self.runs.push(run);
        self.summaries = summary::summarise(&self.plan, &self.runs);
        self.verdict = verdict::verdict(&self.plan, &self.summaries);
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
    pub fn prediction(&self, value: u64) -> Option<&Predicted> {
        self.predictions.iter().find(|one| one.value == value)
    }

    /// The completion times of one value's good runs in seconds, in the order in which they were
    /// made.
    pub fn seconds_of(&self, value: u64) -> Vec<f64> {
        summary::seconds_of(&self.runs, value)
    }
}
