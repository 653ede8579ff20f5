//! A command line in the Add dialog, such as "Copy as cURL" of a browser: one download, with the header fields,
//! cookies and credentials of the command.

use eframe::egui::{Label, RichText, Ui};

use super::AddForm;
use crate::pasted::{self, PastedDownload};
use crate::ui::tokens::Palette;
use lanes_engine::{DownloadSpec, ProxyChoice, one_line, safe_name};

impl AddForm {
    /// Parses the text if it is a command line.
    pub(super) fn command(&self) -> Option<Result<PastedDownload, String>> {
        let is_command = pasted::is_command(&self.links);
        is_command.then(|| pasted::parse(&self.links).map_err(|error| sentence(&error.to_string())))
    }

    /// Builds the request of a command. The dialog's own options take precedence.
    pub(super) fn command_request(&self, command: PastedDownload) -> Result<DownloadSpec, String> {
        let mut links = command.links.into_iter();
        let source = links.next().ok_or("Paste a link first")?;
        let name = command.name.as_deref().and_then(|name| name.file_name());
        self.options.apply_to(DownloadSpec {
            mirrors: links.collect(),
            name: name.map(|name| safe_name(&name.to_string_lossy())),
            checksum: command.checksum,
            http: command.http,
            ..DownloadSpec::new(source)
        })
    }
}

/// Shows the link of a command and which of its parts are sent, without their values.
pub(super) fn ui(ui: &mut Ui, command: Result<&PastedDownload, &String>) {
    let palette = Palette::of(ui);
    let (words, colour) = match command {
        Ok(command) => (summary(command), palette.text),
        Err(words) => (words.clone(), palette.bad),
    };
    ui.add(Label::new(RichText::new(words).color(colour)).wrap());
}

fn summary(command: &PastedDownload) -> String {
    let name = match (&command.name, command.links.first()) {
        (Some(name), _) => name.to_string_lossy().into_owned(),
        (None, Some(link)) => link.name().into_owned(),
        (None, None) => String::new(),
    };
    let mut parts = command.http.sent_names();
    if matches!(command.http.proxy, ProxyChoice::Url(_)) {
        parts.push("proxy".to_owned());
    }
    let with = match parts.is_empty() {
        true => String::new(),
        false => format!(", with {}", parts.join(", ")),
    };
    one_line(&format!("{name}{with}")).into_owned()
}

/// Returns an error with a capital letter, as the window shows it.
fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
