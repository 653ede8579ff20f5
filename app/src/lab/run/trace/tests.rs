//! Tests of the trace of a run.

use super::*;

fn receiving(number: u16, bytes: u64) -> Seen {
    Seen {
        number,
        doing: Activity::Receiving,
        bytes,
        first_byte: Some(Duration::from_millis(30)),
        retries: 0,
        steals: 0,
    }
}

fn moment(millis: u64, connections: Vec<Seen>) -> Moment {
    Moment {
        elapsed: Duration::from_millis(millis),
        done: connections.iter().map(|one| one.bytes).sum(),
        connections,
    }
}

/// A run that is looked at every 50 ms.
fn trace_of(looks: u64) -> Trace {
    let mut tracer = Tracer::default();
    for look in 1..=looks {
        tracer.see(moment(look * 50, vec![receiving(1, look * 1000)]));
    }
    tracer.finish()
}

#[test]
fn a_short_run_is_kept_as_it_was_seen() {
    let trace = trace_of(5);
    assert_eq!(trace.micros, [50_000, 100_000, 150_000, 200_000, 250_000]);
    assert_eq!(trace.connections[0].bytes, trace.done);
    assert_eq!(trace.connections[0].first_byte_micros, Some(30_000));
    let rates: Vec<_> = trace.rates(&trace.done).collect();
    assert_eq!(rates.len(), 4);
    assert!((rates[0].2 - 20_000.0).abs() < 1e-6, "{rates:?}");
}

#[test]
fn a_long_run_keeps_a_bounded_number_of_moments_its_beginning_and_its_end() {
    for looks in [96, 97, 98, 500, 5000, 100_000] {
        let trace = trace_of(looks);
        assert!(trace.is_sound(), "{looks}");
        assert!((48..=MOMENTS + 1).contains(&trace.micros.len()), "{looks}");
        assert_eq!(trace.micros[0], 50_000);
        assert_eq!(trace.micros.last(), Some(&(looks * 50_000)));
        assert_eq!(trace.done.last(), Some(&(looks * 1000)));
        // Evenly over the run: no gap is longer than a few of the others.
        let gaps = trace.micros.windows(2).map(|two| two[1] - two[0]);
        assert!(gaps.max() <= Some(looks * 50_000 / 20), "{looks}");
    }
}

#[test]
fn a_connection_that_joins_or_leaves_is_as_long_as_the_run() {
    let mut tracer = Tracer::default();
    tracer.see(moment(50, vec![receiving(1, 10)]));
    tracer.see(moment(100, vec![receiving(1, 20), receiving(2, 5)]));
    tracer.see(moment(150, vec![receiving(1, 30)]));
    let trace = tracer.finish();
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
fn a_trace_comes_back_from_json_and_a_broken_one_is_told() {
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
fn nothing_seen_is_an_empty_trace() {
    let trace = Tracer::default().finish();
    assert!(trace.is_sound() && trace.micros.is_empty());
    assert_eq!(trace.rates(&trace.done).count(), 0);
}
