//! The cost of experiments before they run: runs, time and data.

use lanes_shared::size;

use super::format::estimate;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::data_usage::data_usage;

/// Returns the cost in a few words, such as `15 runs, about 30 s, 15 MB`. The time is that of the
/// predictions, and left out without one; the data include warm-ups.
pub fn cost(planned: &[&Experiment]) -> String {
    let runs: usize = planned.iter().map(|one| one.total).sum();
    let mut parts = vec![match runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    }];
    let secs: Option<f64> = planned.iter().map(|one| secs(one)).sum();
    parts.extend(secs.map(|secs| format!("about {}", estimate(secs))));
    let plans: Vec<_> = planned.iter().map(|one| one.plan.clone()).collect();
    let len = planned.iter().find_map(|one| one.len);
    parts.extend(data_usage(&plans, len).bytes.map(size::text));
    parts.join(", ")
}

/// Returns the predicted time of all runs and the warm-up; `None` if a value has no prediction.
fn secs(planned: &Experiment) -> Option<f64> {
    let values = planned.plan.sweep.values();
    let of = |value: &u64| planned.prediction(*value).map(|one| one.median_secs);
    let round: Option<f64> = values.iter().map(of).sum();
    let warm_up = values.first().and_then(of)?;
    Some(round? * f64::from(planned.plan.rounds) + warm_up)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::prediction::Prediction;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;

    #[test]
    fn the_cost_names_runs_time_and_data() {
        let mut planned = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        assert_eq!(cost(&[&planned]), "6 runs");
        planned.len = Some(1_000_000);
        planned.predictions = [(1, 4.0), (5, 1.0)]
            .map(|(value, median_secs)| Prediction {
                value,
                median_secs,
                low_secs: median_secs,
                high_secs: median_secs,
                limit: String::new(),
            })
            .into();
        assert_eq!(cost(&[&planned]), "6 runs, about 19 s, 7.00 MB");
    }
}
