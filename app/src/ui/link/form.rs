//! The selected link: a preset, custom values, or the server's own link.
//!
//! Values are stored as typed, so that an invalid one can be shown and corrected.

use lanes_shared::link::presets::{NETWORK_PRESETS, PRESETS, Preset, SLOW_MOTION, all};
use lanes_shared::link::profile::{FIELDS, Field, ProfileStep};
use lanes_shared::link::{
    Congestion, LinkProfile, ProfileError, QueueDiscipline, Trace, parse_profile,
};

use crate::lab::plan::starter_experiment;

/// The source of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkChoice {
    /// The server's own link: none is requested.
    Server,
    /// A preset.
    Preset(&'static Preset),
    /// Custom values.
    Custom,
}

impl LinkChoice {
    /// Returns the name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "Server's own link",
            Self::Preset(preset) => preset.name,
            Self::Custom => "Custom",
        }
    }

    /// Describes the link in one line.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Server => "Use whatever link the server has",
            Self::Preset(preset) => preset.teaches,
            Self::Custom => "Set every part of the path yourself",
        }
    }

    /// Returns the choice that matches a profile.
    fn of(profile: &LinkProfile) -> Self {
        let same = all().find(|preset| preset.profile() == *profile);
        same.map_or(Self::Custom, Self::Preset)
    }
}

/// Stored form of the server's own link.
const SERVER: &str = "server";

/// The state of the picker and the editor.
pub(crate) struct LinkForm {
    /// The selected source.
    pub(crate) choice: LinkChoice,
    /// The values as typed, in the order of [`FIELDS`]; empty if the profile leaves one unset.
    pub(crate) values: [String; FIELDS.len()],
    /// Congestion control algorithm of the senders.
    pub(crate) congestion: Congestion,
    /// Congestion control algorithm of the competing flows.
    pub(crate) background_congestion: Congestion,
    /// Queue before the bottleneck.
    pub(crate) queue: QueueDiscipline,
    /// Changes of the rate, which only a file can set.
    steps: Vec<ProfileStep>,
    /// Delivery trace, which only a file or a preset can set.
    trace: Option<Trace>,
    /// The editor is open.
    pub(crate) is_edited: bool,
    /// Path of the profile to load, as typed.
    pub(crate) file: String,
    /// The server's own link can be selected.
    asks_server: bool,
}

impl LinkForm {
    /// Creates a form with the link of the starter experiment.
    pub(crate) fn new() -> Self {
        let mut form = Self {
            choice: LinkChoice::Server,
            values: Default::default(),
            congestion: Congestion::default(),
            background_congestion: Congestion::default(),
            queue: QueueDiscipline::default(),
            steps: Vec::new(),
            trace: None,
            is_edited: false,
            file: String::new(),
            asks_server: true,
        };
        if let Some(preset) = starter_experiment::link() {
            form.choose(LinkChoice::Preset(preset));
        }
        form
    }

    /// Creates the form of the local server, without emulation.
    pub(crate) fn of_server() -> Self {
        let mut form = Self {
            asks_server: false,
            ..Self::new()
        };
        form.set(&LinkProfile::default());
        form
    }

    /// Iterates over the selectable links.
    pub(crate) fn choices(&self) -> impl Iterator<Item = LinkChoice> + use<> {
        let server = self.asks_server.then_some(LinkChoice::Server);
        let presets = PRESETS.iter().map(LinkChoice::Preset);
        let network = NETWORK_PRESETS.iter().map(LinkChoice::Preset);
        let slow = std::iter::once(LinkChoice::Preset(&SLOW_MOTION));
        presets
            .chain(server)
            .chain([LinkChoice::Custom])
            .chain(network)
            .chain(slow)
    }

