//! The conclusion of an experiment in one paragraph: the best value, the limiting factor, and what
//! would help more than further connections.

use lanes_shared::link::limiting_factor::{Improvement, best_improvement};

use super::format::{capital, rate, ratio};
use super::http3::http3_absence;
use super::model_limit::model_limit;
use crate::lab::analysis::empirical_limit::{EmpiricalLimit, empirical_limit};
use crate::lab::analysis::experiment::Experiment;

/// Returns the paragraph. With an emulated link, the limiting factor is known from the start; without
/// one it is inferred from the runs once there are enough. Empty without a verdict and a limit.
pub fn conclusion(experiment: &Experiment) -> String {
    let mut sentences = vec![experiment.verdict()];
    if let Some(limit) = model_limit(experiment) {
        sentences.push(format!("{}.", capital(&limit)));
        sentences.extend(model_advice(experiment));
    } else {
        let limit = empirical_limit(experiment);
        sentences.extend(limit.as_ref().map(empirical_advice));
    }
    sentences.push(http3_absence(experiment));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

/// Returns what would help according to the link model, with the best number of connections or else
/// the smallest one of the plan.
fn model_advice(experiment: &Experiment) -> Option<String> {
    let plan = &experiment.plan;
    let value = experiment
        .best()
        .map(|best| best.value)
        .or_else(|| plan.sweep.values().into_iter().min())?;
    let count = plan.connections_of(value);
    let len = plan.len_of(value, experiment.len)?;
    let Improvement {
        change: what,
        speedup: factor,
    } = best_improvement(plan.emulated()?, len, usize::from(count))?;
    let factor =
        factor.map(|factor| format!(" (about {} × as fast as the best here)", ratio(factor)));
    Some(format!(
        "To go faster: {what}{}.",
        factor.unwrap_or_default()
    ))
}

/// Returns what limits the connections according to the runs, and what would help.
fn empirical_advice(limit: &EmpiricalLimit) -> String {
    match limit {
        EmpiricalLimit::Path => {
            "The path or the server is the limit. To go faster: a faster path, \
             or a nearer or less busy server."
                .to_owned()
        }
        EmpiricalLimit::PerConnection { more_possible } => {
            let advice = if *more_possible {
                "More connections may help further."
            } else {
                "To go faster: a server with a higher limit per connection, or a nearer one."
            };
            format!(
                "Each connection adds nearly as much as the first: something limits each of them, \
                 such as a cap of the server, the window or losses. {advice}"
            )
        }
        EmpiricalLimit::Shared {
            proportional_up_to,
            throughput,
        } => {
            let growth = match proportional_up_to {
                None => "Each further connection adds less than the one before".to_owned(),
                Some(count) => {
                    format!("Up to {count} connections, each adds nearly as much as the first")
                }
            };
            format!(
                "{growth}; together they approach the limit of the path or the server, {}. To go \
                 faster: a faster path, or a less busy server.",
                rate(*throughput)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::timed_run::tests::run;

    fn over(link: &str, runs: &[(u64, f64)]) -> String {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5, 50])));
        experiment.plan.link = lanes_shared::link::parse_profile(link).ok();
        experiment.len = Some(20_000_000);
        for (value, secs) in runs {
            for spread in [0.99, 1.0, 1.01, 1.0, 0.995] {
                experiment.push(run(*value, secs * spread));
            }
        }
        conclusion(&experiment)
    }

    #[test]
    fn the_paragraph_names_the_best_value_the_limit_and_what_would_help() {
        let text = over("throttled-mirror", &[(1, 80.0), (5, 16.0), (50, 3.6)]);
        for part in [
            "50 connections are fastest: 3.60 s, 22.2 times as fast as 1 connection (95 % bootstrap interval: ",
            "Each connection is capped at 2 Mbit/s; 25 fill the 50 Mbit/s link.",
            "To go faster: a link twice as fast (about 1.9",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = over("throttled-mirror", &[(1, 80.0), (5, 16.0)]);
        assert!(text.contains("allows each connection twice as much"));
    }

    #[test]
    fn before_the_first_run_only_the_model_contributes() {
        let text = over("clean-cable", &[]);
        assert!(text.starts_with("The link is full with one connection; more add nothing"));
        assert!(text.contains("a link twice as fast"), "{text}");
        assert_eq!(over("open-loopback", &[]), "");
    }

    #[test]
    fn without_a_model_the_shape_of_the_curve_determines_the_limit() {
        let advice = |times: &[(u64, f64)]| {
            let counts = times.iter().map(|(value, _)| *value as u16).collect();
            let mut experiment = Experiment::new(plan(Sweep::Connections(counts)));
            for (value, secs) in times {
                for spread in [0.99, 1.0, 1.01] {
                    experiment.push(run(*value, secs * spread));
                }
            }
            empirical_limit(&experiment).map(|limit| empirical_advice(&limit))
        };
        for (times, part) in [
            (
                &[(1, 16.0), (4, 4.1), (8, 2.1), (16, 2.0)][..],
                "Up to 8 connections",
            ),
            (&[(1, 16.0), (4, 4.1), (16, 1.05)], "More connections may"),
            (&[(1, 16.0), (4, 4.0), (64, 0.26)], "limit per connection"),
            (
                &[(1, 4.0), (4, 3.9), (16, 4.1)],
                "path or the server is the limit",
            ),
            (&[(1, 4.0), (4, 2.5), (16, 2.0)], "Each further connection"),
        ] {
            let text = advice(times).unwrap();
            assert!(text.contains(part), "{text}");
        }
    }
}
