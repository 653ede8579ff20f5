//! The points of one experiment in a plot of a metric, with their tooltips.

use super::super::axis::Axis;
use super::current;
use crate::lab::Experiment;
use crate::lab::analysis::statistics::outliers;
use crate::lab::export::VerticalScale;
use crate::lab::report::label;
use crate::lab::report::metric::Metric;
use crate::lab::run::timed_run::UNRELIABLE_LATENESS_US;
use crate::ui::format;

/// Points with their tooltips.
#[derive(Default)]
pub(super) struct Spots {
    pub at: Vec<[f64; 2]>,
    pub words: Vec<String>,
}

impl Spots {
    fn push(&mut self, x: f64, y: f64, words: String) {
        self.at.push([x, y]);
        self.words.push(words);
    }
}

/// The points of one experiment.
pub(super) struct Curve {
    pub runs: Spots,
    /// Outliers among the runs of a value.
    pub far: Spots,
    /// Runs whose emulated link was late.
    pub late: Spots,
    pub medians: Spots,
    pub current: Option<f64>,
    /// Width of the bars, if the values are categories.
    pub bars: Option<f64>,
}

impl Curve {
    pub fn new(experiment: &Experiment, metric: Metric, axis: &Axis, aside_of_series: f64) -> Self {
        let mut curve = Self {
            runs: Spots::default(),
            far: Spots::default(),
            late: Spots::default(),
            medians: Spots::default(),
            current: current(experiment).and_then(|value| axis.position(value)),
            bars: None,
        };
        let variable = &experiment.plan.sweep;
        let base = experiment.base();
        let rounds = f64::from(experiment.plan.rounds.max(1));
        let aside = |round: u32| (f64::from(round) - (rounds + 1.0) / 2.0) / rounds * axis.spread();
        for summary in &experiment.summaries {
            let value = summary.value;
            let Some(place) = axis.position(value).map(|place| place + aside_of_series) else {
                continue;
            };
            let of = |secs| metric.of(experiment, base, value as f64, secs);
            let named = label::with_unit(variable, value);
            let far = outliers(&experiment.seconds_of(value));
            for run in experiment
                .runs
                .iter()
                .filter(|run| run.value == value && run.is_good())
            {
                let Some(figure) = of(run.seconds) else {
                    continue;
                };
                let is_far = far.contains(&run.seconds);
                let late = run
                    .lateness_p99_us
                    .filter(|us| *us > UNRELIABLE_LATENESS_US);
                let spots = match late {
                    Some(_) => &mut curve.late,
                    None if is_far => &mut curve.far,
                    None => &mut curve.runs,
                };
                let mut words = format!("{named}\n{}, round {}", metric.format(figure), run.round);
                if let Some(late) = late {
                    let late = late.div_ceil(1000);
                    words += &format!("\nunreliable: the emulated link was {late} ms late");
                }
                spots.push(place + aside(run.round), figure, words);
            }
            if let (Some(median), Some(a), Some(b)) = (
                of(summary.median_secs),
                of(summary.min_secs),
                of(summary.max_secs),
            ) {
                let (low, high) = (metric.format(a.min(b)), metric.format(a.max(b)));
                let words = format!(
                    "{named}\n{}\n{low} to {high} in {}",
                    metric.format(median),
                    format::count(summary.runs, "run")
                );
                curve.medians.push(place, median, words);
            }
        }
        curve
    }

    pub fn top(&self) -> f64 {
        self.figures().fold(0.0, f64::max)
    }

    pub fn bottom(&self) -> f64 {
        let positive = self.figures().filter(|figure| *figure > 0.0);
        positive.fold(f64::MAX, f64::min)
    }

    fn figures(&self) -> impl Iterator<Item = f64> {
        let all = [&self.runs, &self.far, &self.late, &self.medians].into_iter();
        all.flat_map(|spots| &spots.at).map(|at| at[1])
    }

    /// Replaces all figures by their heights on a scale.
    pub fn on(mut self, scale: VerticalScale) -> Self {
        let all = [
            &mut self.runs,
            &mut self.far,
            &mut self.late,
            &mut self.medians,
        ];
        for at in all.into_iter().flat_map(|spots| &mut spots.at) {
            at[1] = scale.height(at[1]);
        }
        self
    }
}
