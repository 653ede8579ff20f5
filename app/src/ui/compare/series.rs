//! The experiments that are shown at once, each with a name and a look that tell it from the others.

use eframe::egui::Color32;
use egui_plot::MarkerShape;

use super::workspace::Bench;
use crate::lab::{Experiment, words};
use crate::ui::tokens::{LANES, Palette};

/// The marks of the medians, one an experiment.
const MARKS: [MarkerShape; 8] = [
    MarkerShape::Diamond,
    MarkerShape::Square,
    MarkerShape::Up,
    MarkerShape::Circle,
    MarkerShape::Down,
    MarkerShape::Cross,
    MarkerShape::Plus,
    MarkerShape::Asterisk,
];

/// One of the experiments that are shown.
pub(super) struct Shown<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// What tells it from the others; empty where it is alone.
    pub name: String,
    /// Its place among them, from 0, which gives it colour and mark.
    pub place: usize,
}

impl Shown<'_> {
    /// Its colour: the accent for the first.
    pub(super) fn colour(&self, palette: &Palette) -> Color32 {
        match self.place {
            0 => palette.accent,
            place => palette.lanes[place % LANES],
        }
    }

    /// The mark of its medians.
    pub(super) fn mark(&self) -> MarkerShape {
        MARKS[self.place % MARKS.len()]
    }
}

/// The experiments at hand and those laid over them, as far as they vary the same thing.
pub(super) fn shown(bench: &Bench) -> Vec<Shown<'_>> {
    let Some(first) = bench.experiments.first() else {
        return Vec::new();
    };
    let at_hand: Vec<&Experiment> = bench.experiments.iter().map(AsRef::as_ref).collect();
    let mut named: Vec<(&Experiment, String)> = parts(&at_hand);
    for laid in &bench.laid {
        let kept: Vec<&Experiment> = laid.experiments.iter().map(AsRef::as_ref).collect();
        for (experiment, part) in parts(&kept) {
            let both = [laid.name.as_str(), &part];
            let name: Vec<&str> = both.into_iter().filter(|part| !part.is_empty()).collect();
            named.push((experiment, name.join(": ")));
        }
    }
    named.retain(|(one, _)| one.plan.variable.is_like(&first.plan.variable));
    if let [(_, name), _, ..] = &mut named[..]
        && name.is_empty()
    {
        name.push_str(if bench.name.is_empty() {
            "this one"
        } else {
            &bench.name
        });
    }
    let shown = |(place, (experiment, name))| Shown {
        experiment,
        name,
        place,
    };
    named.into_iter().enumerate().map(shown).collect()
}

/// Experiments that were made side by side, each with what tells it from the others.
fn parts<'a>(experiments: &[&'a Experiment]) -> Vec<(&'a Experiment, String)> {
    let names = words::apart(experiments);
    experiments.iter().copied().zip(names).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lanes_shared::link::named;

    use super::*;
    use crate::engine::Mode;
    use crate::lab::{Plan, Variable};
    use crate::ui::compare::workspace::Laid;

    fn experiment(link: &str, mode: Mode, variable: Variable) -> Arc<Experiment> {
        Arc::new(Experiment::new(Plan {
            source: "lanes://server.example/Data.jpg".parse().unwrap(),
            mode,
            variable,
            connections: 4,
            packet_len: 1024,
            link: named(link).ok(),
            rounds: 3,
            seed: 1,
        }))
    }

    fn counts() -> Variable {
        Variable::Connections(vec![1, 5])
    }

    fn names(bench: &Bench) -> Vec<String> {
        shown(bench).into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn what_differs_is_the_name_and_one_alone_needs_none() {
        let mut bench = Bench::default();
        assert!(names(&bench).is_empty());
        let parallel = |link| experiment(link, Mode::Parallel, counts());
        bench.experiments = vec![parallel("slow-4g")];
        assert_eq!(names(&bench), [""]);
        bench.experiments.push(parallel("clean-cable"));
        assert_eq!(names(&bench), ["Slow 4G", "Clean cable"]);
        let one = Variable::Connections(vec![1]);
        bench
            .experiments
            .push(experiment("slow-4g", Mode::Stream, one));
        assert_eq!(names(&bench)[2], "Slow 4G, Stream");
    }

    #[test]
    fn what_is_laid_over_has_its_kept_name_and_must_vary_the_same() {
        let parallel = |variable| experiment("slow-4g", Mode::Parallel, variable);
        let laid = |name: &str, variable| Laid {
            file: String::new(),
            name: name.to_owned(),
            experiments: vec![parallel(variable)],
        };
        let bench = Bench {
            experiments: vec![parallel(counts())],
            laid: vec![
                laid("yesterday", counts()),
                laid("packets", Variable::PacketLen(vec![128])),
            ],
            ..Bench::default()
        };
        assert_eq!(names(&bench), ["this one", "yesterday"]);
        let [first, second] = &shown(&bench)[..] else {
            panic!("{:?}", names(&bench))
        };
        assert_ne!(first.mark(), second.mark());
    }
}
