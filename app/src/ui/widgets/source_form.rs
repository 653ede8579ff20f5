//! The source of a download: server and file name, or a link in place of the name.

use eframe::egui::{Align, Event, Layout, Popup, PopupCloseBehavior, Response, ScrollArea, Ui};
use lanes_shared::catalog::{Entry, MAX_FILES};

use super::controls;
use super::icon::Icon;
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::link_input;
use crate::ui::message::Action;
use crate::ui::tokens::{CONTROL, STEP};
use lanes_engine::{Catalogue, Command, Snapshot, one_line};
use lanes_engine::{ServerName, Source};

/// The fields as typed.
#[derive(Debug, Clone)]
pub(crate) struct SourceForm {
    /// The server: host and port.
    pub server: String,
    /// The file name or a link.
    pub name: String,
    /// Focuses the name field in the next frame and selects its content.
    pub wants_focus: bool,
    /// Several links were pasted into the field, one per line. The screen takes them.
    pub pasted_links: Option<String>,
}

impl SourceForm {
    /// Creates a form for a file of a server.
    pub(crate) fn new(server: String, name: &str) -> Self {
        Self {
            server,
            name: name.to_owned(),
            wants_focus: false,
            pasted_links: None,
        }
    }

    /// Parses the source.
    ///
    /// # Errors
    /// Returns a message for the user if the name or the server is missing or malformed.
    pub(crate) fn source(&self) -> Result<Source, String> {
        link_input::parse_source(&self.server, &self.name)
    }

    /// Returns the server if it is valid.
    pub(crate) fn server(&self) -> Option<ServerName> {
        self.server.parse().ok()
    }

    /// Returns the server's file list if it has been requested.
    pub(crate) fn catalogue<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Catalogue> {
        snapshot.catalogues.get(&self.server()?)
    }

    /// Replaces the content by a pasted link; several links are left to the screen.
    fn paste(&mut self, text: String) {
        match &link_input::split_lines(&text)[..] {
            [link] => self.name.clone_from(link),
            _ => self.pasted_links = Some(text),
        }
    }

    /// Splits a Lanes link into server and file name.
    fn split_link(&mut self) {
        if let Ok(Source::Lanes { server, name }) = self.name.parse() {
            self.server = server.to_string();
            self.name = name;
        }
    }

    /// Draws both fields and the file list in `width`. Returns the response of the name field.
    pub(crate) fn ui(
        &mut self,
        ui: &mut Ui,
        width: f32,
        snapshot: &Snapshot,
        actions: &mut Vec<Action>,
    ) -> Response {
        let server_width = (width * 0.34).clamp(120.0, 184.0);
        controls::group(ui, "Server", |ui, label| {
            let before = self.server.clone();
            let typed =
                controls::field(ui, &mut self.server, label, "127.0.0.1:5115", server_width);
            if let Some(text) = pasted_link(ui, &typed) {
                self.server = before;
                self.paste(text);
            }
            if typed.lost_focus()
                && let Some(server) = self.server()
            {
                actions.push(Action::Engine(Command::Browse(server)));
            }
        });
        let name_width = width - server_width - CONTROL - STEP - 4.0;
        controls::group(ui, "File or link", |ui, label| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let hint = "a name, or lanes://…";
                let before = self.name.clone();
                let name = controls::field(ui, &mut self.name, label, hint, name_width);
                if let Some(text) = pasted_link(ui, &name) {
                    self.name = before;
                    self.paste(text);
                    controls::place_cursor(ui, name.id, self.name.chars().count());
                }
                if std::mem::take(&mut self.wants_focus) {
                    name.request_focus();
                    // The next key or paste replaces the content.
                    controls::select(ui, name.id, 0..self.name.chars().count());
                }
                if name.changed() && self.name.contains("://") {
                    self.split_link();
                }
                self.list_ui(ui, snapshot, actions);
                name
            })
            .inner
        })
    }

    /// Draws the file list and the button that opens it.
    fn list_ui(&mut self, ui: &mut Ui, snapshot: &Snapshot, actions: &mut Vec<Action>) {
        let button = controls::icon_button(ui, Icon::Open, "Files of this server");
        if button.clicked()
            && let Some(server) = self.server()
            && !matches!(snapshot.catalogues.get(&server), Some(Catalogue::Ready(_)))
        {
            actions.push(Action::Engine(Command::Browse(server)));
        }
        Popup::menu(&button)
            .close_behavior(PopupCloseBehavior::CloseOnClick)
            .accessible_name("Files of this server")
            .show(|ui| {
                ui.set_width(320.0);
                match self.catalogue(snapshot) {
                    Some(Catalogue::Ready(entries)) if entries.is_empty() => {
                        ui.label("This server has no files");
                    }
                    Some(Catalogue::Ready(entries)) => {
                        if entries.len() >= MAX_FILES {
                            let count = entries.len();
                            ui.label(format!("Only the first {count} files are listed"));
                        }
                        self.entries_ui(ui, &entries.clone());
                    }
                    Some(Catalogue::Failed(words)) => {
                        ui.label(words);
                    }
                    Some(Catalogue::Loading) => {
                        ui.label("Requesting the file list…");
                    }
                    None => {
                        ui.label("Type a server's address first, such as 127.0.0.1:5115");
                    }
                }
                if let Some(server) = self.server()
                    && controls::button(ui, "Refresh").clicked()
                {
                    actions.push(Action::Engine(Command::Browse(server)));
                }
            });
    }

    fn entries_ui(&mut self, ui: &mut Ui, entries: &[Entry]) {
        ScrollArea::vertical().max_height(320.0).show_rows(
            ui,
            CONTROL,
            entries.len(),
            |ui, rows| {
                for entry in entries.get(rows).unwrap_or_default() {
                    if entry_ui(ui, entry, entry.name == self.name).clicked() {
                        self.name.clone_from(&entry.name);
                    }
                }
            },
        );
    }
}

/// Returns the text pasted into `field` in this frame if it holds a link. A link is never a part of a
/// name, so it replaces the content wherever the cursor stands.
fn pasted_link(ui: &Ui, field: &Response) -> Option<String> {
    if !field.has_focus() {
        return None;
    }
    let pasted = |event: &Event| match event {
        Event::Paste(text) if text.contains("://") => Some(text.trim().to_owned()),
        _ => None,
    };
    ui.input(|input| input.events.iter().rev().find_map(pasted))
}

fn entry_ui(ui: &mut Ui, entry: &Entry, chosen: bool) -> Response {
    let size = controls::small(ui, format::size(entry.len)).monospace();
    ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
        ui.add(
            eframe::egui::Button::selectable(chosen, visual(&one_line(&entry.name)))
                .right_text(size)
                .truncate(),
        )
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_overrides_the_server_field() {
        let mut form = SourceForm::new("127.0.0.1".into(), "lanes://other:7/a%20b.jpg");
        assert_eq!(form.source().unwrap().to_string(), form.name);
        form.split_link();
        assert_eq!(
            (form.server.as_str(), form.name.as_str()),
            ("other:7", "a b.jpg")
        );
    }

    #[test]
    fn an_invalid_source_is_rejected_with_a_message() {
        for (server, name) in [
            ("", "Data.jpg"),
            ("host", " "),
            ("host", "ftp://x/y"),
            ("a b", "c"),
        ] {
            let words = SourceForm::new(server.into(), name).source().unwrap_err();
            assert!(
                words.starts_with(|c: char| c.is_uppercase() || c == '`'),
                "{words}"
            );
        }
    }
}
