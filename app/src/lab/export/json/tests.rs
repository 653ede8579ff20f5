//! Tests of JSON and its import.

use lanes_shared::link::parse_profile;

use super::*;
use crate::lab::export::tests::{experiment, one};
use crate::lab::plan::experiment_plan::tests::plan;
use crate::lab::run::timed_run::tests::run;
use crate::lab::run::trace::Trace;

fn group(name: &str, experiments: Vec<Arc<Experiment>>) -> ExperimentGroup {
    let name = name.to_owned();
    ExperimentGroup { name, experiments }
}

#[test]
fn json_contains_every_run_and_the_summaries() {
    let json = to_json(&group("", one())).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["variable"], "connections");
    assert_eq!(json["values"], serde_json::json!([1, 10]));
    assert_eq!(json["state"], "finished");
    assert_eq!(json["runs"].as_array().map(Vec::len), Some(5));
    assert_eq!(json["runs"][1]["seconds"], 8.25);
    assert_eq!(json["summaries"][1]["runs"], 2);
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(2));
    assert!(
        json["verdict"]
            .as_str()
            .unwrap()
            .starts_with("10 connections are fastest")
    );
}

#[test]
fn a_written_experiment_reads_back_equal() {
    let mut with_all = experiment();
    with_all.plan.link = parse_profile("throttled-mirror").ok();
    with_all.made_secs = 1_795_467_908;
    with_all.machine = Machine::here();
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
    let links = ["slow-4g", "loss_percent = 0.25"].map(|link| parse_profile(link).unwrap());
    let mut links = Experiment::new(plan(Sweep::Link(links.into())));
    links.push(run(1, 2.5));
    links.state = ExperimentState::Failed("gone".to_owned());
    let all = group("two of them", vec![Arc::new(with_all), Arc::new(links)]);
    let read = read(&to_json(&all).unwrap()).unwrap();
    assert_eq!(read.name, "two of them");
    for (read, written) in read.experiments.iter().zip(&all.experiments) {
        assert_eq!(read.plan, written.plan);
        assert_eq!((read.made_secs, read.len), (written.made_secs, written.len));
        assert_eq!(read.machine, written.machine);
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
fn runs_over_http3_read_back_and_files_without_them_too() {
    let mut with = experiment();
    with.plan.source = "https://server.example/f".parse().unwrap();
    with.plan.http.http3 = Http3Choice::Always;
    with.extend_http3([run(HTTP3_VALUE, 2.0), run(HTTP3_VALUE, 3.0)]);
    with.end_http3("the server went away".to_owned());
    let json = to_json(&group("", vec![Arc::new(with.clone())])).unwrap();
    let back = &read(&json).unwrap().experiments[0];
    assert_eq!((&back.http3, &back.plan), (&with.http3, &with.plan));
    assert_eq!(back.http3.summary.as_ref().unwrap().median_secs, 2.5);
    assert_eq!((back.done(), back.total), (7, with.total));
    let broken = json.replacen("\"choice\": \"always\"", "\"choice\": \"x\"", 1);
    assert!(broken != json && read(&broken).is_err());
    // A file of a version without HTTP/3.
    let old = to_json(&group("", one())).unwrap();
    assert!(!old.contains("http3"));
    assert_eq!(
        read(&old).unwrap().experiments[0].http3,
        Http3Series::default()
    );
}

#[test]
fn a_running_experiment_reads_back_as_cancelled() {
    let mut running = experiment();
    running.state = ExperimentState::Running(Some(1));
    let json = to_json(&group("", vec![Arc::new(running)])).unwrap();
    assert_eq!(
        read(&json).unwrap().experiments[0].state,
        ExperimentState::Cancelled
    );
}

#[test]
fn invalid_files_are_refused_with_the_reason() {
    let good = to_json(&group("", one())).unwrap();
    assert!(read(&good).is_ok());
    for (from, to, word) in [
        ("lanes://", "gopher://", "invalid"),
        ("\"rounds\": 3", "\"rounds\": 0", "rounds"),
        ("\"seconds\": 8.25", "\"seconds\": -8.25", "impossible"),
        ("\"value\": 10", "\"value\": 11", "impossible"),
        (
            "\"seconds\": 8.25",
            "\"seconds\": \"x\"",
            "does not contain",
        ),
        (
            "\"variable\": \"connections\"",
            "\"variable\": \"colour\"",
            "does not contain",
        ),
    ] {
        let broken = good.replacen(from, to, 1);
        assert_ne!(broken, good, "{from}");
        let error = read(&broken).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    for none in ["", "[]", "null", "{}", "{\"experiments\": []}", "\u{0}"] {
        assert!(read(none).is_err(), "{none}");
    }
}
