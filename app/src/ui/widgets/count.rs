//! Over how many connections a file comes: a number, or as many as are found to be worth it.

use eframe::egui::{DragValue, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::controls;
use crate::engine::{DEFAULT_CONNECTIONS, MAX_CONNECTIONS, MOST_IF_AUTO};
use crate::lab::COUNTS;
use crate::ui::format;
use crate::ui::tokens::CONTROL;

/// A number of connections as somebody chose it. What is not chosen now is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Count {
    /// Whether the number is found while a download runs.
    pub auto: bool,
    /// The number, where it is not.
    pub exactly: u16,
    /// The most that is tried, where it is.
    pub most: u16,
}

impl Default for Count {
    fn default() -> Self {
        Self {
            auto: true,
            exactly: DEFAULT_CONNECTIONS,
            most: MOST_IF_AUTO,
        }
    }
}

impl Count {
    /// Exactly this many.
    pub(crate) fn exactly(number: u16) -> Self {
        Self {
            auto: false,
            exactly: number,
            ..Self::default()
        }
    }

    /// At most this many, as many as are worth it.
    pub(crate) fn at_most(most: u16) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Numbers out of range, which a broken file may have, are what they are by default.
    pub(crate) fn sanitized(self) -> Self {
        let sanitize = |number: u16, default: u16| match number {
            1..=MAX_CONNECTIONS => number,
            _ => default,
        };
        Self {
            auto: self.auto,
            exactly: sanitize(self.exactly, DEFAULT_CONNECTIONS),
            most: sanitize(self.most, MOST_IF_AUTO),
        }
    }

    /// The number, or the most.
    pub(crate) fn number(self) -> u16 {
        if self.auto { self.most } else { self.exactly }
    }

    /// In a few words: `10 connections`, `at most 16 connections`.
    pub(crate) fn label(self) -> String {
        let words = format::count(self.number().into(), "connection");
        if self.auto {
            format!("at most {words}")
        } else {
            words
        }
    }

    /// The control: the usual numbers, and any other.
    pub(crate) fn ui(&mut self, ui: &mut Ui) {
        controls::group(ui, "Connections", |ui, label| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let mut chosen = (!self.auto).then_some(self.exactly);
                let auto = (None, "Auto".to_owned(), "Automatic number".to_owned());
                let counts = COUNTS.map(|n| {
                    let name = format::count(n.into(), "connection");
                    (Some(n), n.to_string(), name)
                });
                if controls::chips(ui, &mut chosen, [auto].into_iter().chain(counts)) {
                    self.auto = chosen.is_none();
                    self.exactly = chosen.unwrap_or(self.exactly);
                }
                let (number, prefix, hint) = if self.auto {
                    let hint = "The most that are tried: as many are used as bring more";
                    (&mut self.most, "≤ ", hint)
                } else {
                    let hint = "Any number from 1 to 64: click to type, drag to change";
                    (&mut self.exactly, "", hint)
                };
                let number = DragValue::new(number).range(1..=MAX_CONNECTIONS).speed(0.2);
                ui.add_sized(vec2(48.0, CONTROL), number.prefix(prefix))
                    .labelled_by(label)
                    .on_hover_text(hint);
            });
        });
    }
}
