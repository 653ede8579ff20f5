//! Patterns such as `[001-100]` in the links of the Add dialog: a preview, and a button that expands them.

use eframe::egui::{Label, RichText, Ui};

use super::AddForm;
use crate::link_pattern;
use crate::ui::format;
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;
use lanes_engine::one_line;

/// Draws a preview of each line with a pattern. The links stay as they are until the user expands them: brackets
/// may belong to a link.
pub(super) fn ui(ui: &mut Ui, form: &mut AddForm) {
    let mut expanded = None;
    for (at, line) in form.links.lines().enumerate() {
        let Some(links) = link_pattern::expand(line.trim()) else {
            continue;
        };
        match links {
            Err(error) => {
                let words = RichText::new(format::capital(&error.to_string()));
                ui.add(Label::new(words.color(Palette::of(ui).bad)).wrap());
            }
            Ok(links) => {
                ui.horizontal(|ui| {
                    let words = format!("Expand to {}", format::count(links.len(), "link"));
                    if controls::button(ui, &words).clicked() {
                        expanded = Some((at, links.join("\n")));
                    }
                    controls::truncated(ui, preview(&links));
                });
            }
        }
    }
    if let Some((at, links)) = expanded {
        let lines = form.links.lines().enumerate();
        let lines = lines.map(|(line, text)| if line == at { &*links } else { text });
        form.links = lines.collect::<Vec<_>>().join("\n");
    }
}

/// Returns the first two names and the last one.
fn preview(links: &[String]) -> String {
    let name = |link: &String| one_line(link.rsplit('/').next().unwrap_or(link)).into_owned();
    match links {
        [first, second, .., last] if links.len() > 3 => {
            format!("{}, {} … {}", name(first), name(second), name(last))
        }
        few => few.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}
