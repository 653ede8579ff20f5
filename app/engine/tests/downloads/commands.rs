//! Pause, resume, cancel and remove commands, also where they do not apply.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use lanes_engine::{Command, DownloadId, DownloadSnapshot, DownloadState, Engine, Waker};

use super::common::{get, names, request, serve_on, wait, wait_for};

/// An engine and a server with a running download of a sample file that is large enough to interrupt.
struct TestDownload {
    engine: Engine,
    folder: tempfile::TempDir,
    server: lanes_server::Server,
    _root: tempfile::TempDir,
    id: DownloadId,
}

const BIG: &str = "sample-400MiB.bin";

impl TestDownload {
    fn new() -> Self {
        Self::with(Arc::new(|| {}))
    }

    fn with(waker: Waker) -> Self {
        let (root, folder) = (tempfile::tempdir(), tempfile::tempdir());
        let (root, folder) = (root.expect("a folder"), folder.expect("a folder"));
        let server = serve_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), root.path(), 256);
        let engine = Engine::start(waker).expect("an engine");
        let id = engine.add(request(server.addr(), BIG, folder.path()));
        Self {
            engine,
            folder,
            server,
            _root: root,
            id,
        }
    }

    fn send(&self, command: fn(DownloadId) -> Command) {
        self.engine.send(command(self.id));
    }

    fn wait(&self, what: &str, ready: impl Fn(&DownloadSnapshot) -> bool) -> Arc<DownloadSnapshot> {
        wait(&self.engine, self.id, what, ready)
    }

    fn wait_state(&self, state: &DownloadState) {
        self.wait(state.label(), |d| d.state == *state);
    }
}

#[test]
fn pause_resume_cancel_and_remove_are_ignored_where_they_do_not_apply() {
    let download = TestDownload::new();
    download.wait("bytes", |d| d.done > 0);
    download.send(Command::Resume); // already running: ignored
    download.send(Command::Remove); // running: ignored
    download.send(Command::Pause);
    download.send(Command::Pause);
    download.wait_state(&DownloadState::Paused);
    assert_eq!(names(download.folder.path()).len(), 2);
    download.send(Command::Pause); // already paused: ignored
    download.send(Command::Resume);
    download.send(Command::Resume);
    download.wait("more bytes", |d| {
        d.state == DownloadState::Running && d.resumed > 0
    });
    download.send(Command::Cancel);
    download.wait_state(&DownloadState::Cancelled);
    assert!(names(download.folder.path()).is_empty());
    download.send(Command::Resume); // cancelled: ignored
    download.send(Command::Pause);
    download.send(Command::Remove);
    wait_for("the download to be removed", || {
        download
            .engine
            .snapshot()
            .downloads
            .is_empty()
            .then_some(())
    });
}

#[test]
fn cancel_and_remove_keep_a_finished_file() {
    let download = TestDownload::new();
    download.wait("bytes", |d| d.done > 0);
    download.send(Command::Pause);
    download.wait_state(&DownloadState::Paused);
    download.send(Command::Resume);
    download.wait_state(&DownloadState::Finished);
    assert_eq!(names(download.folder.path()), [BIG]);
    download.send(Command::Cancel); // finished: the file is kept
    download.send(Command::Resume);
    download.send(Command::Remove);
    wait_for("the download to be removed", || {
        download
            .engine
            .snapshot()
            .downloads
            .is_empty()
            .then_some(())
    });
    assert_eq!(names(download.folder.path()), [BIG]);
}

#[test]
fn cancelling_a_paused_download_deletes_its_files() {
    let download = TestDownload::new();
    download.wait("bytes", |d| d.done > 0);
    download.send(Command::Pause);
    download.wait_state(&DownloadState::Paused);
    download.send(Command::Cancel);
    download.wait_state(&DownloadState::Cancelled);
    assert!(names(download.folder.path()).is_empty());
}

#[test]
fn dropping_the_engine_keeps_the_part_file_and_its_journal() {
    let download = TestDownload::new();
    download.wait("bytes", |d| d.done > 0);
    let TestDownload {
        engine,
        folder,
        server,
        ..
    } = download;
    drop(engine);
    let names = names(folder.path());
    assert_eq!(names, [format!("{BIG}.lanes"), format!("{BIG}.part")]);
    let outcome = get(&request(server.addr(), BIG, folder.path())).unwrap();
    assert!(outcome.resumed_bytes > 0);
}

/// Blocks the coordinator thread of a download, as a slow DNS lookup does.
#[derive(Default)]
struct CoordinatorBlock {
    lock: Mutex<()>,
    /// Number of coordinator threads that wait for the lock.
    blocked: AtomicUsize,
}

impl CoordinatorBlock {
    /// Waker of the engine: blocks if a coordinator thread calls it while the lock is held.
    fn wake(&self) {
        let thread = std::thread::current();
        if thread
            .name()
            .is_some_and(|name| name.starts_with("download-"))
        {
            self.blocked.fetch_add(1, Ordering::SeqCst);
            drop(self.lock.lock().expect("not poisoned"));
            self.blocked.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Runs `commands` while the coordinator is blocked.
    fn while_blocked(&self, commands: impl FnOnce()) {
        let guard = self.lock.lock().expect("not poisoned");
        wait_for("the coordinator to block", || {
            (self.blocked.load(Ordering::SeqCst) > 0).then_some(())
        });
        commands();
        drop(guard);
    }
}

#[test]
fn pause_and_cancel_show_at_once_while_the_coordinator_is_blocked() {
    let block = Arc::new(CoordinatorBlock::default());
    let waker = Arc::clone(&block);
    let download = TestDownload::with(Arc::new(move || waker.wake()));
    download.wait("bytes", |d| d.done > 0);
    block.while_blocked(|| {
        download.send(Command::Pause);
        download.wait_state(&DownloadState::Pausing);
    });
    download.wait_state(&DownloadState::Paused);
    download.send(Command::Resume);
    download.wait("more bytes", |d| d.resumed > 0 && d.done > d.resumed);
    block.while_blocked(|| {
        download.send(Command::Pause);
        download.wait_state(&DownloadState::Pausing);
        // Cancel replaces a pause that is still in progress.
        download.send(Command::Cancel);
        download.wait_state(&DownloadState::Cancelling);
        download.send(Command::Resume); // too late: ignored
        download.send(Command::Pause);
        download.send(Command::Remove);
        // Commands are handled in order, so the new download shows that the commands above were handled.
        let next =
            download
                .engine
                .add(request(download.server.addr(), BIG, download.folder.path()));
        wait(&download.engine, next, "the new download", |_| true);
        download.wait_state(&DownloadState::Cancelling);
        download.engine.send(Command::Cancel(next));
    });
    download.wait_state(&DownloadState::Cancelled);
    wait_for("the part file to be deleted", || {
        names(download.folder.path()).is_empty().then_some(())
    });
}
