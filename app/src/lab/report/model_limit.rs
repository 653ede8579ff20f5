//! Which limit binds in an experiment, by the model of its link.

use lanes_shared::link::regime;

use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;

/// The limit that binds, in one sentence that begins in lower case and has no full stop. `None`
/// without an emulated link, and until it is known how long the file is.
pub fn sentence(experiment: &Experiment) -> Option<String> {
    let plan = &experiment.plan;
    // Where links are varied, each value has its own limit: the table says which.
    let link = plan.link()?;
    let fixed = [usize::from(plan.connections)];
    Some(match &plan.sweep {
        Sweep::Connections(counts) => {
            let counts: Vec<usize> = counts.iter().copied().map(usize::from).collect();
            regime::explain(&link, experiment.len?, &counts)
        }
        Sweep::PacketLen(_) | Sweep::Link(_) => regime::explain(&link, experiment.len?, &fixed),
        // What binds the longest file is what the others come near to.
        Sweep::FileSize(sizes) => regime::explain(&link, sizes.iter().copied().max()?, &fixed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;

    #[test]
    fn the_sentence_waits_for_a_link_and_a_length() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 50])));
        experiment.len = Some(1_000_000);
        assert_eq!(sentence(&experiment), None);
        experiment.plan.link = lanes_shared::link::named("throttled-mirror").ok();
        let words = sentence(&experiment).unwrap();
        assert!(words.contains("capped at 2 Mbit/s; 25 fill"), "{words}");
        experiment.len = None;
        assert_eq!(sentence(&experiment), None);
        experiment.plan.sweep = Sweep::FileSize(vec![1_000_000]);
        assert!(sentence(&experiment).unwrap().contains("2 Mbit/s"));
    }
}
