//! What a thread does besides downloading: reading a finished file again, asking a server what it has.

use std::sync::Arc;
use std::thread::Builder;

use super::owned::Recheck;
use super::{Done, Manager};
use crate::engine::command::DownloadId;
use crate::engine::list;
use crate::engine::recheck::recheck;
use crate::engine::snapshot::{Catalogue, Check, DownloadState};
use crate::engine::source::ServerName;
use crate::engine::stop::Stop;

impl Manager {
    pub(super) fn verify(&mut self, id: DownloadId) {
        let Some(owned) = self
            .downloads
            .get_mut(&id)
            .filter(|owned| owned.recheck.is_none())
        else {
            return;
        };
        let now = self
            .published
            .download(id)
            .filter(|now| now.state == DownloadState::Finished);
        let Some((path, digest)) = now.and_then(|now| Some((now.path.clone()?, now.digest?)))
        else {
            return;
        };
        let stop = Stop::default();
        let (switch, done, published) =
            (stop.clone(), self.done.clone(), Arc::clone(&self.published));
        let thread = Builder::new()
            .name(format!("recheck-{}", id.0))
            .spawn(move || {
                let tell = |share| published.set_check(id, Check::Running(share));
                let check = recheck(&path, digest, &switch, tell).unwrap_or(Check::None);
                // Read by the engine's thread until every recheck has said this.
                let _ = done.send(Done::Recheck(id, check));
            });
        match thread {
            Ok(thread) => {
                owned.recheck = Some(Recheck { thread, stop });
                self.published.set_check(id, Check::Running(0.0));
            }
            Err(error) => {
                let words = format!("the system gives no thread for it: {error}");
                self.published.set_check(id, Check::Bad(words));
            }
        }
    }

    pub(super) fn recheck_ended(&mut self, id: DownloadId, check: Check) {
        if let Some(recheck) = self.downloads.get_mut(&id).and_then(|o| o.recheck.take()) {
            let _ = recheck.thread.join();
        }
        if self.published.download(id).is_some() {
            self.published.set_check(id, check);
        } else {
            self.downloads.remove(&id);
        }
    }

    pub(super) fn browse(&mut self, server: ServerName) {
        if self.browsing.contains_key(&server) {
            return;
        }
        let (asked, done) = (server.clone(), self.done.clone());
        let thread = Builder::new().name("browse".into()).spawn(move || {
            let catalogue = match list(&asked) {
                Ok(entries) => Catalogue::Ready(entries.into()),
                Err(reason) => Catalogue::Failed(reason),
            };
            // Read by the engine's thread until every browse has said this.
            let _ = done.send(Done::Browse(asked, catalogue));
        });
        match thread {
            Ok(thread) => {
                self.published.catalogue(server.clone(), Catalogue::Loading);
                self.browsing.insert(server, thread);
            }
            Err(error) => {
                self.published
                    .catalogue(server, Catalogue::Failed(error.to_string()));
            }
        }
    }

    pub(super) fn browse_ended(&mut self, server: ServerName, catalogue: Catalogue) {
        if let Some(thread) = self.browsing.remove(&server) {
            let _ = thread.join();
        }
        self.published.catalogue(server, catalogue);
    }
}
