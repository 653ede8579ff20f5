//! Fills the form from experiments, and compares it with them.

use std::sync::Arc;

use lanes_shared::link::LinkProfile;

use super::Form;
use crate::lab::{Experiment, Plan, Sweep};
use crate::ui::compare::values::{Vary, written};
use crate::ui::compare::workspace::Workspace;
use crate::ui::link::form::LinkChoice;
use lanes_engine::{Mode, Source};

impl Form {
    /// Takes over the plans of opened experiments, so that Run repeats them.
    pub(in crate::ui::compare) fn fill(&mut self, experiments: &[Arc<Experiment>]) {
        let Some(first) = experiments.first().map(|one| &one.plan) else {
            return;
        };
        match &first.source {
            Source::Lanes { server, name } => {
                self.source.server = server.to_string();
                self.source.name.clone_from(name);
            }
            Source::Http(_) => self.source.name = first.source.to_string(),
        }
        self.is_http = first.is_http();
        if first.is_https() {
            self.http3 = first.http.http3;
        }
        self.vary = vary_of(&first.sweep);
        if self.vary != Vary::Link {
            self.values[self.vary as usize] = written(self.vary, &first.sweep.values());
        }
        let has = |mode: &Mode| experiments.iter().any(|one| one.plan.mode == *mode);
        self.modes = Mode::ALL.map(|mode| has(&mode));
        // A mode without parallel connections has the values of a single connection.
        if let Some(parallel) = experiments
            .iter()
            .find(|one| one.plan.mode == Mode::Parallel)
        {
            self.connections = parallel.plan.connections;
            if let Sweep::Connections(_) = first.sweep {
                let values = parallel.plan.sweep.values();
                self.values[Vary::Connections as usize] = written(Vary::Connections, &values);
            }
        }
        self.packet_len = first.packet_len;
        self.rounds = first.rounds;
        self.fill_links(&links_of(experiments));
    }

    fn fill_links(&mut self, links: &[Option<LinkProfile>]) {
        match links.first() {
            Some(Some(link)) => self.link.set(link),
            _ => self.link.choose(LinkChoice::Server),
        }
        let emulated: Vec<LinkProfile> = links.iter().flatten().cloned().collect();
        self.links.tick(&emulated);
    }

    /// Returns whether a run would make other experiments than those shown.
    pub(in crate::ui::compare) fn differs_from(&self, workspace: &Workspace) -> bool {
        let Ok(plans) = self.plans() else {
            return true;
        };
        let shown = workspace.experiments.iter().map(|one| &one.plan);
        let alike = |(a, b): (&Plan, &Plan)| {
            // The order of the runs is drawn for each experiment.
            let a = Plan {
                seed: b.seed,
                ..a.clone()
            };
            a == *b
        };
        plans.len() != workspace.experiments.len() || !plans.iter().zip(shown).all(alike)
    }
}

fn vary_of(sweep: &Sweep) -> Vary {
    match sweep {
        Sweep::Connections(_) => Vary::Connections,
        Sweep::PacketLen(_) => Vary::PacketLen,
        Sweep::FileSize(_) => Vary::FileSize,
        Sweep::Link(_) => Vary::Link,
    }
}

/// Returns the links of experiments, each once, in their order.
fn links_of(experiments: &[Arc<Experiment>]) -> Vec<Option<LinkProfile>> {
    let mut links = Vec::new();
    for one in experiments {
        let of_one = match &one.plan.sweep {
            Sweep::Link(links) => links.iter().cloned().map(Some).collect(),
            _ => vec![one.plan.link.clone()],
        };
        for link in of_one {
            if !links.contains(&link) {
                links.push(link);
            }
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiments(form: &Form) -> Vec<Arc<Experiment>> {
        let plans = form.plans().unwrap().into_iter();
        plans.map(|plan| Arc::new(Experiment::new(plan))).collect()
    }

    #[test]
    fn an_opened_experiment_fills_the_form_from_which_it_was_run() {
        let mut other = Form::new("10.0.0.7:5115".to_owned());
        other.source.name = "other.bin".to_owned();
        other.packet_len = 1024;
        other.rounds = 7;
        for vary in Vary::ALL {
            other.vary = vary;
            other.links.tick_all();
            other.modes = [vary != Vary::PacketLen, false, true];
            let kept = experiments(&other);
            let mut workspace = Workspace::default();
            workspace.experiments.clone_from(&kept);
            let mut form = Form::new("127.0.0.1:5115".to_owned());
            assert!(form.differs_from(&workspace), "{vary:?}");
            form.fill(&kept);
            assert!(
                !form.differs_from(&workspace),
                "{vary:?}: {:?}",
                form.plans()
            );
        }
    }
}
