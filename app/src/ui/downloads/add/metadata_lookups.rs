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
use crate::ui::app::Action;
use crate::ui::format;
use crate::ui::link_input::{Found, Wanted};

/// The most links that one look takes in; more are added all the same.
pub(super) const MOST: usize = 100;
/// How many web servers are asked at once.
const AT_ONCE: usize = 4;
/// How long a link must stand before it is asked for.
const PAUSE: Duration = Duration::from_millis(500);

/// What is known of a file of a web server, or of a Metalink file.
enum Look {
    /// It is being asked for, until this is thrown.
    Running(Stop),
    Done(Result<Found, String>),
}

/// What is known of the links.
#[derive(Default)]
pub(super) struct Looks {
    /// The text that was looked at last.
    text: String,
    /// When the text was seen to be another; `None` before the first look.
    changed: Option<Instant>,
    of: BTreeMap<String, Look>,
}

impl Looks {
    /// Asks for what is not known yet.
    pub fn look(
        &mut self,
        ui: &Ui,
        text: &str,
        wanted: &[Result<Wanted, String>],
        snapshot: &Snapshot,
        actions: &mut Vec<Action>,
    ) {
        if self.text != text {
            // What a window opens with was pasted, not typed.
            let since = self.changed.filter(|_| !self.text.is_empty());
            self.changed = Some(Instant::now());
            self.text = text.to_owned();
            if since.is_some() {
                ui.ctx().request_repaint_after(PAUSE);
                return;
            }
            self.changed = Instant::now().checked_sub(PAUSE).or(self.changed);
        }
        let stood = self.changed.map_or(PAUSE, |changed| changed.elapsed());
        if stood < PAUSE {
            ui.ctx().request_repaint_after(PAUSE.saturating_sub(stood));
            return;
        }
        let wanted: Vec<&Wanted> = wanted.iter().flatten().take(MOST).collect();
        let keys: Vec<String> = wanted.iter().map(|wanted| wanted.key()).collect();
        self.of.retain(|key, look| {
            let stays = keys.contains(key);
            if let (Look::Running(stop), false) = (look, stays) {
                stop.stop();
            }
            stays
        });
        for (wanted, key) in wanted.into_iter().zip(keys) {
            match wanted.lanes_server() {
                Some(server) if !snapshot.catalogues.contains_key(server) => {
                    let browse = Command::Browse(server.clone());
                    let is_asked = |action: &Action| matches!(action, Action::Engine(Command::Browse(asked)) if asked == server);
                    if !actions.iter().any(is_asked) {
                        actions.push(Action::Engine(browse));
                    }
                }
                None if !self.of.contains_key(&key) && self.running() < AT_ONCE => {
                    let stop = Stop::default();
                    self.of.insert(key, Look::Running(stop.clone()));
                    actions.push(Action::Look(wanted.clone(), stop));
                }
                _ => {}
            }
        }
    }

    fn running(&self) -> usize {
        let looks = self.of.values();
        looks
            .filter(|look| matches!(look, Look::Running(_)))
            .count()
    }

    /// Something was found out.
    pub fn came(&mut self, key: &str, came: Result<Found, String>) {
        if let Some(look) = self.of.get_mut(key) {
            *look = Look::Done(came);
        }
    }

    /// The length of a file, once known.
    pub fn len_of(&self, source: &Source) -> Option<u64> {
        match self.of.get(&source.to_string()) {
            Some(Look::Done(Ok(Found::File(probe)))) => probe.len,
            _ => None,
        }
    }

    /// The files of a Metalink, once it was read; `None` for everything else.
    pub fn metalink(&self, key: &str) -> Option<&[MetalinkFile]> {
        match self.of.get(key) {
            Some(Look::Done(Ok(Found::Metalink(files)))) => Some(files),
            _ => None,
        }
    }

    /// Why nothing is known of it, in words, if that is so.
    pub fn failed(&self, key: &str) -> Option<&str> {
        match self.of.get(key) {
            Some(Look::Done(Err(words))) => Some(words),
            _ => None,
        }
    }

    /// What is known of one that is no Metalink that was read, and whether it is bad news.
    pub fn words(&self, wanted: &Wanted, snapshot: &Snapshot) -> (String, bool) {
        let key = wanted.key();
        let name = Some(wanted.name()).filter(|name| !name.is_empty());
        let name = name.as_deref().unwrap_or(&key);
        if let Some(server) = wanted.lanes_server() {
            return in_catalogue(name, snapshot.catalogues.get(server));
        }
        match (self.of.get(&key), wanted) {
            (Some(Look::Done(Ok(Found::File(probe)))), Wanted::Link(source)) => {
                (probe_words(probe, source), false)
            }
            (Some(Look::Done(Err(words))), _) => (format!("{name}: {words}"), true),
            (_, Wanted::Link(source)) => (format!("{name}: asking {}", source.host()), false),
            (_, Wanted::Metalink(_)) => (format!("{name}: being read"), false),
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

impl Drop for Looks {
    fn drop(&mut self) {
        for look in self.of.values() {
            if let Look::Running(stop) = look {
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
