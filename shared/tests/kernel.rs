//! The model beside kernel TCP: the same links, file sizes and connection counts.

use lanes_shared::link::offline::{Plan, Setup, run};
use lanes_shared::link::{LinkProfile, secs};
use serde_json::Value;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        values[half]
    } else {
        (values[half - 1] + values[half]) / 2.0
    }
}

#[test]
fn model_beside_kernel() {
    let data: Value = serde_json::from_str(include_str!("data/kernel-times.json")).unwrap();
    for link in data["links"].as_array().unwrap() {
        let n = |key: &str| link[key].as_f64().unwrap();
        let profile = LinkProfile {
            rate_mbit: Some(n("rate_mbit")),
            rtt_ms: Some(n("rtt_ms")),
            buffer_kib: Some(n("buffer_kib")),
            loss_percent: Some(n("loss_percent")),
            ..Default::default()
        };
        let checked = profile.validate().unwrap();
        let mut row = String::new();
        for count in [1, 5, 10, 20, 50] {
            let kernel: Vec<f64> = link["seconds"][count.to_string()]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_f64().unwrap())
                .collect();
            let tries = if checked.loss() > 0.0 { 40 } else { 11 };
            let o = run(&Setup { link: checked, len: n("bytes") as u64, connections: count, plan: Plan::Static, granule: 1, phase: 1 });
            let mut f: Vec<f64> = o.finished.iter().map(|x| secs(*x)).collect(); f.sort_by(f64::total_cmp);
            println!("x{count} dropped {} finishes {:.2} {:.2} {:.2} {:.2}", o.dropped, f[0], f[f.len()/4], f[f.len()/2], f[f.len()*3/4]);
            let times: Vec<f64> = (1..=tries)
                .map(|seed| {
                    secs(
                        run(&Setup {
                            link: checked.with_seed(seed),
                            len: n("bytes") as u64,
                            connections: count,
                            plan: Plan::Static,
                            granule: 1,
                            phase: seed,
                        })
                        .done,
                    )
                })
                .collect();
            let low = times.iter().copied().fold(f64::MAX, f64::min);
            let high = times.iter().copied().fold(0.0, f64::max);
            let (m, k) = (median(times), median(kernel));
            row += &format!("  x{count} {m:.2}/{k:.2}={:.2} [{low:.2}-{high:.2}]", m / k);
        }
        println!(
            "{} ms {} Mbit {} KiB {} %: {row}",
            n("rtt_ms"),
            n("rate_mbit"),
            n("buffer_kib"),
            n("loss_percent")
        );
    }
}
