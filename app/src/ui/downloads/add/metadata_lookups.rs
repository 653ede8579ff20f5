//! What is found out of links before they are started.
//!
//! A Lanes server is asked for its list, once; a web server for each file, a few at a time, and a Metalink
//! file is read. Who types is left in peace: only what has stood for a moment is asked for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eframe::egui::Ui;

use crate::engine::metalink::MetalinkFile;
use crate::engine::source::Source;
use crate::engine::{Catalogue, Command, Probe, Snapshot, Stop};
use crate::ui::format;
use crate::ui::link_input::{LinkInput, Metadata};
use crate::ui::message::Action;

/// The most links that one look takes in; more are added all the same.
pub(super) const MAX_LOOKUPS: usize = 100;
/// How many web servers are asked at once.
const MAX_PARALLEL: usize = 4;
/// How long a link must stand before it is asked for.
const DEBOUNCE: Duration = Duration::from_millis(500);

/// What is known of a file of a web server, or of a Metalink file.
enum Lookup {
    /// It is being asked for, until this is thrown.
    Running(Stop),
    Done(Result<Metadata, String>),
}

/// What is known of the links.
#[derive(Default)]
pub(super) struct MetadataLookups {
    /// The text that was looked at last.
    text: String,
    /// When the text was seen to be another; `None` before the first look.
    changed: Option<Instant>,
    lookups: BTreeMap<String, Lookup>,
}

impl MetadataLookups {
    /// Asks for what is not known yet.
    pub fn update(
        &mut self,
        ui: &Ui,
        text: &str,
        input: &[Result<LinkInput, String>],
        snapshot: &Snapshot,
        actions: &mut Vec<Action>,
    ) {
        if self.text != text {
            // What a window opens with was pasted, not typed.
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
                stop.stop();
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
                    let stop = Stop::default();
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

    /// Something was found out.
    pub fn finished(&mut self, key: &str, result: Result<Metadata, String>) {
        if let Some(lookup) = self.lookups.get_mut(key) {
            *lookup = Lookup::Done(result);
        }
    }

    /// The length of a file, once known.
    pub fn len_of(&self, source: &Source) -> Option<u64> {
        match self.lookups.get(&source.to_string()) {
            Some(Lookup::Done(Ok(Metadata::File(probe)))) => probe.len,
            _ => None,
        }
    }

    /// The files of a Metalink, once it was read; `None` for everything else.
    pub fn metalink(&self, key: &str) -> Option<&[MetalinkFile]> {
        match self.lookups.get(key) {
            Some(Lookup::Done(Ok(Metadata::Metalink(files)))) => Some(files),
            _ => None,
        }
    }

    /// Why nothing is known of it, in words, if that is so.
    pub fn failed(&self, key: &str) -> Option<&str> {
        match self.lookups.get(key) {
            Some(Lookup::Done(Err(words))) => Some(words),
            _ => None,
        }
    }

    /// What is known of one that is no Metalink that was read, and whether it is bad news.
    pub fn status_line(&self, input: &LinkInput, snapshot: &Snapshot) -> (String, bool) {
        let key = input.key();
        let name = Some(input.name()).filter(|name| !name.is_empty());
        let name = name.as_deref().unwrap_or(&key);
        if let Some(server) = input.lanes_server() {
            return in_catalogue(name, snapshot.catalogues.get(server));
        }
        match (self.lookups.get(&key), input) {
            (Some(Lookup::Done(Ok(Metadata::File(probe)))), LinkInput::Link(source)) => {
                (probe_words(probe, source), false)
            }
            (Some(Lookup::Done(Err(words))), _) => (format!("{name}: {words}"), true),
            (_, LinkInput::Link(source)) => (format!("{name}: asking {}", source.host()), false),
            (_, LinkInput::Metalink(_)) => (format!("{name}: being read"), false),
        }
    }
}

/// What a Lanes server's list says of a file, and whether it is bad news.
fn in_catalogue(name: &str, catalogue: Option<&Catalogue>) -> (String, bool) {
    match catalogue {
        Some(Catalogue::Ready(entries)) => match entries.iter().find(|entry| entry.name == name) {
            Some(entry) => {
                let size = format::size(entry.len);
                (format!("{name}: {size}, can be resumed"), false)
            }
            None => (format!("{name}: not in the server's list"), true),
        },
        Some(Catalogue::Failed(words)) => (format!("{name}: {words}"), true),
        Some(Catalogue::Loading) | None => (format!("{name}: asking the server"), false),
    }
}

impl Drop for MetadataLookups {
    fn drop(&mut self) {
        for lookup in self.lookups.values() {
            if let Lookup::Running(stop) = lookup {
                stop.stop();
            }
        }
    }
}

/// What a web server said, and what follows from it.
fn probe_words(probe: &Probe, source: &Source) -> String {
    let name = &probe.name;
    let size = probe
        .len
        .map_or_else(|| "size unknown".to_owned(), format::size);
    let follows = match (probe.gives_parts, probe.len) {
        (true, Some(_)) => "can be resumed",
        (false, Some(_)) => {
            "cannot be resumed: one connection, and after a pause all of it is sent again"
        }
        (_, None) => "cannot be resumed: one connection, and what came before a pause is lost",
    };
    let elsewhere = probe.final_url.as_ref().and_then(|url| {
        let host = url.parse::<Source>().ok()?.host().to_owned();
        (host != source.host()).then(|| format!(" · from {host}"))
    });
    format!("{name}: {size}, {follows}{}", elsewhere.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_said_with_the_size() {
        let source: Source = "https://short.example/x".parse().unwrap();
        let probe = |len, gives_parts, final_url: Option<&str>| {
            let probe = Probe {
                len,
                gives_parts,
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
            "a.iso: 5.00 MB, can be resumed · from mirror.example"
        );
        let here = "https://short.example/y";
        assert!(probe(Some(5), false, Some(here)).ends_with("is sent again"));
        assert!(probe(None, false, None).starts_with("a.iso: size unknown, cannot be resumed"));
    }
}
