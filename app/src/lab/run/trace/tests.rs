//! Tests of the trace of a run.

use super::*;

fn receiving(number: u16, bytes: u64) -> ConnectionSample {
    ConnectionSample {
        number,
        doing: Activity::Receiving,
        bytes,
        first_byte: Some(Duration::from_millis(30)),
        retries: 0,
        steals: 0,
    }
}

fn sample(millis: u64, connections: Vec<ConnectionSample>) -> Sample {
    Sample {
        elapsed: Duration::from_millis(millis),
        done: connections.iter().map(|one| one.bytes).sum(),
        connections,
    }
}

/// The trace of a run that is sampled every 50 ms.
fn trace_of(samples: u64) -> Trace {
    let mut recorder = TraceRecorder::default();
    for number in 1..=samples {
        recorder.add(sample(number * 50, vec![receiving(1, number * 1000)]));
    }
    recorder.finish()
}

#[test]
fn a_short_run_keeps_every_sample() {
    let trace = trace_of(5);
    assert_eq!(trace.micros, [50_000, 100_000, 150_000, 200_000, 250_000]);
    assert_eq!(trace.connections[0].bytes, trace.done);
    assert_eq!(trace.connections[0].first_byte_micros, Some(30_000));
    let rates: Vec<_> = trace.rates(&trace.done).collect();
    assert_eq!(rates.len(), 4);
    assert!((rates[0].2 - 20_000.0).abs() < 1e-6, "{rates:?}");
}

#[test]
fn a_long_run_keeps_its_start_its_end_and_a_bounded_number_of_samples() {
    for samples in [96, 97, 98, 500, 5000, 100_000] {
        let trace = trace_of(samples);
        assert!(trace.is_sound(), "{samples}");
        assert!(
            (48..=MAX_SAMPLES + 1).contains(&trace.micros.len()),
            "{samples}"
        );
        assert_eq!(trace.micros[0], 50_000);
        assert_eq!(trace.micros.last(), Some(&(samples * 50_000)));
        assert_eq!(trace.done.last(), Some(&(samples * 1000)));
        // The samples are spread evenly over the run.
        let gaps = trace.micros.windows(2).map(|two| two[1] - two[0]);
        assert!(gaps.max() <= Some(samples * 50_000 / 20), "{samples}");
    }
}

#[test]
fn a_connection_that_joins_or_leaves_has_a_sample_for_every_time() {
    let mut recorder = TraceRecorder::default();
    recorder.add(sample(50, vec![receiving(1, 10)]));
    recorder.add(sample(100, vec![receiving(1, 20), receiving(2, 5)]));
    recorder.add(sample(150, vec![receiving(1, 30)]));
    let trace = recorder.finish();
    assert!(trace.is_sound(), "{trace:?}");
    let [one, two] = &trace.connections[..] else {
        panic!("{trace:?}")
    };
    assert_eq!(
        (one.bytes.as_slice(), one.doing.as_str()),
        (&[10, 20, 30][..], "rrr")
    );
    assert_eq!(
        (two.bytes.as_slice(), two.doing.as_str()),
        (&[0, 5, 5][..], "-rd")
    );
    let doing: Vec<Activity> = two.doing().collect();
    assert_eq!(
        doing,
        [Activity::NotStarted, Activity::Receiving, Activity::Done]
    );
}

#[test]
fn a_trace_survives_json_and_a_broken_one_is_detected() {
    let trace = trace_of(7);
    let json = serde_json::to_string(&trace).unwrap();
    assert!(json.contains(r#""done":"1000 2000 3000"#), "{json}");
    assert_eq!(serde_json::from_str::<Trace>(&json).unwrap(), trace);
    assert!(serde_json::from_str::<Trace>(&json.replace("1000 ", "x ")).is_err());
    let mut short = trace.clone();
    short.connections[0].bytes.pop();
    assert!(trace.is_sound() && !short.is_sound());
}

#[test]
fn a_run_without_snapshots_has_an_empty_trace() {
    let trace = TraceRecorder::default().finish();
    assert!(trace.is_sound() && trace.micros.is_empty());
    assert_eq!(trace.rates(&trace.done).count(), 0);
}
