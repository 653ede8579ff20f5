//! The shown experiments, each with a name, a colour and a marker.

use std::sync::Arc;

use eframe::egui::Color32;
use egui_plot::MarkerShape;

use super::workspace::Workspace;
use crate::lab::Experiment;
use crate::lab::report::label;
use crate::ui::tokens::{LANES, Palette};

/// Markers of the medians, by experiment.
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

/// A shown experiment.
pub(super) struct Series<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Name that distinguishes it; empty if it is the only one.
    pub name: String,
    /// Index among the shown experiments, which selects colour and marker.
    pub place: usize,
}

impl Series<'_> {
    /// Returns the colour; the first experiment has the accent.
    pub(super) fn colour(&self, palette: &Palette) -> Color32 {
        match self.place {
            0 => palette.accent,
            place => palette.lanes[place % LANES],
        }
    }

    /// Returns the marker of the medians.
    pub(super) fn mark(&self) -> MarkerShape {
        MARKS[self.place % MARKS.len()]
    }
}

/// Returns the current experiments and the overlays that vary the same quantity.
pub(super) fn all_series(workspace: &Workspace) -> Vec<Series<'_>> {
    let Some(first) = workspace.experiments.first() else {
        return Vec::new();
    };
    let at_hand: Vec<&Experiment> = workspace.experiments.iter().map(AsRef::as_ref).collect();
    let mut named: Vec<(&Experiment, String)> = parts(&at_hand);
    for overlay in &workspace.overlays {
        let kept: Vec<&Experiment> = overlay.experiments.iter().map(AsRef::as_ref).collect();
        for (experiment, part) in parts(&kept) {
            let both = [overlay.name.as_str(), &part];
            let name: Vec<&str> = both.into_iter().filter(|part| !part.is_empty()).collect();
            named.push((experiment, name.join(": ")));
        }
    }
    named.retain(|(one, _)| one.plan.sweep.is_comparable_with(&first.plan.sweep));
    if let [(_, name), _, ..] = &mut named[..]
        && name.is_empty()
    {
        name.push_str(if workspace.name.is_empty() {
            "current"
        } else {
            &workspace.name
        });
    }
    let shown = |(place, (experiment, name))| Series {
        experiment,
        name,
        place,
    };
    named.into_iter().enumerate().map(shown).collect()
}

/// Adds the predictions of planned experiments that sweep the same parameter.
pub(super) fn push_planned<'a>(shown: &mut Vec<Series<'a>>, planned: &'a [Arc<Experiment>]) {
    let Some(sweep) = shown.first().map(|one| one.experiment.plan.sweep.clone()) else {
        return;
    };
    let experiments: Vec<&Experiment> = planned.iter().map(AsRef::as_ref).collect();
    for (experiment, part) in parts(&experiments) {
        let is_drawn = experiment.plan.sweep.is_comparable_with(&sweep);
        if !is_drawn || experiment.predictions.is_empty() || shown.len() >= MARKS.len() {
            continue;
        }
        if let [only] = &mut shown[..]
            && only.name.is_empty()
        {
            "measured".clone_into(&mut only.name);
        }
        let name = match &part[..] {
            "" => "form, predicted".to_owned(),
            part => format!("form, predicted: {part}"),
        };
        let place = shown.len();
        shown.push(Series {
            experiment,
            name,
            place,
        });
    }
}

/// Pairs experiments that ran side by side with their distinguishing names.
fn parts<'a>(experiments: &[&'a Experiment]) -> Vec<(&'a Experiment, String)> {
    let names = label::distinguishing(experiments);
    experiments.iter().copied().zip(names).collect()
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::parse_profile;

    use super::*;
    use crate::lab::{Plan, Sweep};
    use crate::ui::compare::workspace::Overlay;
    use lanes_engine::Mode;

    fn experiment(link: &str, mode: Mode, variable: Sweep) -> Arc<Experiment> {
        Arc::new(Experiment::new(Plan {
            source: "lanes://server.example/Data.jpg".parse().unwrap(),
            mode,
            sweep: variable,
            connections: 4,
            packet_len: 1024,
            link: parse_profile(link).ok(),
            http: crate::lab::HttpRuns::default(),
            expected_path: None,
            rounds: 3,
            seed: 1,
        }))
    }

    fn counts() -> Sweep {
        Sweep::Connections(vec![1, 5])
    }

    fn names(workspace: &Workspace) -> Vec<String> {
        all_series(workspace)
            .into_iter()
            .map(|one| one.name)
            .collect()
    }

    #[test]
    fn names_show_the_differences_and_a_single_experiment_has_none() {
        let mut workspace = Workspace::default();
        assert!(names(&workspace).is_empty());
        let parallel = |link| experiment(link, Mode::Parallel, counts());
        workspace.experiments = vec![parallel("slow-4g")];
        assert_eq!(names(&workspace), [""]);
        workspace.experiments.push(parallel("clean-cable"));
        assert_eq!(names(&workspace), ["Slow 4G", "Clean cable"]);
        let one = Sweep::Connections(vec![1]);
        workspace
            .experiments
            .push(experiment("slow-4g", Mode::Stream, one));
        assert_eq!(names(&workspace)[2], "Slow 4G, Stream");
    }

    #[test]
    fn an_overlay_has_its_saved_name_and_varies_the_same_quantity() {
        let parallel = |variable| experiment("slow-4g", Mode::Parallel, variable);
        let overlay = |name: &str, variable| Overlay {
            file: String::new(),
            name: name.to_owned(),
            experiments: vec![parallel(variable)],
        };
        let workspace = Workspace {
            experiments: vec![parallel(counts())],
            overlays: vec![
                overlay("yesterday", counts()),
                overlay("packets", Sweep::PacketLen(vec![128])),
            ],
            ..Workspace::default()
        };
        assert_eq!(names(&workspace), ["current", "yesterday"]);
        let [first, second] = &all_series(&workspace)[..] else {
            panic!("{:?}", names(&workspace))
        };
        assert_ne!(first.mark(), second.mark());
    }
}