    /// Serialises the link for the settings; empty if it is invalid.
    pub(crate) fn to_stored(&self) -> String {
        match (self.choice, self.profile()) {
            (LinkChoice::Server, _) => SERVER.to_owned(),
            (LinkChoice::Preset(preset), _) => preset.id.to_owned(),
            (LinkChoice::Custom, Ok(profile)) => profile.to_toml(),
            (LinkChoice::Custom, Err(_)) => String::new(),
        }
    }

    /// Restores a serialised link; an invalid one changes nothing.
    pub(crate) fn restore(&mut self, text: &str) {
        if text == SERVER {
            self.choose(LinkChoice::Server);
        } else if !text.is_empty()
            && let Ok(profile) = parse_profile(text)
        {
            self.set(&profile);
        }
    }

    /// Selects a link.
    pub(crate) fn choose(&mut self, choice: LinkChoice) {
        match choice {
            LinkChoice::Preset(preset) => self.put(&preset.profile()),
            LinkChoice::Server => self.is_edited = false,
            LinkChoice::Custom => self.is_edited = true,
        }
        self.choice = choice;
    }

    /// Takes over a profile, such as one from a file.
    pub(crate) fn set(&mut self, profile: &LinkProfile) {
        self.put(profile);
        self.choice = LinkChoice::of(profile);
    }

    fn put(&mut self, profile: &LinkProfile) {
        self.values = FIELDS.map(|field| {
            let value = profile.number(field.name);
            value.map(|value| value.to_string()).unwrap_or_default()
        });
        self.congestion = profile.congestion.unwrap_or_default();
        self.background_congestion = profile.background_congestion.unwrap_or_default();
        self.queue = profile.queue.unwrap_or_default();
        self.steps.clone_from(&profile.step);
        self.trace.clone_from(&profile.trace);
    }

    /// Updates the selection after a value has changed: the values may match a preset or no longer
    /// do so.
    pub(crate) fn changed(&mut self) {
        self.choice = self
            .profile()
            .map_or(LinkChoice::Custom, |profile| LinkChoice::of(&profile));
    }

    /// Builds the profile from the values.
    ///
    /// # Errors
    /// Returns the error of the first value that is not a number or is out of range.
    pub(crate) fn profile(&self) -> Result<LinkProfile, ProfileError> {
        let mut profile = LinkProfile::default();
        for (field, text) in FIELDS.into_iter().zip(&self.values) {
            if let Some(number) = number(field, text)? {
                profile.set_number(field.name, number);
            }
        }
        if self.congestion != Congestion::default() {
            profile.congestion = Some(self.congestion);
        }
        if self.background_congestion != Congestion::default() {
            profile.background_congestion = Some(self.background_congestion);
        }
        if self.queue != QueueDiscipline::default() {
            profile.queue = Some(self.queue);
        }
        profile.step.clone_from(&self.steps);
        profile.trace.clone_from(&self.trace);
        profile.validate()?;
        Ok(profile)
    }

    /// Returns the link to request from the server, `None` for its own.
    ///
    /// # Errors
    /// Returns a message for the user that names the invalid field.
    pub(crate) fn requested_link(&self) -> Result<Option<LinkProfile>, String> {
        match self.choice {
            LinkChoice::Server => Ok(None),
            LinkChoice::Preset(_) | LinkChoice::Custom => {
                let profile = self.profile();
                profile.map(Some).map_err(|error| refusal(&error))
            }
        }
    }
}

/// Returns the message for an invalid link.
fn refusal(error: &ProfileError) -> String {
    format!("Cannot emulate this link: {error}")
}

