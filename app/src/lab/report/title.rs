//! The title of a plot: the file, the link, the mode and the shared values of its experiments.

use lanes_engine::one_line;

use super::label;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::plan::sweep::Sweep;

/// Returns the title of experiments that are shown together: the parts that all of them share, such as
/// `Data.jpg · Throttled mirror · parallel · 3 runs each`. Parts that differ stand in their names.
pub fn title(experiments: &[&Experiment]) -> String {
    type Part = fn(&Experiment) -> Option<String>;
    let parts: [Part; 5] = [file, link, mode, fixed_connections, runs];
    let shared = parts.iter().filter_map(|part| {
        let mut all = experiments.iter().map(|one| part(one));
        let first = all.next()??;
        all.all(|other| other.as_ref() == Some(&first))
            .then_some(first)
    });
    shared.collect::<Vec<_>>().join(" · ")
}

fn file(experiment: &Experiment) -> Option<String> {
    Some(match experiment.plan.sweep {
        Sweep::FileSize(_) => format!("samples of {}", experiment.plan.source.host()),
        _ => one_line(&experiment.plan.source.name()).into_owned(),
    })
}

fn link(experiment: &Experiment) -> Option<String> {
    let plan = &experiment.plan;
    match (&plan.sweep, &plan.link) {
        (Sweep::Link(_), _) => None,
        (_, Some(link)) => Some(label::link(link)),
        (_, None) if plan.is_http() => Some(format!("from {}", plan.source.host())),
        (_, None) => Some("the server's link".to_owned()),
    }
}

fn mode(experiment: &Experiment) -> Option<String> {
    Some(experiment.plan.mode.name().to_owned())
}

fn fixed_connections(experiment: &Experiment) -> Option<String> {
    let plan = &experiment.plan;
    let count = u64::from(plan.connections);
    let is_swept = matches!(plan.sweep, Sweep::Connections(_));
    (!is_swept).then(|| label::with_unit(&Sweep::Connections(Vec::new()), count))
}

fn runs(experiment: &Experiment) -> Option<String> {
    Some(match experiment.plan.rounds {
        1 => "1 run each".to_owned(),
        rounds => format!("{rounds} runs each"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;

    #[test]
    fn a_title_has_the_parts_that_all_experiments_share() {
        let mut one = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        one.plan.link = lanes_shared::link::parse_profile("slow-4g").ok();
        assert_eq!(
            title(&[&one]),
            "Data.jpg · Slow 4G · parallel · 3 runs each"
        );
        let mut other = one.clone();
        other.plan.link = lanes_shared::link::parse_profile("clean-cable").ok();
        assert_eq!(title(&[&one, &other]), "Data.jpg · parallel · 3 runs each");
        let sizes = Experiment::new(plan(Sweep::PacketLen(vec![128, 256])));
        let text = title(&[&sizes]);
        assert_eq!(
            text,
            "Data.jpg · the server's link · parallel · 4 connections · 3 runs each"
        );
    }
}
