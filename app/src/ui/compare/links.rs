//! The links to compare: the picker's and further presets.

use eframe::egui::{Popup, PopupCloseBehavior, Ui};
use lanes_shared::link::LinkProfile;
use lanes_shared::link::presets::{PRESETS, Preset};

use crate::ui::link::form::{LinkChoice, LinkForm};
use crate::ui::tokens::STEP;
use crate::ui::widgets::controls;

/// The links besides the picker's.
#[derive(Default)]
pub(crate) struct Links {
    more: Vec<&'static Preset>,
}

impl Links {
    /// Returns the links to compare, the picker's first; `None` is the server's own.
    ///
    /// # Errors
    /// Returns a message for the user if the picker's link is invalid.
    pub(super) fn all(&self, picked: &LinkForm) -> Result<Vec<Option<LinkProfile>>, String> {
        let mut links = vec![picked.requested_link()?];
        let more = PRESETS.iter().filter(|preset| self.more.contains(preset));
        for link in more.map(|preset| Some(preset.profile())) {
            if !links.contains(&link) {
                links.push(link);
            }
        }
        Ok(links)
    }

    /// Returns the number of links.
    fn count(&self, picked: &LinkForm) -> usize {
        self.all(picked).map_or(1, |links| links.len())
    }

    /// Deselects all presets.
    pub(super) fn untick_all(&mut self) {
        self.more.clear();
    }

    /// Selects the presets among these links.
    pub(super) fn tick(&mut self, links: &[LinkProfile]) {
        let is_among = |preset: &&Preset| links.contains(&preset.profile());
        self.more = PRESETS.iter().filter(is_among).collect();
    }

    /// Selects all presets but the open one, which needs a real network to be of interest.
    pub(super) fn tick_all(&mut self) {
        self.more = PRESETS
            .iter()
            .filter(|preset| !preset.profile().is_open())
            .collect();
    }
}

/// Draws the button that opens the list.
pub(super) fn ui(ui: &mut Ui, links: &mut Links, picked: &LinkForm) {
    let words = match links.count(picked) {
        1 => "Compare links…".to_owned(),
        count => format!("Compare {count} links…"),
    };
    let button = controls::button(ui, &words);
    let button = button.on_hover_text("Run over several links side by side");
    Popup::menu(&button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name("Links to compare")
        .show(|ui| {
            ui.set_width(280.0);
            ui.label(controls::small(ui, "Also run over"));
            ui.spacing_mut().item_spacing.y = STEP / 2.0;
            for preset in &PRESETS {
                let is_picked = picked.choice == LinkChoice::Preset(preset);
                let mut ticked = is_picked || links.more.contains(&preset);
                let ticked_now = ui
                    .add_enabled_ui(!is_picked, |ui| {
                        let tick = controls::checkbox(ui, &mut ticked, preset.name);
                        tick.on_hover_text(preset.teaches).changed()
                    })
                    .inner;
                if ticked_now {
                    links.more.retain(|other| *other != preset);
                    links.more.extend(ticked.then_some(preset));
                }
            }
        });
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::presets::preset;

    use super::*;

    #[test]
    fn the_picked_link_comes_first_without_duplicates() {
        let picked = LinkForm::new();
        let mut links = Links::default();
        assert_eq!(links.all(&picked).unwrap().len(), 1);
        links.more = ["clean-cable", "throttled-mirror"]
            .map(|id| preset(id).unwrap())
            .into();
        let all = links.all(&picked).unwrap();
        let names: Vec<_> = all
            .iter()
            .flatten()
            .map(crate::lab::report::label::link)
            .collect();
        assert_eq!(names, ["Throttled mirror", "Clean cable"]);
        links.tick_all();
        assert_eq!(links.count(&picked), PRESETS.len() - 1);
    }
}
