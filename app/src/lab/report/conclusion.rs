//! What came of an experiment, in one paragraph: what did best, by how much and how surely, which limit
//! binds, and what would help instead of more connections.

use lanes_shared::link::regime::{Remedy, remedy};

use super::format::{capital, ratio};
use super::model_limit;
use crate::lab::analysis::empirical_limit;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;

/// The paragraph. Over an emulated link it says from the start which limit binds; without one it
/// concludes from the runs, once they are enough. Empty where there is nothing to say.
pub fn conclusion(experiment: &Experiment) -> String {
    let mut sentences = vec![experiment.verdict()];
    if let Some(limit) = model_limit::sentence(experiment) {
        sentences.push(format!("{}.", capital(&limit)));
        sentences.extend(helps(experiment));
    } else {
        sentences.extend(empirical_limit::limit(experiment));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

/// What would help instead, by the model of the link: with the connections that did best, or else with
/// the fewest that are tried.
fn helps(experiment: &Experiment) -> Option<String> {
    let plan = &experiment.plan;
    let value = experiment
        .best()
        .map(|best| best.value)
        .or_else(|| plan.sweep.values().into_iter().min())?;
    let count = plan.connections_of(value);
    let len = match plan.sweep {
        Sweep::FileSize(_) => value,
        Sweep::Connections(_) | Sweep::PacketLen(_) | Sweep::Link(_) => experiment.len?,
    };
    let Remedy { what, factor } = remedy(plan.emulated()?, len, usize::from(count))?;
    let factor = factor.map(|factor| format!(", about {} × as fast", ratio(factor)));
    Some(format!(
        "What would help instead: {what}{}.",
        factor.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::plan::experiment_plan::tests::plan;

    fn over(link: &str, runs: &[(u64, f64)]) -> String {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5, 50])));
        experiment.plan.link = lanes_shared::link::named(link).ok();
        experiment.len = Some(20_000_000);
        for (value, secs) in runs {
            for spread in [0.99, 1.0, 1.01, 1.0, 0.995] {
                experiment.push(run(*value, secs * spread));
            }
        }
        conclusion(&experiment)
    }

    #[test]
    fn the_paragraph_says_best_how_much_how_surely_why_and_what_instead() {
        let words = over("throttled-mirror", &[(1, 80.0), (5, 16.0), (50, 3.6)]);
        for part in [
            "Best: 50 connections, 3.60 s: 22.2 × as fast as 1 connection (95 %: ",
            "Each connection is capped at 2 Mbit/s; 25 fill the 50 Mbit/s link.",
            "What would help instead: a link twice as fast, about 1.9",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let words = over("throttled-mirror", &[(1, 80.0), (5, 16.0)]);
        assert!(words.contains("allows each connection twice as much"));
    }

    #[test]
    fn before_the_first_run_the_model_speaks_alone() {
        let words = over("clean-cable", &[]);
        assert!(words.starts_with("The link is full with one connection; more add nothing"));
        assert!(words.contains("a link twice as fast"), "{words}");
        assert_eq!(over("open-loopback", &[]), "");
    }
}
