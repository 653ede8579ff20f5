//! What several experiments that were made side by side, or are laid over each other, say together.

use super::experiment::Experiment;
use super::summary::Summary;
use crate::lab::plan::sweep::Sweep;

/// The best of all values of all experiments.
pub struct Best<'a> {
    /// The place of the experiment among them.
    pub index: usize,
    /// What it varies.
    pub sweep: &'a Sweep,
    /// The value's runs, summed up.
    pub summary: &'a Summary,
}

/// The value with the shortest median, or for file sizes with the highest throughput. `None` of fewer
/// than two experiments with results: then there is nothing to compare.
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
    all.max_by(|a, b| goodness(a).total_cmp(&goodness(b)))
}

fn goodness(best: &Best<'_>) -> f64 {
    match best.sweep {
        Sweep::FileSize(_) => best.summary.throughput,
        _ => -best.summary.median_secs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::plan::experiment_plan::tests::plan;

    #[test]
    fn the_shortest_median_of_all_is_best() {
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
