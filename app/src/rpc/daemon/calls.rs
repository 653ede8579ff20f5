//! The daemon as calls see it.

use std::ops::Deref;
use std::sync::{Arc, MutexGuard};

use serde_json::Value;

use super::{Daemon, State};
use crate::rpc::backend::{Backend, NewDownload, PauseKind, UriChange};
use crate::rpc::gid::Gid;
use crate::rpc::notify::Notifier;
use crate::rpc::options::Options;
use crate::rpc::queue::{Anchor, Queue};
use crate::rpc::rpc_error::RpcError;
use crate::rpc::stop_signal::StopSignal;

/// The locked queue of the daemon.
struct Current<'a>(MutexGuard<'a, State>);

impl Deref for Current<'_> {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        &self.0.queue
    }
}

impl Backend for Daemon {
    fn signal(&self) -> &Arc<StopSignal> {
        &self.signal
    }

    fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    fn session_id(&self) -> &str {
        &self.session_id
    }

    fn queue(&self) -> Box<dyn Deref<Target = Queue> + '_> {
        Box::new(Current(self.current()))
    }

    fn add(
        &self,
        downloads: Vec<NewDownload>,
        position: Option<usize>,
    ) -> Result<Vec<Gid>, RpcError> {
        self.add_all(downloads, position)
    }

    fn pause(&self, gid: &str, kind: PauseKind) -> Result<Gid, RpcError> {
        self.set_pause(gid, kind)
    }

    fn pause_all(&self, kind: PauseKind) {
        self.set_all_paused(kind);
    }

    fn remove(&self, gid: &str) -> Result<Gid, RpcError> {
        self.end(gid)
    }

    fn remove_result(&self, gid: &str) -> Result<(), RpcError> {
        self.forget_result(gid)
    }

    fn purge_results(&self) {
        self.forget_results();
    }

    fn reposition(&self, gid: &str, offset: i64, anchor: Anchor) -> Result<usize, RpcError> {
        self.move_to(gid, offset, anchor)
    }

    fn options(&self, gid: &str) -> Result<Value, RpcError> {
        self.options_of(gid)
    }

    fn change_options(&self, gid: &str, changes: Options) -> Result<(), RpcError> {
        self.set_options(gid, changes)
    }

    fn change_uris(&self, gid: &str, change: UriChange) -> Result<(usize, usize), RpcError> {
        self.set_uris(gid, change)
    }

    fn global_options(&self) -> Value {
        self.options_of_all()
    }

    fn change_global_options(&self, changes: &Options) -> Result<(), RpcError> {
        self.set_global_options(changes)
    }

    fn save_all(&self) -> Result<(), RpcError> {
        self.save_queue()
    }
}