/// Parses a value; `None` if it is empty.
///
/// # Errors
/// [`ProfileError::Type`] if it is not a number, or a fraction where an integer is needed;
/// [`ProfileError::Range`] if it is out of range.
pub(crate) fn number(field: Field, text: &str) -> Result<Option<f64>, ProfileError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let value = || text.to_owned();
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| !field.whole || !number.is_finite() || number.fract() == 0.0)
        .ok_or_else(|| ProfileError::Type {
            field,
            value: value(),
        })?;
    if (field.min..=field.max).contains(&number) {
        return Ok(Some(number));
    }
    Err(ProfileError::Range {
        field,
        value: value(),
    })
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::presets::preset;

    use super::*;

    fn put(form: &mut LinkForm, name: &str, text: &str) {
        let at = FIELDS.iter().position(|field| field.name == name).unwrap();
        form.values[at] = text.to_owned();
        form.changed();
    }

    #[test]
    fn every_preset_survives_the_form() {
        let mut form = LinkForm::new();
        assert_eq!(form.choice.name(), "Throttled mirror");
        for choice in form
            .choices()
            .filter(|choice| *choice != LinkChoice::Custom)
        {
            form.choose(choice);
            let link = form.requested_link().unwrap();
            match choice {
                LinkChoice::Preset(preset) => assert_eq!(link, Some(preset.profile())),
                _ => assert_eq!(link, None),
            }
            assert!(!choice.description().is_empty());
        }
    }

    #[test]
    fn an_edited_value_reaches_the_profile_and_restoring_it_selects_the_preset() {
        let mut form = LinkForm::new();
        put(&mut form, "per_connection_mbit", " 3.5 ");
        assert_eq!(form.choice, LinkChoice::Custom);
        let profile = form.requested_link().unwrap().unwrap();
        assert_eq!(
            (profile.per_connection_mbit, profile.rtt_ms),
            (Some(3.5), Some(40.0))
        );
        put(&mut form, "per_connection_mbit", "2");
        assert_eq!(form.choice.name(), "Throttled mirror");
        put(&mut form, "per_connection_mbit", "");
        assert_eq!(
            form.requested_link().unwrap().unwrap().per_connection_mbit,
            None
        );
        form.set(&preset("slow-4g").unwrap().profile());
        assert_eq!(form.choice.name(), "Slow 4G");
    }

    #[test]
    fn a_stored_link_is_restored() {
        let mut form = LinkForm::new();
        let mut again = LinkForm::new();
        for choice in form
            .choices()
            .filter(|choice| *choice != LinkChoice::Custom)
        {
            form.choose(choice);
            again.restore(&form.to_stored());
            assert_eq!(again.choice, choice);
        }
        form.set(&preset("slow-4g").unwrap().profile());
        put(&mut form, "loss_percent", "0.25");
        again.restore(&form.to_stored());
        assert_eq!(
            (again.choice, again.requested_link()),
            (LinkChoice::Custom, form.requested_link())
        );
        let custom = "rate_mbit = 20\nqueue = \"codel\"\nbackground_congestion = \"bbr\"\nstep_period_s = 9\n\
            [[step]]\nat_s = 2\nrate_mbit = 0";
        form.set(&parse_profile(custom).unwrap());
        again.restore(&form.to_stored());
        assert_eq!(again.profile(), parse_profile(custom));
        put(&mut form, "rate_mbit", "-5");
        for text in [form.to_stored().as_str(), "no such link", "rate_mbit = -1"] {
            again.restore(text);
            assert!(again.requested_link().is_ok(), "{text}");
        }
    }

    #[test]
    fn an_invalid_value_is_rejected_with_its_field_name() {
        for (name, text, part) in [
            ("rate_mbit", "-5", "0.01 to 10000 Mbit/s, not -5"),
            ("rate_mbit", "0", "0.01"),
            ("rate_mbit", "nan", "0.01"),
            ("rtt_ms", "1e12", "5000"),
            ("rtt_ms", "40 ms", "without the unit"),
            ("max_connections", "2.5", "whole number"),
            ("background_flows", "-1", "64"),
            ("seed", "1e300", "seed"),
        ] {
            let mut form = LinkForm::new();
            put(&mut form, name, text);
            let words = form.requested_link().unwrap_err();
            assert!(words.contains(name) && words.contains(part), "{words}");
        }
    }
}
