//! The model compared with kernel TCP: the same links, file sizes and connection counts.
//!
//! 1. `kernel-times.json` contains three or four runs each without random loss. With few packets of
//!    buffer per flow kernel TCP has several outcomes (five flows over 40 ms take 1.08 s or 1.5 s),
//!    so medians of so few runs jump and not all of them can be matched.
//! 2. `kernel-times-seeded.json` contains runs with random loss and the seed of each, so the model
//!    gets the same losses. The times of one flow differ by a factor of six between seeds; medians
//!    over other seeds would compare luck. The lossy rows of `kernel-times.json` are only checked
//!    for overlap.

use super::super::loss::Losses;
use super::super::simulation::{Plan, Setup, run_over};
use super::super::{Link, LinkProfile, Path, secs};
use super::{median, tunlink_seed};
use serde_json::Value;

const TIMES: &str = include_str!("../../../tests/data/kernel-times.json");
const SEEDED: &str = include_str!("../../../tests/data/kernel-times-seeded.json");
const COUNTS: [usize; 5] = [1, 5, 10, 20, 50];

/// Measurements of one link in a fixture.
struct Measured {
    link: Link,
    len: u64,
    name: String,
    /// Seconds of each run, by connection count.
    times: Vec<Vec<f64>>,
}

fn read(text: &str) -> Vec<Measured> {
    let data: Value = serde_json::from_str(text).unwrap();
    data["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(read_link)
        .collect()
}

fn read_link(link: &Value) -> Measured {
    let number = |key: &str| link[key].as_f64().unwrap();
    let profile = LinkProfile {
        rate_mbit: Some(number("rate_mbit")),
        rtt_ms: Some(number("rtt_ms")),
        buffer_kib: Some(number("buffer_kib")),
        loss_percent: Some(number("loss_percent")),
        ..LinkProfile::default()
    };
    let seconds = |count: usize| {
        let runs = link["seconds"][count.to_string()].as_array();
        let runs = runs.map(|runs| runs.iter().map(|v| v.as_f64().unwrap()).collect());
        runs.unwrap_or_default()
    };
    Measured {
        link: profile.validate().unwrap(),
        len: number("bytes") as u64,
        times: COUNTS.map(seconds).into(),
        name: profile.to_toml().replace('\n', "; "),
    }
}

fn simulate(measured: &Measured, connections: usize, seed: u64, losses: Losses) -> f64 {
    let setup = Setup {
        link: measured.link.with_seed(seed),
        len: measured.len,
        connections,
        plan: Plan::Static,
        granule: 1,
        phase: seed,
    };
    let path = Path::with_losses(&setup.link, losses);
    secs(run_over(&setup, path).done)
}

fn range(times: &[f64]) -> (f64, f64) {
    let low = times.iter().copied().fold(f64::MAX, f64::min);
    (low, times.iter().copied().fold(0.0, f64::max))
}

/// Prints a row of the table and returns the ratio of the medians.
fn compare(name: &str, count: usize, model: &[f64], kernel: &[f64]) -> f64 {
    let (m, k) = (median(model), median(kernel));
    let ((m_low, m_high), (k_low, k_high)) = (range(model), range(kernel));
    println!(
        "{name} x{count}: model {m:.2} ({m_low:.2} to {m_high:.2}), kernel {k:.2} ({k_low:.2} to {k_high:.2}), ratio {:.2}",
        m / k
    );
    m / k
}

/// Without random loss: ±10 %, and ±30 % when the buffer has room for fewer than four packets per
/// flow. Five of thirty medians tolerance differ by more: by at most 25 %, or with one median within the
/// range of the other.
#[test]
fn clean_links_match_kernel_tcp() {
    let mut outliers = Vec::new();
    for measured in read(TIMES).iter().filter(|m| m.link.loss() == 0.0) {
        for (count, kernel) in COUNTS.into_iter().zip(&measured.times) {
            let model: Vec<f64> = (1..=21)
                .map(|seed| simulate(measured, count, seed, Losses::Hashed))
                .collect();
            let ratio = compare(&measured.name, count, &model, kernel);
            let packets = measured.link.buffer_bytes() as f64 / 1500.0 / count as f64;
            let tolerance = if packets < 4.0 { 0.30 } else { 0.10 };
            if (ratio - 1.0).abs() > tolerance {
                let ((m_low, m_high), (k_low, k_high)) = (range(&model), range(kernel));
                let acceptable = (ratio - 1.0).abs() <= 0.25
                    || (m_low..=m_high).contains(&median(kernel))
                    || (k_low..=k_high).contains(&median(&model));
                assert!(acceptable, "{} x{count}: {ratio:.2}", measured.name);
                outliers.push(format!("{} x{count}: {ratio:.2}", measured.name));
            }
        }
    }
    println!("outside ±10 % (±30 %): {outliers:#?}");
    assert!(outliers.len() <= 5, "{outliers:#?}");
}

/// With the losses of the kernel runs: medians ±20 %, one flow ±35 %.
#[test]
fn lossy_links_match_kernel_tcp() {
    for measured in read(SEEDED) {
        for (i, count) in COUNTS.into_iter().enumerate() {
            let kernel = &measured.times[i];
            let model: Vec<f64> = (1..=kernel.len() as u64)
                .map(|s| simulate(&measured, count, s, Losses::Tunlink(tunlink_seed(s))))
                .collect();
            let ratio = compare(&measured.name, count, &model, kernel);
            println!("  model  {model:.2?}\n  kernel {kernel:.2?}");
            let tolerance = if count == 1 { 0.35 } else { 0.20 };
            assert!(
                (ratio - 1.0).abs() <= tolerance,
                "{} x{count}: {ratio:.2}",
                measured.name
            );
        }
    }
}

/// The lossy rows were measured with unknown seeds, so only the overlap of the ranges is asserted.
#[test]
fn lossy_links_with_unknown_seeds_overlap() {
    for measured in read(TIMES).iter().filter(|m| m.link.loss() > 0.0) {
        for (i, count) in COUNTS.into_iter().enumerate() {
            let model: Vec<f64> = (1..=40)
                .map(|seed| simulate(measured, count, seed, Losses::Hashed))
                .collect();
            compare(&measured.name, count, &model, &measured.times[i]);
            let (model, kernel) = (range(&model), range(&measured.times[i]));
            assert!(model.0 <= kernel.1 && kernel.0 <= model.1);
        }
    }
}
