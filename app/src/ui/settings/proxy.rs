//! The proxy for web servers: the system's, none, or a custom one.

use eframe::egui::{Label, RichText, Ui};
use serde::{Deserialize, Serialize};

use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;
use lanes_engine::{HttpOptions, ProxyChoice};

/// The proxy mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProxyMode {
    /// The proxy of the environment variables.
    #[default]
    System,
    /// No proxy.
    Direct,
    /// The typed proxy.
    #[serde(rename = "this")]
    Custom,
}

impl ProxyMode {
    const ALL: [Self; 3] = [Self::System, Self::Direct, Self::Custom];

    fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Direct => "None",
            Self::Custom => "Custom",
        }
    }
}

/// The proxy settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Proxy {
    /// The proxy mode.
    pub choice: ProxyMode,
    /// URL of the custom proxy.
    pub url: String,
}

impl Proxy {
    /// Returns the proxy for the engine. An invalid one is reported beside the field and fails each
    /// download.
    pub(super) fn choice(&self) -> ProxyChoice {
        match self.choice {
            ProxyMode::System => ProxyChoice::Environment,
            ProxyMode::Direct => ProxyChoice::Direct,
            ProxyMode::Custom => ProxyChoice::Url(self.url.trim().to_owned()),
        }
    }

    fn error(&self) -> Option<String> {
        let options = HttpOptions {
            proxy: self.choice(),
            ..HttpOptions::default()
        };
        options.check().err().map(|error| error.to_string())
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) {
        controls::group(ui, "Proxy for web servers", |ui, label| {
            ui.horizontal(|ui| {
                let choices = ProxyMode::ALL.map(|choice| {
                    let words = choice.label().to_owned();
                    (choice, words.clone(), format!("Proxy: {words}"))
                });
                controls::chips(ui, &mut self.choice, choices);
                if self.choice == ProxyMode::Custom {
                    let width = ui.available_width().min(280.0);
                    controls::field(ui, &mut self.url, label, "http://HOST:PORT", width);
                }
            });
            if let Some(words) = self.error() {
                let words = RichText::new(words).small().color(Palette::of(ui).bad);
                ui.add(Label::new(words).wrap());
            }
        });
    }
}
