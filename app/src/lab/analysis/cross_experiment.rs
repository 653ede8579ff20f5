//! Comparison of several experiments.

use super::experiment::Experiment;
use super::summary::Summary;
use crate::lab::plan::sweep::Sweep;

/// The best value of several experiments.
pub struct Best<'a> {
    /// Index of the experiment.
    pub index: usize,
    /// Its sweep.
    pub sweep: &'a Sweep,
    /// The summary of the value.
    pub summary: &'a Summary,
}

/// Returns the value with the shortest median, or with the highest throughput if file sizes are
/// swept. `None` if fewer than two experiments have results.
pub fn best<'a>(experiments: &[&'a Experiment]) -> Option<Best<'a>> {
    let with_results = experiments.iter().filter(|one| !one.summaries.is_empty());
    if with_results.count() < 2 {
        return None;
    }
    let all = experiments.iter().enumerate().flat_map(|(index, one)| {
        let sweep = &one.plan.sweep;
        one.summaries.iter().map(move |summary| Best {
            index,
            sweep,
            summary,
        })
    });
    all.max_by(|a, b| score(a).total_cmp(&score(b)))
}

fn score(best: &Best<'_>) -> f64 {
    match best.sweep {
        Sweep::FileSize(_) => best.summary.throughput,
        _ => -best.summary.median_secs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::timed_run::tests::run;

    #[test]
    fn the_shortest_median_of_all_experiments_is_best() {
        let counts = || plan(Sweep::Connections(vec![1, 5]));
        let mut experiments = [Experiment::new(counts()), Experiment::new(counts())];
        experiments[0].extend([run(1, 4.0), run(5, 1.0)]);
        let refs = |all: &'_ [Experiment; 2]| {
            best(&[&all[0], &all[1]]).map(|best| (best.index, best.summary.value))
        };
        assert_eq!(refs(&experiments), None, "the other has none");
        experiments[1].extend([run(1, 0.5), run(5, 2.0)]);
        assert_eq!(refs(&experiments), Some((1, 1)));
    }
}
