//! Which link is to be emulated: a preset, values of one's own, or whatever the server has.
//!
//! The values are kept as they were typed, so that a wrong one can be shown, named and mended.

use lanes_shared::link::presets::{PRESETS, Preset};
use lanes_shared::link::profile::{FIELDS, Field};
use lanes_shared::link::{Congestion, LinkProfile, ProfileError, named};

use crate::lab::first;

/// Where the link comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkChoice {
    /// Lanes asks for none.
    Server,
    /// One that is ready-made.
    Preset(&'static Preset),
    /// The user's own values.
    Custom,
}

impl LinkChoice {
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "As the server has it",
            Self::Preset(preset) => preset.name,
            Self::Custom => "Custom",
        }
    }

    /// What it teaches, in one line.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Server => "Nothing is asked for: the server's own link, or the real network",
            Self::Preset(preset) => preset.teaches,
            Self::Custom => "Values of your own: set the parts of the path by hand",
        }
    }

    /// The choice that stands for a profile.
    fn of(profile: &LinkProfile) -> Self {
        let same = PRESETS.iter().find(|preset| preset.profile() == *profile);
        same.map_or(Self::Custom, Self::Preset)
    }
}

/// What stands for the server's own link where a link is remembered.
const SERVER: &str = "server";

/// What was chosen and typed.
pub(crate) struct LinkForm {
    /// Where the link comes from.
    pub(crate) choice: LinkChoice,
    /// The values as typed, in the order of [`FIELDS`]; empty where the profile gives none.
    pub(crate) values: [String; FIELDS.len()],
    /// How senders react to congestion.
    pub(crate) congestion: Congestion,
    /// Whether the editor is open.
    pub(crate) is_edited: bool,
    /// The file to read a profile from, as typed.
    pub(crate) file: String,
    /// Whether it may be left to the server.
    asks_server: bool,
}

impl LinkForm {
    /// The link of the first experiment.
    pub(crate) fn new() -> Self {
        let mut form = Self {
            choice: LinkChoice::Server,
            values: Default::default(),
            congestion: Congestion::default(),
            is_edited: false,
            file: String::new(),
            asks_server: true,
        };
        if let Some(preset) = first::link() {
            form.choose(LinkChoice::Preset(preset));
        }
        form
    }

    /// The link of a server that is started: none.
    pub(crate) fn of_server() -> Self {
        let mut form = Self {
            asks_server: false,
            ..Self::new()
        };
        form.set(&LinkProfile::default());
        form
    }

    /// Every choice of the list.
    pub(crate) fn choices(&self) -> impl Iterator<Item = LinkChoice> + use<> {
        let server = self.asks_server.then_some(LinkChoice::Server);
        let presets = PRESETS.iter().map(LinkChoice::Preset);
        presets.chain(server).chain([LinkChoice::Custom])
    }

    /// The link as text, to be found again at the next start; empty where it cannot be emulated.
    pub(crate) fn to_stored(&self) -> String {
        match (self.choice, self.profile()) {
            (LinkChoice::Server, _) => SERVER.to_owned(),
            (LinkChoice::Preset(preset), _) => preset.id.to_owned(),
            (LinkChoice::Custom, Ok(profile)) => profile.to_toml(),
            (LinkChoice::Custom, Err(_)) => String::new(),
        }
    }

    /// Takes the link that was remembered; what cannot be read changes nothing.
    pub(crate) fn restore(&mut self, text: &str) {
        if text == SERVER {
            self.choose(LinkChoice::Server);
        } else if !text.is_empty()
            && let Ok(profile) = named(text)
        {
            self.set(&profile);
        }
    }

    /// Takes a choice from the list.
    pub(crate) fn choose(&mut self, choice: LinkChoice) {
        match choice {
            LinkChoice::Preset(preset) => self.put(&preset.profile()),
            LinkChoice::Server => self.is_edited = false,
            LinkChoice::Custom => self.is_edited = true,
        }
        self.choice = choice;
    }

    /// Takes a profile from elsewhere, such as a file.
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
    }

    /// A value was changed: it may be a preset's again, or no longer one's.
    pub(crate) fn changed(&mut self) {
        self.choice = self
            .profile()
            .map_or(LinkChoice::Custom, |profile| LinkChoice::of(&profile));
    }

    /// The profile that the values make.
    ///
    /// # Errors
    /// The first value in the order of [`FIELDS`] that is none, or out of its range.
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
        profile.validate()?;
        Ok(profile)
    }

    /// The link to ask the server for.
    ///
    /// # Errors
    /// In words that name the field.
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

/// Why there is no link to run over.
fn refusal(error: &ProfileError) -> String {
    format!("The link cannot be emulated: {error}")
}

/// A value as it was typed; `None` where nothing was.
///
/// # Errors
/// When it is no number, a fraction where things are counted, or out of range.
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
    fn every_preset_is_itself_in_the_form() {
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
    fn a_changed_value_reaches_the_profile_and_a_preset_is_known_again() {
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
    fn a_link_is_remembered_from_one_start_to_the_next() {
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
        put(&mut form, "rate_mbit", "-5");
        for text in [form.to_stored().as_str(), "no such link", "rate_mbit = -1"] {
            again.restore(text);
            assert!(again.requested_link().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
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
