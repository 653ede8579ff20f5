//! Experiments as JSON, and read again.
//!
//! 1. One experiment is one object: its plan, its runs, what they amount to, and on what machine it
//!    was made. Several are a list of these under `experiments`.
//! 2. What is read may come from anywhere. Only plan, runs and predictions are taken from it, and
//!    checked; everything else is worked out anew.

use std::sync::Arc;

use lanes_shared::link::{LinkProfile, name_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ExportError;
use crate::engine::Mode;
use crate::lab::analysis::experiment::{Experiment, ExperimentState};
use crate::lab::analysis::prediction::Prediction;
use crate::lab::analysis::summary::Summary;
use crate::lab::lab_thread::MAX_SIDE_BY_SIDE;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::warnings::warnings;
use crate::lab::run::timed_run::Run;

/// Experiments that were made side by side, under one name.
#[derive(Debug, Clone, Default)]
pub struct ExperimentGroup {
    /// The name that somebody gave them; empty where nobody did.
    pub name: String,
    /// The experiments; at least one.
    pub experiments: Vec<Arc<Experiment>>,
}

/// Why JSON is no experiment.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON, or not that of an experiment.
    #[error("it does not hold an experiment: {0}")]
    Json(#[from] serde_json::Error),
    /// It has no experiment in it, or too many.
    #[error("it holds {0} experiments: 1 to {MAX_SIDE_BY_SIDE} can be shown")]
    Count(usize),
    /// Its plan or its runs make no sense.
    #[error("its experiment makes no sense: {0}")]
    Nonsense(String),
}

/// The plans, every run, the summaries, the warnings and the verdicts.
///
/// # Errors
/// [`ExportError::Json`], which only a number that is none could cause.
pub fn to_json(kept: &ExperimentGroup) -> Result<String, ExportError> {
    let all: Vec<Exported<'_>> = kept.experiments.iter().map(|one| exported(one)).collect();
    let mut json = match &all[..] {
        [one] => serde_json::to_value(one)?,
        several => {
            serde_json::json!({ "lanes": env!("CARGO_PKG_VERSION"), "experiments": several })
        }
    };
    if !kept.name.is_empty() {
        json["name"] = Value::from(kept.name.as_str());
    }
    let mut json = serde_json::to_string_pretty(&json)?;
    json.push('\n');
    Ok(json)
}

fn exported(experiment: &Experiment) -> Exported<'_> {
    let plan = &experiment.plan;
    let (state, reason) = state(&experiment.state);
    Exported {
        lanes: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processors: std::thread::available_parallelism().map_or(0, usize::from),
        made_secs: experiment.made_secs,
        url: plan.source.to_string(),
        len: experiment.len,
        mode: plan.mode,
        sweep: &plan.sweep,
        connections: plan.connections,
        packet_size: plan.packet_len,
        rounds: plan.rounds,
        seed: plan.seed,
        link: plan.link.as_ref().map(name_of),
        link_profile: plan.link.as_ref(),
        predictions: &experiment.predictions,
        state,
        reason,
        runs: &experiment.runs,
        summaries: &experiment.summaries,
        warnings: warnings(experiment),
        verdict: experiment.verdict(),
    }
}

/// What the JSON of an experiment holds.
#[derive(Serialize)]
struct Exported<'a> {
    lanes: &'a str,
    system: String,
    processors: usize,
    made_secs: u64,
    url: String,
    len: Option<u64>,
    mode: Mode,
    #[serde(flatten)]
    sweep: &'a Sweep,
    connections: u16,
    packet_size: u32,
    rounds: u32,
    seed: u64,
    link: Option<String>,
    link_profile: Option<&'a LinkProfile>,
    predictions: &'a [Prediction],
    state: &'a str,
    reason: Option<&'a str>,
    runs: &'a [Run],
    summaries: &'a [Summary],
    warnings: Vec<String>,
    verdict: String,
}

fn state(state: &ExperimentState) -> (&str, Option<&str>) {
    match state {
        ExperimentState::WarmingUp | ExperimentState::Running(_) => ("running", None),
        ExperimentState::Finished => ("finished", None),
        ExperimentState::Cancelled => ("cancelled", None),
        ExperimentState::Failed(reason) => ("failed", Some(reason)),
    }
}

/// Reads experiments from JSON.
///
/// # Errors
/// When it is not that of experiments, or what it holds cannot be true.
pub fn read(text: &str) -> Result<ExperimentGroup, ReadError> {
    let mut json: Value = serde_json::from_str(text)?;
    let name = json["name"].as_str().unwrap_or_default().to_owned();
    let all = match json.get_mut("experiments").map(Value::take) {
        Some(Value::Array(all)) => all,
        _ => vec![json],
    };
    if !(1..=MAX_SIDE_BY_SIDE).contains(&all.len()) {
        return Err(ReadError::Count(all.len()));
    }
    let experiments = all.into_iter().map(experiment).collect::<Result<_, _>>()?;
    Ok(ExperimentGroup { name, experiments })
}

/// What is taken from the JSON of an experiment.
#[derive(Deserialize)]
struct Imported {
    #[serde(default)]
    made_secs: u64,
    url: String,
    #[serde(default)]
    len: Option<u64>,
    mode: Mode,
    #[serde(flatten)]
    sweep: Sweep,
    connections: u16,
    packet_size: u32,
    rounds: u32,
    seed: u64,
    link_profile: Option<LinkProfile>,
    #[serde(default)]
    predictions: Vec<Prediction>,
    state: String,
    reason: Option<String>,
    runs: Vec<Run>,
}

