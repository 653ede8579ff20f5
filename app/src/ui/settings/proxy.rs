//! How web servers are reached: as the system says, directly, or through a proxy that was typed.

use eframe::egui::{Label, RichText, Ui};
use serde::{Deserialize, Serialize};

use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;
use lanes_engine::{HttpOptions, ProxyChoice};

/// Which proxy is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Choice {
    /// What the environment names.
    #[default]
    System,
    /// None.
    Direct,
    /// The one that was typed.
    This,
}

impl Choice {
    const ALL: [Self; 3] = [Self::System, Self::Direct, Self::This];

    fn words(self) -> &'static str {
        match self {
            Self::System => "As the system says",
            Self::Direct => "None",
            Self::This => "This one",
        }
    }
}

/// The proxy as it was set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Proxy {
    /// Which one is used.
    pub choice: Choice,
    /// The one that was typed.
    pub url: String,
}

impl Proxy {
    /// The proxy for the engine. One that cannot be used is said beside it, and by each download.
    pub(super) fn choice(&self) -> ProxyChoice {
        match self.choice {
            Choice::System => ProxyChoice::Environment,
            Choice::Direct => ProxyChoice::Direct,
            Choice::This => ProxyChoice::Url(self.url.trim().to_owned()),
        }
    }

    fn error(&self) -> Option<String> {
        let options = HttpOptions {
            proxy: self.choice(),
            ..HttpOptions::default()
        };
        options.check().err()
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) {
        controls::group(ui, "Proxy for web servers", |ui, label| {
            ui.horizontal(|ui| {
                let choices = Choice::ALL.map(|choice| {
                    let words = choice.words().to_owned();
                    (choice, words.clone(), format!("Proxy: {words}"))
                });
                controls::chips(ui, &mut self.choice, choices);
                if self.choice == Choice::This {
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
