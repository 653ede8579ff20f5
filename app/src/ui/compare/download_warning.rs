//! The question before much is downloaded from a server of others.

use eframe::egui::{Align, Label, Layout, RichText, Ui};
use lanes_shared::sample;

use super::form::Form;
use super::workspace::Workspace;
use crate::engine::source::Source;
use crate::engine::{Catalogue, Snapshot};
use crate::lab::volume;
use crate::ui::app::Action;
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

/// How long the file is, if anything that is known already says it.
pub(super) fn known_len(
    source: &Source,
    snapshot: &Snapshot,
    workspace: &Workspace,
) -> Option<u64> {
    let measured = workspace.experiments.iter().find_map(|one| {
        let is_same = one.plan.source == *source;
        is_same.then_some(one.len).flatten()
    });
    measured.or_else(|| match source {
        Source::Lanes { server, name } => {
            let entries = match snapshot.catalogues.get(server) {
                Some(Catalogue::Ready(entries)) => &entries[..],
                _ => &[],
            };
            let place = entries.binary_search_by(|entry| entry.name.as_str().cmp(name));
            place
                .map(|place| entries[place].len)
                .ok()
                .or_else(|| sample::len_of(name))
        }
        Source::Http(_) => {
            let link = source.to_string();
            let same = snapshot.downloads.iter().find(|one| one.source == link);
            same.and_then(|one| one.len)
        }
    })
}

/// What there is to be warned of, and the buttons that answer. The question goes away by itself where
/// nothing is to be warned of any more.
pub(super) fn ui(ui: &mut Ui, form: &mut Form, actions: &mut Vec<Action>) {
    if !form.asks_confirmation {
        return;
    }
    let plans = form.plans().unwrap_or_default();
    let Some(words) = volume::warning(&plans, form.len) else {
        form.asks_confirmation = false;
        return;
    };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if controls::button(ui, "Do not run").clicked() {
                form.asks_confirmation = false;
            }
            if controls::primary(ui, "Run anyway").clicked() {
                form.asks_confirmation = false;
                actions.push(Action::Run(plans));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = RichText::new(words).color(Palette::of(ui).warn);
                ui.add(Label::new(words).wrap());
            });
        });
    });
}