fn experiment(json: Value) -> Result<Arc<Experiment>, ReadError> {
    let found: Imported = serde_json::from_value(json)?;
    let source = found.url.parse();
    let plan = Plan {
        source: source.map_err(|error| ReadError::Nonsense(format!("{error}")))?,
        mode: found.mode,
        sweep: found.sweep,
        connections: found.connections,
        packet_len: found.packet_size,
        link: found.link_profile,
        rounds: found.rounds,
        seed: found.seed,
    };
    plan.check().map_err(ReadError::Nonsense)?;
    let values = plan.sweep.values();
    if let Some(wrong) = found.runs.iter().find(|run| !is_sound(run, &values)) {
        let place = wrong.place;
        return Err(ReadError::Nonsense(format!("run {place} cannot be")));
    }
    let mut experiment = Experiment {
        made_secs: found.made_secs,
        len: found.len,
        predictions: found.predictions,
        ..Experiment::new(plan)
    };
    experiment.extend(found.runs);
    experiment.state = match (&found.state[..], found.reason) {
        ("finished", _) => ExperimentState::Finished,
        ("failed", reason) => ExperimentState::Failed(reason.unwrap_or_default()),
        // One that ran when it was written does not run any more.
        _ => ExperimentState::Cancelled,
    };
    Ok(Arc::new(experiment))
}

fn is_sound(run: &Run, values: &[u64]) -> bool {
    let is_time = run.seconds.is_finite() && run.seconds >= 0.0;
    let is_traced_well = run.trace.as_ref().is_none_or(|trace| trace.is_sound());
    values.contains(&run.value) && is_time && is_traced_well
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::named;

    use super::*;
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::export::tests::{experiment, one};
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::trace::Trace;

    fn kept(name: &str, experiments: Vec<Arc<Experiment>>) -> ExperimentGroup {
        let name = name.to_owned();
        ExperimentGroup { name, experiments }
    }

    #[test]
    fn json_holds_every_run_and_what_they_amount_to() {
        let json = to_json(&kept("", one())).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["variable"], "connections");
        assert_eq!(json["values"], serde_json::json!([1, 10]));
        assert_eq!(json["state"], "finished");
        assert_eq!(json["runs"].as_array().map(Vec::len), Some(5));
        assert_eq!(json["runs"][1]["seconds"], 8.25);
        assert_eq!(json["summaries"][1]["runs"], 2);
        assert_eq!(json["warnings"].as_array().map(Vec::len), Some(2));
        assert!(json["verdict"].as_str().unwrap().starts_with("Best: 10"));
    }

    #[test]
    fn what_is_written_is_read_again_the_same() {
        let mut with_all = experiment();
        with_all.plan.link = named("throttled-mirror").ok();
        with_all.made_secs = 1_795_467_908;
        with_all.predictions = vec![Prediction {
            value: 10,
            median_secs: 1.4,
            low_secs: 1.3,
            high_secs: 1.6,
            limit: "cap per connection".to_owned(),
        }];
        let trace = Trace {
            micros: vec![50_000, 100_000],
            done: vec![1, 2],
            connections: Vec::new(),
        };
        with_all.runs[0].trace = Some(Arc::new(trace));
        let links = ["slow-4g", "loss_percent = 0.25"].map(|link| named(link).unwrap());
        let mut links = Experiment::new(plan(Sweep::Link(links.into())));
        links.push(run(1, 2.5));
        links.state = ExperimentState::Failed("gone".to_owned());
        let all = kept("two of them", vec![Arc::new(with_all), Arc::new(links)]);
        let read = read(&to_json(&all).unwrap()).unwrap();
        assert_eq!(read.name, "two of them");
        for (read, written) in read.experiments.iter().zip(&all.experiments) {
            assert_eq!(read.plan, written.plan);
            assert_eq!((read.made_secs, read.len), (written.made_secs, written.len));
            assert_eq!(read.runs, written.runs);
            assert_eq!(read.predictions, written.predictions);
            assert_eq!(read.summaries, written.summaries);
            assert_eq!(
                (&read.verdict(), &read.state),
                (&written.verdict(), &written.state)
            );
        }
    }

    #[test]
    fn one_that_was_running_comes_back_as_cancelled() {
        let mut running = experiment();
        running.state = ExperimentState::Running(Some(1));
        let json = to_json(&kept("", vec![Arc::new(running)])).unwrap();
        assert_eq!(
            read(&json).unwrap().experiments[0].state,
            ExperimentState::Cancelled
        );
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let good = to_json(&kept("", one())).unwrap();
        assert!(read(&good).is_ok());
        for (from, to, word) in [
            ("lanes://", "gopher://", "no sense"),
            ("\"rounds\": 3", "\"rounds\": 0", "rounds"),
            ("\"seconds\": 8.25", "\"seconds\": -8.25", "cannot be"),
            ("\"value\": 10", "\"value\": 11", "cannot be"),
            ("\"seconds\": 8.25", "\"seconds\": \"x\"", "does not hold"),
            (
                "\"variable\": \"connections\"",
                "\"variable\": \"colour\"",
                "does not hold",
            ),
        ] {
            let broken = good.replacen(from, to, 1);
            assert_ne!(broken, good, "{from}");
            let words = read(&broken).unwrap_err().to_string();
            assert!(words.contains(word), "{words}");
        }
        for none in ["", "[]", "null", "{}", "{\"experiments\": []}", "\u{0}"] {
            assert!(read(none).is_err(), "{none}");
        }
    }
}
