//! What the model of an emulated link foresees for the values of an experiment.

use lanes_shared::link::predict::predict;
use serde::{Deserialize, Serialize};

use super::experiment::{Plan, Variable};

/// How many runs are simulated for each value.
const SEEDS: u64 = 9;

/// What the model foresees for one value. It is never a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// The value.
    pub value: u64,
    /// Median completion time of the simulated runs in seconds.
    pub median_secs: f64,
    /// One simulated run of ten is shorter than this, in seconds.
    pub low_secs: f64,
    /// One simulated run of ten is longer than this, in seconds.
    pub high_secs: f64,
    /// Which limit binds, in a word or two.
    pub limit: String,
}

/// Foresees the completion time of each value of the plan for a file of `bytes`; empty where no
/// link is emulated. It takes about a second for a large file.
pub(super) fn predictions(plan: &Plan, bytes: u64) -> Vec<Predicted> {
    let link = plan.emulated().and_then(|profile| profile.validate().ok());
    let Some(link) = link else {
        return Vec::new();
    };
    let values = plan.variable.values();
    let one = |value: &u64| {
        let len = match plan.variable {
            Variable::FileSize(_) => *value,
            Variable::Connections(_) | Variable::PacketLen(_) => bytes,
        };
        let connections = plan.connections_of(*value);
        let found = predict(&link, len, &[connections.into()], SEEDS);
        let found = found.first()?;
        Some(Predicted {
            value: *value,
            median_secs: found.median_secs,
            low_secs: found.low_secs,
            high_secs: found.high_secs,
            limit: found.regime.label().to_owned(),
        })
    };
    values.iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::named;

    use super::*;
    use crate::lab::plan::tests::plan;

    #[test]
    fn only_an_emulated_link_is_foreseen() {
        let mut plan = plan(Variable::Connections(vec![1, 5]));
        assert_eq!(predictions(&plan, 1_000_000), []);
        plan.link = Some(named("open-loopback").unwrap());
        assert_eq!(predictions(&plan, 1_000_000), []);
        plan.link = Some(named("throttled-mirror").unwrap());
        let found = predictions(&plan, 1_000_000);
        assert_eq!((found[0].value, found[1].value), (1, 5));
        assert!((found[0].median_secs - 4.0).abs() < 0.2, "{found:?}");
        // Not quite a fifth: a connection fetches whole packets, and the round trips stay.
        assert!(
            found[1].median_secs < found[0].median_secs / 3.0,
            "{found:?}"
        );
        assert_eq!(found[0].limit, "cap per connection");
    }

    #[test]
    fn files_are_foreseen_by_their_own_size() {
        let mut plan = plan(Variable::FileSize(vec![1_000_000, 4_000_000]));
        plan.link = Some(named("clean-cable").unwrap());
        let found = predictions(&plan, 1);
        assert!(found[1].median_secs > 3.0 * found[0].median_secs);
    }
}
