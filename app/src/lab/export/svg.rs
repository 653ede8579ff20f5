//! The plot of an experiment as SVG: every run a dot, the medians joined, and under them, dashed,
//! what the model of an emulated link foresees.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ExportError;
use super::axis::Axis;
use crate::lab::experiment::Experiment;
use crate::lab::plan::Variable;
use crate::lab::predicted::Predicted;
use crate::lab::summary::Summary;

/// Width and height of the picture in pixels.
const SIZE: (u32, u32) = (900, 560);
/// Height of the title and of what the marks mean, in pixels.
const HEADING: u32 = 76;
const MEDIANS: RGBColor = RGBColor(0, 90, 181);
const RUNS: RGBColor = RGBColor(80, 80, 80);
const FORESEEN: RGBColor = RGBColor(150, 60, 160);

/// The completion times over what was varied: every good run a dot, the medians joined, the time
/// axis from zero, the values where they stand by size.
///
/// # Errors
/// [`ExportError::NoRuns`] without a good run, [`ExportError::Draw`] when plotters fails.
pub fn to_svg(experiment: &Experiment) -> Result<String, ExportError> {
    let slowest = experiment
        .summaries
        .iter()
        .map(|s| s.max_secs)
        .reduce(f64::max);
    let foreseen = experiment.predictions.iter().map(|one| one.high_secs);
    let slowest = slowest.ok_or(ExportError::NoRuns)?.max(1e-6);
    let slowest = foreseen.fold(slowest, f64::max);
    let axis = Axis::of(&experiment.plan.variable);
    let mut svg = String::new();
    draw(experiment, &axis, slowest, &mut svg)
        .map_err(|error| ExportError::Draw(error.to_string()))?;
    Ok(svg)
}

type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(experiment: &Experiment, axis: &Axis, slowest: f64, svg: &mut String) -> Drawn {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    draw_heading(&root, experiment)?;
    let top = slowest * 1.08;
    // As many decimals as ten marks between 0 and the top need.
    let decimals = (1.0 - top.log10()).ceil().max(0.0) as usize;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .margin_top(HEADING)
        .x_label_area_size(52)
        .y_label_area_size(72)
        .build_cartesian_2d(axis.clone(), 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 16))
        .x_desc(axis.description.as_str())
        .y_desc("completion time (s)")
        .y_label_formatter(&|y| format!("{y:.decimals$}"))
        .draw()?;
    if !experiment.predictions.is_empty() {
        let [low, median, high] = foreseen(experiment, axis);
        let band: Vec<_> = low.into_iter().chain(high.into_iter().rev()).collect();
        chart.draw_series([Polygon::new(band, FORESEEN.mix(0.14).filled())])?;
        let dashes = FORESEEN.stroke_width(2);
        chart.draw_series(DashedLineSeries::new(median, 7, 5, dashes))?;
    }
    let medians = medians(experiment, axis);
    chart.draw_series(LineSeries::new(medians.clone(), MEDIANS.stroke_width(2)))?;
    // A short bar across the line for the median; the dots lie above it, so that every run shows.
    chart.draw_series(
        medians
            .into_iter()
            .map(|at| EmptyElement::at(at) + median_mark()),
    )?;
    let good = experiment.runs.iter().filter(|run| run.is_good());
    chart.draw_series(
        good.map(|run| EmptyElement::at((axis.position(run.value), run.seconds)) + run_mark()),
    )?;
    root.present()?;
    Ok(())
}

