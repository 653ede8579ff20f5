//! Fetches metadata of links before they are started.
//!
//! A Lanes server is asked once for its file list, a web server for each file, a few at a time;
//! Metalink files are read. Lookups start after a pause in typing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eframe::egui::Ui;
use lanes_shared::catalog::Entry;

use crate::ui::format;
use crate::ui::link_input::{LinkInput, Metadata};
use crate::ui::message::Action;
use lanes_engine::Source;
use lanes_engine::metalink::MetalinkFile;
use lanes_engine::{CancelToken, Catalogue, Command, ProbeResult, Snapshot, one_line, redact};

/// Maximum number of lookups; further links are added without one.
pub(super) const MAX_LOOKUPS: usize = 100;
/// Maximum number of parallel lookups.
const MAX_PARALLEL: usize = 4;
/// Pause in typing before lookups start.
const DEBOUNCE: Duration = Duration::from_millis(500);

/// The lookup of one link.
enum Lookup {
    /// Running until cancelled.
    Running(CancelToken),
    Done(Result<Metadata, String>),
}

/// The lookups of all links in the dialog.
#[derive(Default)]
pub(super) struct MetadataLookups {
    /// The text of the last update.
    text: String,
    /// Time of the last change of the text; `None` before the first update.
    changed: Option<Instant>,
    lookups: BTreeMap<String, Lookup>,
}

impl MetadataLookups {
    /// Starts missing lookups and cancels unneeded ones.
    pub fn update(
        &mut self,
        ui: &Ui,
        text: &str,
        input: &[Result<LinkInput, String>],
        snapshot: &Snapshot,
        actions: &mut Vec<Action>,
    ) {
        if self.text != text {
            // The initial text was pasted, not typed: no pause is needed.
            let since = self.changed.filter(|_| !self.text.is_empty());
            self.changed = Some(Instant::now());
            self.text = text.to_owned();
            if since.is_some() {
                ui.ctx().request_repaint_after(DEBOUNCE);
                return;
            }
            self.changed = Instant::now().checked_sub(DEBOUNCE).or(self.changed);
        }
        let stood = self.changed.map_or(DEBOUNCE, |changed| changed.elapsed());
        if stood < DEBOUNCE {
            ui.ctx()
                .request_repaint_after(DEBOUNCE.saturating_sub(stood));
            return;
        }
        let input: Vec<&LinkInput> = input.iter().flatten().take(MAX_LOOKUPS).collect();
        let keys: Vec<String> = input.iter().map(|input| input.key()).collect();
        self.lookups.retain(|key, lookup| {
            let stays = keys.contains(key);
            if let (Lookup::Running(stop), false) = (lookup, stays) {
                stop.cancel();
            }
            stays
        });
        for (input, key) in input.into_iter().zip(keys) {
            match input.lanes_server() {
                Some(server) if !snapshot.catalogues.contains_key(server) => {
                    let browse = Command::Browse(server.clone());
                    let is_asked = |action: &Action| matches!(action, Action::Engine(Command::Browse(asked)) if asked == server);
                    if !actions.iter().any(is_asked) {
                        actions.push(Action::Engine(browse));
                    }
                }
                None if !self.lookups.contains_key(&key) && self.running() < MAX_PARALLEL => {
                    let stop = CancelToken::default();
                    self.lookups.insert(key, Lookup::Running(stop.clone()));
                    actions.push(Action::FetchMetadata(input.clone(), stop));
                }
                _ => {}
            }
        }
    }

    fn running(&self) -> usize {
        let lookups = self.lookups.values();
        lookups
            .filter(|lookup| matches!(lookup, Lookup::Running(_)))
            .count()
    }

    /// Stores the result of a lookup.
    pub fn finished(&mut self, key: &str, result: Result<Metadata, String>) {
        // A part of the reason may come from a server.
        let result = result.map_err(|reason| one_line(&reason).into_owned());
        if let Some(lookup) = self.lookups.get_mut(key) {
            *lookup = Lookup::Done(result);
        }
    }

    /// Returns the size of a file if known.
    pub fn len_of(&self, source: &Source) -> Option<u64> {
        match self.lookups.get(&source.full_link()) {
            Some(Lookup::Done(Ok(Metadata::File(probe)))) => probe.len,
            _ => None,
        }
    }

