//! The model beside kernel TCP: the same links, file sizes and connection counts.

use super::super::flow::Losses;
use super::super::offline::{Plan, Setup, run_over};
use super::super::{Link, LinkProfile, Path, secs};
use super::{median, tunlink_seed};
use serde_json::Value;

/// What `tests/data/kernel-times.json` says of one link.
struct Measured {
    link: Link,
    len: u64,
    /// Connections and the seconds they took, one a run.
    times: Vec<(usize, Vec<f64>)>,
    what: String,
}

fn measured() -> Vec<Measured> {
    let text = include_str!("../../../tests/data/kernel-times.json");
    let data: Value = serde_json::from_str(text).unwrap();
    let links = data["links"].as_array().unwrap().iter();
    links.map(read_link).collect()
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
        let runs = link["seconds"][count.to_string()].as_array().unwrap();
        (count, runs.iter().map(|v| v.as_f64().unwrap()).collect())
    };
    Measured {
        link: profile.validate().unwrap(),
        len: number("bytes") as u64,
        times: [1, 5, 10, 20, 50].map(seconds).into(),
        what: format!(
            "{} ms {} Mbit/s {} KiB {} %",
            number("rtt_ms"),
            number("rate_mbit"),
            number("buffer_kib"),
            number("loss_percent")
        ),
    }
}

fn modelled(measured: &Measured, connections: usize, seed: u64, losses: Losses) -> f64 {
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

#[test]
fn the_model_is_as_kernel_tcp() {
    for measured in measured() {
        let mut row = String::new();
        for (count, kernel) in &measured.times {
            let lossy = measured.link.loss() > 0.0;
            let tries = 1..=if lossy { 8 } else { 21 };
            let times: Vec<f64> = tries
                .clone()
                .map(|seed| {
                    let losses = if lossy {
                        Losses::Tunlink(tunlink_seed(seed))
                    } else {
                        Losses::Hashed
                    };
                    modelled(&measured, *count, seed, losses)
                })
                .collect();
            let (model, kernel) = (median(&times), median(kernel));
            let low = times.iter().copied().fold(f64::MAX, f64::min);
            let high = times.iter().copied().fold(0.0, f64::max);
            row += &format!(
                "  x{count} {model:.2}/{kernel:.2}={:.2} [{low:.2}-{high:.2}]",
                model / kernel
            );
            if lossy {
                println!("   x{count} {times:.2?}");
            }
        }
        println!("{}: {row}", measured.what);
    }
}
