//! Tests of the pictures of experiments.

use super::*;
use crate::lab::analysis::summary::tests::run;
use crate::lab::export::tests::{experiment, one};
use crate::lab::plan::experiment_plan::tests::plan;

fn svg(experiment: Experiment) -> Result<String, ExportError> {
    to_svg(&[Arc::new(experiment)], Metric::Time)
}

#[test]
fn a_plot_has_a_dot_a_run_and_says_what_it_shows() {
    let svg = svg(experiment()).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(
        svg.matches("<circle").count(),
        4 + 1,
        "the runs, and the legend's"
    );
    for words in [
        "Data.jpg: completion time by connections",
        "completion time (s)",
        "connections (number)",
    ] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn what_is_foreseen_is_dashed_and_named() {
    let mut experiment = experiment();
    assert!(!svg(experiment.clone()).unwrap().contains("predicted"));
    experiment.predictions = [1, 10]
        .map(|value| Prediction {
            value,
            median_secs: 1.0,
            low_secs: 0.5,
            high_secs: 60.0,
            limit: String::new(),
        })
        .into();
    let svg = svg(experiment).unwrap();
    assert!(svg.contains("predicted") && svg.contains("<polygon"));
    assert!(svg.contains("60"), "the axis has room for it");
}

#[test]
fn one_value_and_equal_times_are_drawn_too() {
    let mut experiment = Experiment::new(plan(Sweep::PacketLen(vec![1024])));
    assert!(matches!(svg(experiment.clone()), Err(ExportError::NoRuns)));
    experiment.push(run(1024, 0.0));
    assert!(svg(experiment).unwrap().contains("1 KiB"));
}

#[test]
fn a_name_cannot_break_the_picture() {
    let mut experiment = experiment();
    experiment.plan.source = "lanes://h/%3Cscript%3E%26.jpg".parse().unwrap();
    let svg = svg(experiment).unwrap();
    assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;&amp;.jpg"));
}

#[test]
fn several_experiments_are_named_and_every_measure_is_drawn() {
    let with = |link: &str| {
        let mut one = experiment();
        one.plan.link = lanes_shared::link::named(link).ok();
        Arc::new(one)
    };
    let both = [with("slow-4g"), with("clean-cable")];
    for (metric, words) in [
        (Metric::Throughput, "throughput (MB/s)"),
        (Metric::SpeedUp, "speed-up (×)"),
        (Metric::Efficiency, "efficiency (%)"),
    ] {
        let svg = to_svg(&both, metric).unwrap();
        for words in ["Slow 4G", "Clean cable", words] {
            assert!(svg.contains(words), "{words}");
        }
    }
}

#[test]
fn a_png_is_a_picture_with_something_in_it() {
    let png = to_png(&one(), Metric::Time).unwrap();
    let picture = image::load_from_memory(&png).unwrap().to_rgb8();
    assert_eq!(
        picture.dimensions(),
        (SIZE.0 * PNG_SCALE, SIZE.1 * PNG_SCALE)
    );
    let is_dark = |pixel: &&image::Rgb<u8>| pixel.0.iter().all(|&part| part < 100);
    // The letters of the title, where only they can be.
    let title = (0..picture.width()).flat_map(|x| (30..80).map(move |y| (x, y)));
    let dark = title.map(|(x, y)| picture.get_pixel(x, y)).filter(is_dark);
    assert!(dark.count() > 100, "no title");
}
