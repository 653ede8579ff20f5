//! Lessons of teachers: an invalid one is refused with a reason; a valid one has a link and a download for each
//! point, and claims about points that it has.

#![no_main]

use lanes_shared::lesson::{Lesson, Reading};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lesson = match Lesson::from_toml(text) {
        Ok(lesson) => lesson,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for curve in 0..lesson.curves.len() {
        for value in 0..lesson.values.len() {
            assert!(lesson.download(curve, value).is_some());
        }
    }
    let reading = Reading {
        secs: 1.0,
        mbit_per_sec: 1.0,
        round_trip_ms: 1.0,
        repeated_percent: 1.0,
    };
    let results = vec![vec![reading; lesson.values.len()]; lesson.curves.len()];
    assert!(lesson.claims.iter().all(|claim| claim.check(&results).is_some()));
});