    /// Returns the files of a Metalink that has been read.
    pub fn metalink(&self, key: &str) -> Option<&[MetalinkFile]> {
        match self.lookups.get(key) {
            Some(Lookup::Done(Ok(Metadata::Metalink(files)))) => Some(files),
            _ => None,
        }
    }

    /// Returns the error message of a failed lookup.
    pub fn failed(&self, key: &str) -> Option<&str> {
        match self.lookups.get(key) {
            Some(Lookup::Done(Err(words))) => Some(words),
            _ => None,
        }
    }

    /// Returns whether the lookup of an input found that it cannot be downloaded.
    pub fn has_failed(&self, input: &LinkInput, snapshot: &Snapshot) -> bool {
        match input.lanes_server() {
            Some(_) => self.status_line(input, snapshot).1,
            None => self.failed(&input.key()).is_some(),
        }
    }

    /// Returns the status of an input other than a Metalink that has been read, and whether it is
    /// an error.
    pub fn status_line(&self, input: &LinkInput, snapshot: &Snapshot) -> (String, bool) {
        let key = input.key();
        let name = Some(input.name()).filter(|name| !name.is_empty());
        let shown = redact(&key);
        let name = name.as_deref().unwrap_or(&shown);
        if let Some(server) = input.lanes_server() {
            return in_catalogue(name, snapshot.catalogues.get(server));
        }
        let name = one_line(name);
        match (self.lookups.get(&key), input) {
            (Some(Lookup::Done(Ok(Metadata::File(probe)))), LinkInput::Link(source)) => {
                (probe_words(probe, source), false)
            }
            (Some(Lookup::Done(Err(words))), _) => (format!("{name}: {words}"), true),
            (_, LinkInput::Link(source)) => {
                (format!("{name}: waiting for {}", source.host()), false)
            }
            (_, LinkInput::Metalink(_)) => (format!("{name}: reading"), false),
        }
    }
}

/// Returns the status of a file by the server's file list, and whether it is an error.
fn in_catalogue(name: &str, catalogue: Option<&Catalogue>) -> (String, bool) {
    let found = |entry: &&Entry| entry.name == name;
    let name = one_line(name);
    match catalogue {
        Some(Catalogue::Ready(entries)) => match entries.iter().find(found) {
            Some(entry) => {
                let size = format::size(entry.len);
                (format!("{name}: {size}, resumable"), false)
            }
            None => (format!("{name}: no such file on the server"), true),
        },
        Some(Catalogue::Failed(words)) => (format!("{name}: {words}"), true),
        Some(Catalogue::Loading) | None => (format!("{name}: waiting for the server"), false),
    }
}

impl Drop for MetadataLookups {
    fn drop(&mut self) {
        for lookup in self.lookups.values() {
            if let Lookup::Running(stop) = lookup {
                stop.cancel();
            }
        }
    }
}

/// Describes a probed file: size, and whether it is resumable.
fn probe_words(probe: &ProbeResult, source: &Source) -> String {
    let name = &probe.name;
    let size = probe
        .len
        .map_or_else(|| "size unknown".to_owned(), format::size);
    let resumability = if probe.accepts_ranges && probe.len.is_some() {
        "resumable"
    } else {
        "not resumable: one connection, pausing starts over"
    };
    let elsewhere = probe.final_url.as_ref().and_then(|url| {
        let host = url.parse::<Source>().ok()?.host().to_owned();
        (host != source.host()).then(|| format!(" · from {host}"))
    });
    format!(
        "{name}: {size}, {resumability}{}",
        elsewhere.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_names_size_and_resumability() {
        let source: Source = "https://short.example/x".parse().unwrap();
        let probe = |len, accepts_ranges, final_url: Option<&str>| {
            let probe = ProbeResult {
                len,
                accepts_ranges,
                name: "a.iso".into(),
                final_url: final_url.map(str::to_owned),
                is_metalink: false,
            };
            probe_words(&probe, &source)
        };
        assert_eq!(
            probe(
                Some(5_000_000),
                true,
                Some("https://mirror.example/a.iso?t=1")
            ),
            "a.iso: 5.00 MB, resumable · from mirror.example"
        );
        let here = "https://short.example/y";
        assert!(probe(Some(5), false, Some(here)).ends_with("pausing starts over"));
        assert!(probe(None, false, None).starts_with("a.iso: size unknown, not resumable"));
    }
}
