//! Tells when a link is added that is in the list already.

use std::net::SocketAddr;

use crate::ui::format;
use crate::ui::message::{Action, ListAction, Note};
use lanes_engine::{DownloadSnapshot, DownloadSpec, DownloadState, Snapshot, Source};

/// Requests of one frame whose links are in the list already.
#[derive(Default)]
pub(super) struct KnownLinks {
    /// Requests for unfinished downloads, which are started only if the user wants so.
    unfinished: Vec<DownloadSpec>,
    /// Destination of these, as typed.
    typed: String,
    /// Number of requests for finished downloads, which are started.
    finished: usize,
    /// A download of one of the links.
    example: Option<std::sync::Arc<DownloadSnapshot>>,
}

impl KnownLinks {
    /// Keeps a request whose link is being downloaded already, and returns any other.
    ///
    /// A file of the own server at `own` is fetched again and again, to compare: that is no news.
    pub fn take_known(
        &mut self,
        snapshot: &Snapshot,
        own: SocketAddr,
        request: DownloadSpec,
        typed: &str,
    ) -> Option<DownloadSpec> {
        let is_known = |download: &&std::sync::Arc<DownloadSnapshot>| {
            download.source == request.source && download.state != DownloadState::Cancelled
        };
        let mut known = snapshot.downloads.iter().rev().filter(is_known);
        let is_finished =
            |download: &std::sync::Arc<DownloadSnapshot>| download.state == DownloadState::Finished;
        let Some(newest) = known.next() else {
            return Some(request);
        };
        if !is_finished(newest) {
            self.example = Some(std::sync::Arc::clone(newest));
            typed.clone_into(&mut self.typed);
            self.unfinished.push(request);
            return None;
        }
        if !is_own(&request.source, own) {
            self.finished += 1;
            self.example = Some(std::sync::Arc::clone(newest));
        }
        Some(request)
    }

    /// Returns the message to the user, if there is one.
    pub fn into_note(self) -> Option<Note> {
        let example = self.example?;
        let show = Action::Show(example.id);
        let name = &example.name;
        let state = example.state.label().to_lowercase();
        if self.unfinished.is_empty() {
            let words = match self.finished {
                1 => format!("{name} was downloaded before; this is another copy"),
                many => format!("{} were downloaded before", format::count(many, "file")),
            };
            return Some(
                Note::info(words)
                    .with_action("Show the earlier", show)
                    .passing(),
            );
        }
        let words = match self.unfinished.len() {
            1 => format!("{name} is in the list already ({state})"),
            many => format!("{} are in the list already", format::count(many, "link")),
        };
        let again = Action::List(ListAction::AddKnown(self.unfinished, self.typed));
        let note = Note::info(words).with_action("Download again", again);
        Some(note.with_action("Show", show))
    }
}

/// Returns whether a source is at the server at this address.
fn is_own(source: &Source, own: SocketAddr) -> bool {
    let server = source.lanes_server();
    server.is_some_and(|server| server.port == own.port() && server.host.parse() == Ok(own.ip()))
}
