//! The number of connections of a download: fixed or automatic.

use eframe::egui::{DragValue, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::controls;
use crate::lab::COUNTS;
use crate::ui::format;
use crate::ui::tokens::CONTROL;
use lanes_engine::{DEFAULT_AUTO_LIMIT, DEFAULT_CONNECTIONS, MAX_CONNECTIONS};

/// A selected number of connections. Keeps the value of the mode that is not selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Count {
    /// The number is tuned while the download runs.
    pub auto: bool,
    /// The fixed number.
    pub exactly: u16,
    /// The maximum of the automatic mode.
    pub most: u16,
}

impl Default for Count {
    fn default() -> Self {
        Self {
            auto: true,
            exactly: DEFAULT_CONNECTIONS,
            most: DEFAULT_AUTO_LIMIT,
        }
    }
}

impl Count {
    /// Creates a fixed number.
    pub(crate) fn exactly(number: u16) -> Self {
        Self {
            auto: false,
            exactly: number,
            ..Self::default()
        }
    }

    /// Creates an automatic number with this maximum.
    pub(crate) fn at_most(most: u16) -> Self {
        Self {
            most,
            ..Self::default()
        }
    }

    /// Replaces out-of-range numbers, as from a broken settings file, by the defaults.
    pub(crate) fn sanitized(self) -> Self {
        let sanitize = |number: u16, default: u16| match number {
            1..=MAX_CONNECTIONS => number,
            _ => default,
        };
        Self {
            auto: self.auto,
            exactly: sanitize(self.exactly, DEFAULT_CONNECTIONS),
            most: sanitize(self.most, DEFAULT_AUTO_LIMIT),
        }
    }

    /// Returns the fixed number or the maximum.
    pub(crate) fn number(self) -> u16 {
        if self.auto { self.most } else { self.exactly }
    }

    /// Returns a label: `10 connections`, `at most 16 connections`.
    pub(crate) fn label(self) -> String {
        let words = format::count(self.number().into(), "connection");
        if self.auto {
            format!("at most {words}")
        } else {
            words
        }
    }

    /// Draws the usual numbers as buttons, and a field for any other.
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
                    let hint = "Maximum; only as many are used as make the download faster";
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