/// The title, and beneath it what the marks mean: above the plot, where no run can lie.
fn draw_heading(root: &DrawingArea<SVGBackend<'_>, Shift>, experiment: &Experiment) -> Drawn {
    let what = experiment.plan.variable.label();
    let title = format!("{}: completion time by {what}", file(experiment));
    let (middle, line) = (SIZE.0 as i32 / 2, 56);
    let centred = Pos::new(HPos::Center, VPos::Center);
    let title_style = ("sans-serif", 22).into_text_style(root).pos(centred);
    root.draw_text(&title, &title_style, (middle, 28))?;
    let beside = Pos::new(HPos::Left, VPos::Center);
    let style = ("sans-serif", 15).into_text_style(root).pos(beside);
    root.draw(&(EmptyElement::at((middle - 90, line)) + run_mark()))?;
    root.draw_text("a run", &style, (middle - 78, line))?;
    root.draw(&(EmptyElement::at((middle + 20, line)) + median_mark()))?;
    root.draw_text("median", &style, (middle + 36, line))?;
    if !experiment.predictions.is_empty() {
        for dash in [116, 126] {
            let ends = [(middle + dash, line), (middle + dash + 6, line)];
            root.draw(&PathElement::new(ends, FORESEEN.stroke_width(2)))?;
        }
        root.draw_text("predicted", &style, (middle + 140, line))?;
    }
    Ok(())
}

fn run_mark() -> Circle<(i32, i32), i32> {
    Circle::new((0, 0), 4, RUNS.mix(0.55).filled())
}

fn median_mark() -> Rectangle<(i32, i32)> {
    Rectangle::new([(-10, -2), (10, 2)], MEDIANS.filled())
}

/// Where the medians stand, from left to right.
fn medians(experiment: &Experiment, axis: &Axis) -> Vec<(f64, f64)> {
    let place = |summary: &Summary| (axis.position(summary.value), summary.median_secs);
    let mut medians: Vec<(f64, f64)> = experiment.summaries.iter().map(place).collect();
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    medians
}

/// The foreseen times from left to right: those that one of ten is below, the medians, and those
/// that one of ten is above.
fn foreseen(experiment: &Experiment, axis: &Axis) -> [Vec<(f64, f64)>; 3] {
    let mut all: Vec<_> = experiment.predictions.iter().collect();
    all.sort_by_key(|one| one.value);
    let line = |secs: fn(&Predicted) -> f64| {
        let point = |one: &&Predicted| (axis.position(one.value), secs(one));
        all.iter().map(point).collect()
    };
    [
        line(|one| one.low_secs),
        line(|one| one.median_secs),
        line(|one| one.high_secs),
    ]
}

/// The name of the file that was fetched; with file sizes it is another one each time.
fn file(experiment: &Experiment) -> String {
    match experiment.plan.variable {
        Variable::FileSize(_) => "samples".to_owned(),
        Variable::Connections(_) | Variable::PacketLen(_) => {
            experiment.plan.source.name().into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::export::tests::experiment;
    use crate::lab::plan::tests::plan;
    use crate::lab::summary::tests::run;

    #[test]
    fn a_plot_has_a_dot_a_run_and_says_what_it_shows() {
        let svg = to_svg(&experiment()).unwrap();
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
        assert!(!to_svg(&experiment).unwrap().contains("predicted"));
        experiment.predictions = [1, 5]
            .map(|value| Predicted {
                value,
                median_secs: 1.0,
                low_secs: 0.5,
                high_secs: 60.0,
                limit: String::new(),
            })
            .into();
        let svg = to_svg(&experiment).unwrap();
        assert!(svg.contains("predicted") && svg.contains("<polygon"));
        assert!(svg.contains("60"), "the axis has room for it");
    }

    #[test]
    fn one_value_and_equal_times_are_drawn_too() {
        let mut experiment = Experiment::new(plan(Variable::PacketLen(vec![1024])));
        assert!(matches!(to_svg(&experiment), Err(ExportError::NoRuns)));
        experiment.push(run(1024, 0.0));
        assert!(to_svg(&experiment).unwrap().contains("1 KiB"));
    }

    #[test]
    fn a_name_cannot_break_the_picture() {
        let mut experiment = experiment();
        experiment.plan.source = "lanes://h/%3Cscript%3E%26.jpg".parse().unwrap();
        let svg = to_svg(&experiment).unwrap();
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;&amp;.jpg"));
    }
}
