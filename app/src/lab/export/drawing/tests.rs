//! Tests of the plots.

use super::*;
use crate::lab::export::tests::{experiment, one};
use crate::lab::plan::experiment_plan::tests::plan;
use crate::lab::run::timed_run::HTTP3_VALUE;
use crate::lab::run::timed_run::tests::run;

fn svg(experiment: Experiment) -> Result<String, ExportError> {
    to_svg(&[Arc::new(experiment)], Metric::Time, &Caption::default())
}

#[test]
fn a_plot_has_a_dot_for_each_run_a_title_and_axis_labels() {
    let svg = svg(experiment()).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(
        svg.matches("<circle").count(),
        4 + 1,
        "the runs and the legend"
    );
    for text in [
        "Data.jpg: completion time by connections",
        "completion time (s)",
        ">\nconnections\n<",
    ] {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn predictions_are_drawn_and_named_in_the_legend() {
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
    assert!(svg.contains("60"), "the axis reaches the band");
}

#[test]
fn http3_is_a_line_across_the_plot_and_named_in_the_legend() {
    let mut experiment = experiment();
    assert!(!svg(experiment.clone()).unwrap().contains("HTTP/3"));
    experiment.extend_http3([run(HTTP3_VALUE, 50.0), run(HTTP3_VALUE, 60.0)]);
    let all = [Arc::new(experiment)];
    let drawn = |metric| to_svg(&all, metric, &Caption::default()).unwrap();
    let time = drawn(Metric::Time);
    assert!(time.contains("HTTP/3, one connection") && time.contains("<polygon"));
    assert!(
        time.contains(">\n60\n<"),
        "the axis reaches the longest run: {time}"
    );
    assert!(!drawn(Metric::Efficiency).contains("HTTP/3"));
}

#[test]
fn a_single_value_and_a_time_of_zero_can_be_drawn() {
    let mut experiment = Experiment::new(plan(Sweep::PacketLen(vec![1024])));
    assert!(matches!(svg(experiment.clone()), Err(ExportError::NoRuns)));
    experiment.push(run(1024, 0.0));
    assert!(svg(experiment).unwrap().contains("1 KiB"));
}

#[test]
fn file_names_are_escaped() {
    let mut experiment = experiment();
    experiment.plan.source = "lanes://h/%3Cscript%3E%26.jpg".parse().unwrap();
    let svg = svg(experiment).unwrap();
    assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;&amp;.jpg"));
}

#[test]
fn several_experiments_have_names_and_every_metric_can_be_drawn() {
    let with = |link: &str| {
        let mut one = experiment();
        one.plan.link = lanes_shared::link::parse_profile(link).ok();
        Arc::new(one)
    };
    let both = [with("slow-4g"), with("clean-cable")];
    for (metric, text) in [
        (Metric::Throughput, "throughput (MB/s)"),
        (Metric::SpeedUp, "speed-up (×)"),
        (Metric::Efficiency, "efficiency (%)"),
    ] {
        let svg = to_svg(&both, metric, &Caption::default()).unwrap();
        for text in ["Slow 4G", "Clean cable", text] {
            assert!(svg.contains(text), "{text}");
        }
    }
}

#[test]
fn a_png_contains_the_title() {
    let png = to_png(&one(), Metric::Time, &Caption::default()).unwrap();
    let picture = image::load_from_memory(&png).unwrap().to_rgb8();
    assert_eq!(
        picture.dimensions(),
        (SIZE.0 * PNG_SCALE, SIZE.1 * PNG_SCALE)
    );
    let is_dark = |pixel: &&image::Rgb<u8>| pixel.0.iter().all(|&part| part < 100);
    // The area of the title, which contains only letters.
    let title = (0..picture.width()).flat_map(|x| (30..80).map(move |y| (x, y)));
    let dark = title.map(|(x, y)| picture.get_pixel(x, y)).filter(is_dark);
    assert!(dark.count() > 100, "no title");
}

#[test]
fn the_caption_of_the_screen_is_exported() {
    let mut first = experiment();
    first.plan.link = lanes_shared::link::parse_profile("clean-cable").ok();
    first.len = Some(1_000_000);
    let both = [Arc::new(first.clone()), Arc::new(first)];
    let caption = Caption {
        title: "Data.jpg · Clean cable · 2026-11-30".to_owned(),
        names: vec!["current".to_owned(), "yesterday".to_owned()],
        finding: "10 connections are fastest: 1.38 s, 6.27 times as fast as 1 connection. "
            .repeat(3),
        scale: Some(Scale::Even),
        ..Caption::default()
    };
    let svg = to_svg(&both, Metric::Throughput, &caption).unwrap();
    for text in [
        "2026-11-30: throughput",
        "current",
        "yesterday",
        "limit of the link",
        "are fastest",
    ] {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn scales_and_bars_are_those_of_the_screen() {
    let mut packets = Experiment::new(plan(Sweep::PacketLen(vec![128, 65_536])));
    for (value, seconds) in [(128, 20.0), (128, 21.0), (65_536, 0.5), (65_536, 0.4)] {
        packets.push(run(value, seconds));
    }
    let draw = |scale, vertical| {
        let caption = Caption {
            scale: Some(scale),
            vertical,
            ..Caption::default()
        };
        to_svg(&[Arc::new(packets.clone())], Metric::Time, &caption).unwrap()
    };
    let even = draw(Scale::Even, VerticalScale::Linear);
    let log = draw(Scale::Even, VerticalScale::Logarithmic);
    let course = draw(Scale::Logarithmic, VerticalScale::Linear);
    // A bar replaces the line through the medians, and needs a zero.
    let lines = |svg: &str| svg.matches("stroke=\"#005AB5\"").count();
    assert_eq!([&even, &log, &course].map(|svg| lines(svg)), [0, 1, 1]);
    let bars = |svg: &str| svg.matches("opacity=\"0.45\" fill=\"#005AB5\"").count();
    assert_eq!([&even, &log, &course].map(|svg| bars(svg)), [2, 0, 0]);
    let has_mark = |svg: &str, mark: &str| svg.contains(&format!(">\n{mark}\n<"));
    for mark in ["0.5", "1", "2", "5", "10", "20"] {
        assert!(has_mark(&log, mark), "{mark}");
    }
    assert!(has_mark(&even, "0") && !has_mark(&log, "0"));
}
