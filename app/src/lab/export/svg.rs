//! The plot of an experiment as SVG: every run a dot, the medians joined.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::ExportError;
use super::axis::Axis;
use crate::lab::experiment::{Experiment, Variable};

/// Width and height of the picture in pixels.
const SIZE: (u32, u32) = (900, 560);
const MEDIANS: RGBColor = RGBColor(0, 90, 181);
const RUNS: RGBColor = RGBColor(80, 80, 80);

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, RangedCoordf64>>;

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
    let slowest = slowest.ok_or(ExportError::NoRuns)?.max(1e-6);
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
    let plan = &experiment.plan;
    let title = format!(
        "{}: completion time by {}",
        file(experiment),
        plan.variable.label()
    );
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 22))
        .margin(16)
        .x_label_area_size(52)
        .y_label_area_size(72)
        .build_cartesian_2d(axis.clone(), 0.0..slowest * 1.08)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 16))
        .x_desc(axis.description.as_str())
        .y_desc("completion time (s)")
        .y_label_formatter(&|y| format!("{}", (y * 1e6).round() / 1e6))
        .draw()?;
    draw_runs(&mut chart, experiment, axis)?;
    draw_medians(&mut chart, experiment, axis)?;
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .label_font(("sans-serif", 15))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    root.present()?;
    Ok(())
}

fn draw_runs(chart: &mut Chart<'_, '_>, experiment: &Experiment, axis: &Axis) -> Drawn {
    let good = experiment.runs.iter().filter(|run| run.is_good());
    let dots = good.map(|run| {
        let at = (axis.position(run.value), run.seconds);
        Circle::new(at, 4, RUNS.mix(0.55).filled())
    });
    chart
        .draw_series(dots)?
        .label("a run")
        .legend(|(x, y)| Circle::new((x + 9, y), 4, RUNS.mix(0.55).filled()));
    Ok(())
}

fn draw_medians(chart: &mut Chart<'_, '_>, experiment: &Experiment, axis: &Axis) -> Drawn {
    let mut medians: Vec<(f64, f64)> = experiment
        .summaries
        .iter()
        .map(|summary| (axis.position(summary.value), summary.median_secs))
        .collect();
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    chart.draw_series(LineSeries::new(medians.clone(), MEDIANS.stroke_width(2)))?;
    // A short bar across the line: a run that is the median stays to be seen.
    let bars = medians
        .into_iter()
        .map(|at| EmptyElement::at(at) + Rectangle::new([(-8, -2), (8, 2)], MEDIANS.filled()));
    chart
        .draw_series(bars)?
        .label("median")
        .legend(|(x, y)| Rectangle::new([(x + 1, y - 2), (x + 17, y + 2)], MEDIANS.filled()));
    Ok(())
}

/// The name of the file that was fetched; with file sizes it is another one each time.
fn file(experiment: &Experiment) -> String {
    match experiment.plan.variable {
        Variable::FileSize(_) => "samples".to_owned(),
        Variable::Connections(_) | Variable::PacketLen(_) => {
            experiment.plan.source.name().to_owned()
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
