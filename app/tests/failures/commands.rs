//! Orders to the engine, in whatever order they come.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use lanes_engine::{Command, DownloadId, DownloadSnapshot, DownloadState, Engine, Waker};

use super::common::{get, names, request, serve_on, wait, wait_for};

/// An engine, a server with a sample big enough to be interrupted, and a download of it.
struct Bench {
    engine: Engine,
    folder: tempfile::TempDir,
    server: lanes_server::Server,
    _root: tempfile::TempDir,
    id: DownloadId,
}

const BIG: &str = "sample-400MiB.bin";

impl Bench {
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
        self.wait(state.word(), |d| d.state == *state);
    }
}

#[test]
fn pause_resume_cancel_in_every_order() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    bench.send(Command::Resume); // running already: nothing happens
    bench.send(Command::Remove); // running: nothing happens
    bench.send(Command::Pause);
    bench.send(Command::Pause);
    bench.wait_state(&DownloadState::Paused);
    assert_eq!(names(bench.folder.path()).len(), 2);
    bench.send(Command::Pause); // paused already: nothing happens
    bench.send(Command::Resume);
    bench.send(Command::Resume);
    bench.wait("more bytes", |d| {
        d.state == DownloadState::Running && d.resumed > 0
    });
    bench.send(Command::Cancel);
    bench.wait_state(&DownloadState::Cancelled);
    assert!(names(bench.folder.path()).is_empty());
    bench.send(Command::Resume); // cancelled: nothing happens
    bench.send(Command::Pause);
    bench.send(Command::Remove);
    wait_for("the download to be forgotten", || {
        bench.engine.snapshot().downloads.is_empty().then_some(())
    });
}

#[test]
fn a_resumed_download_finishes_and_its_file_stays() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    bench.send(Command::Pause);
    bench.wait_state(&DownloadState::Paused);
    bench.send(Command::Resume);
    bench.wait_state(&DownloadState::Finished);
    assert_eq!(names(bench.folder.path()), [BIG]);
    bench.send(Command::Cancel); // finished: the file stays
    bench.send(Command::Resume);
    bench.send(Command::Remove);
    wait_for("the download to be forgotten", || {
        bench.engine.snapshot().downloads.is_empty().then_some(())
    });
    assert_eq!(names(bench.folder.path()), [BIG]);
}

#[test]
fn a_paused_download_that_is_cancelled_leaves_nothing() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    bench.send(Command::Pause);
    bench.wait_state(&DownloadState::Paused);
    bench.send(Command::Cancel);
    bench.wait_state(&DownloadState::Cancelled);
    assert!(names(bench.folder.path()).is_empty());
}

#[test]
fn dropping_the_engine_ends_every_thread_and_keeps_what_came() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    let Bench {
        engine,
        folder,
        server,
        ..
    } = bench;
    drop(engine);
    let names = names(folder.path());
    assert_eq!(names, [format!("{BIG}.lanes"), format!("{BIG}.part")]);
    let outcome = get(&request(server.addr(), BIG, folder.path())).unwrap();
    assert!(outcome.resumed_bytes > 0);
}

/// Holds up the thread that leads a download, as looking up the name of a server does.
#[derive(Default)]
struct HoldUp {
    holder: Mutex<()>,
    held: AtomicUsize,
}

impl HoldUp {
    /// What a thread that has news calls.
    fn pass(&self) {
        let thread = std::thread::current();
        if thread
            .name()
            .is_some_and(|name| name.starts_with("download-"))
        {
            self.held.fetch_add(1, Ordering::SeqCst);
            drop(self.holder.lock().expect("no order fails"));
            self.held.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Does `orders` while it is held up.
    fn during(&self, orders: impl FnOnce()) {
        let hold = self.holder.lock().expect("no order fails");
        wait_for("news", || {
            (self.held.load(Ordering::SeqCst) > 0).then_some(())
        });
        orders();
        drop(hold);
    }
}

#[test]
fn an_order_to_stop_shows_at_once_however_long_the_threads_take() {
    let hold_up = Arc::new(HoldUp::default());
    let passed = Arc::clone(&hold_up);
    let bench = Bench::with(Arc::new(move || passed.pass()));
    bench.wait("bytes", |d| d.done > 0);
    hold_up.during(|| {
        bench.send(Command::Pause);
        bench.wait_state(&DownloadState::Stopping);
    });
    bench.wait_state(&DownloadState::Paused);
    bench.send(Command::Resume);
    bench.wait("more bytes", |d| d.resumed > 0 && d.done > d.resumed);
    hold_up.during(|| {
        bench.send(Command::Pause);
        bench.wait_state(&DownloadState::Stopping);
        // Whoever has thought better of keeping it need not wait.
        bench.send(Command::Cancel);
        bench.wait_state(&DownloadState::Cancelling);
        bench.send(Command::Resume); // too late: nothing happens
        bench.send(Command::Pause);
        bench.send(Command::Remove);
        // Orders are obeyed in turn.
        let next = bench
            .engine
            .add(request(bench.server.addr(), BIG, bench.folder.path()));
        wait(&bench.engine, next, "its turn", |_| true);
        bench.wait_state(&DownloadState::Cancelling);
        bench.engine.send(Command::Cancel(next));
    });
    bench.wait_state(&DownloadState::Cancelled);
    wait_for("what came to be deleted", || {
        names(bench.folder.path()).is_empty().then_some(())
    });
}
