//! The limiting factor of an experiment according to the model of its link.

use lanes_shared::link::limiting_factor;

use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;

/// Returns the limiting factor in one sentence, which begins in lower case and has no full stop.
/// `None` without an emulated link, and until the length of the file is known.
pub(crate) fn model_limit(experiment: &Experiment) -> Option<String> {
    let plan = &experiment.plan;
    // With swept links each value has its own limit, which the table shows.
    let link = plan.link()?;
    let fixed = [usize::from(plan.connections)];
    Some(match &plan.sweep {
        Sweep::Connections(counts) => {
            let counts: Vec<usize> = counts.iter().copied().map(usize::from).collect();
            limiting_factor::explain(&link, experiment.len?, &counts)
        }
        Sweep::PacketLen(_) | Sweep::Link(_) => {
            limiting_factor::explain(&link, experiment.len?, &fixed)
        }
        // The longest file comes closest to the limit.
        Sweep::FileSize(sizes) => {
            limiting_factor::explain(&link, sizes.iter().copied().max()?, &fixed)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;

    #[test]
    fn the_sentence_needs_a_link_and_a_length() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 50])));
        experiment.len = Some(1_000_000);
        assert_eq!(model_limit(&experiment), None);
        experiment.plan.link = lanes_shared::link::parse_profile("throttled-mirror").ok();
        let text = model_limit(&experiment).unwrap();
        assert!(text.contains("capped at 2 Mbit/s; 25 fill"), "{text}");
        experiment.len = None;
        assert_eq!(model_limit(&experiment), None);
        experiment.plan.sweep = Sweep::FileSize(vec![1_000_000]);
        assert!(model_limit(&experiment).unwrap().contains("2 Mbit/s"));
    }
}
