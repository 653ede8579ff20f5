//! Shell commands that download from the local server, to copy into a terminal.

use std::net::SocketAddr;

use eframe::egui::{ComboBox, Label, RichText, Ui};
use lanes_shared::catalog::Entry;

use crate::ui::tokens::STEP;
use crate::ui::widgets::controls;
use lanes_engine::{Catalogue, Snapshot};
use lanes_engine::{ServerName, Source};

/// Width of the file list.
const FILES: f32 = 208.0;
/// Maximum number of files in the list.
const MOST: usize = 200;
/// The file selected at first, if the server has it.
const FIRST: &str = "Data.jpg";
/// A generated file that every server has.
const SAMPLE: &str = "sample-100MiB.bin";

/// A command line client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Client {
    #[default]
    Curl,
    Aria2,
    Get,
    Compare,
}

impl Client {
    const ALL: [Self; 4] = [Self::Curl, Self::Aria2, Self::Get, Self::Compare];

    fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Aria2 => "aria2",
            Self::Get => "lanes get",
            Self::Compare => "lanes compare",
        }
    }

    /// Returns the command that downloads a file.
    fn command(self, source: &Source) -> String {
        let lanes = source.to_string();
        // The same address: the server detects the protocol by the first byte.
        let http = lanes.replacen("lanes://", "http://", 1);
        match self {
            Self::Curl => format!("curl -O {http}"),
            // By default aria2 uses one connection for files below 20 MB.
            Self::Aria2 => format!("aria2c -x16 -s16 -k1M {http}"),
            Self::Get => format!("lanes get {lanes}"),
            Self::Compare => format!("lanes compare {lanes}"),
        }
    }
}

/// The selected client and file.
#[derive(Debug, Default)]
pub(super) struct SnippetChoice {
    client: Client,
    /// The file name; empty selects the first file.
    file: String,
}

/// Draws the client buttons, the file list and the command.
pub(super) fn ui(ui: &mut Ui, choice: &mut SnippetChoice, addr: SocketAddr, snapshot: &Snapshot) {
    let server = ServerName {
        host: addr.ip().to_string(),
        port: addr.port(),
    };
    let entries = match snapshot.catalogues.get(&server) {
        Some(Catalogue::Ready(entries)) => &entries[..],
        _ => &[],
    };
    let name = file(entries, &choice.file).to_owned();
    ui.horizontal(|ui| {
        ui.label("Try it with");
        let chips = Client::ALL.map(|client| {
            let name = client.name();
            (client, name.to_owned(), format!("Command for {name}"))
        });
        controls::chips(ui, &mut choice.client, chips);
        ui.add_space(STEP);
        let label = ui.label("File").id;
        let list = ComboBox::from_id_salt("line-file")
            .width(FILES)
            .truncate()
            .selected_text(name.as_str());
        let list = list.show_ui(ui, |ui| {
            let names = entries.iter().map(|entry| entry.name.as_str());
            for other in names
                .take(MOST)
                .filter(|name| *name != SAMPLE)
                .chain([SAMPLE])
            {
                if ui.selectable_label(other == name, other).clicked() {
                    other.clone_into(&mut choice.file);
                }
            }
        });
        list.response.labelled_by(label);
    });
    let line = choice.client.command(&Source::Lanes { server, name });
    ui.horizontal(|ui| {
        let copy = controls::button(ui, "Copy");
        if copy.on_hover_text("Copy command").clicked() {
            ui.copy_text(line.clone());
        }
        let line = RichText::new(line).monospace();
        ui.add(Label::new(line).truncate());
    });
}

/// Returns the selected file, or a default if it does not exist.
fn file<'a>(entries: &'a [Entry], chosen: &'a str) -> &'a str {
    let is_there = |name: &str| entries.iter().any(|entry| entry.name == name);
    match entries.first() {
        _ if chosen == SAMPLE || is_there(chosen) => chosen,
        Some(_) if is_there(FIRST) => FIRST,
        Some(first) => &first.name,
        None => SAMPLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_valid_shell_input() {
        let source = Source::Lanes {
            server: "[::1]:5115".parse().unwrap(),
            name: "Photo (1)'s.jpg".to_owned(),
        };
        let lines = Client::ALL.map(|client| client.command(&source));
        assert_eq!(
            lines[0],
            "curl -O http://[::1]:5115/Photo%20%281%29%27s.jpg"
        );
        assert!(lines[1].starts_with("aria2c -x16 -s16 -k1M http://["));
        assert!(lines[3].starts_with("lanes compare lanes://["));
    }
}
