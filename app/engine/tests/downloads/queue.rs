//! The queue: its order, its priorities, and a queue that is stopped.

use std::sync::Arc;

use lanes_engine::{
    Command, DownloadId, DownloadState, Engine, Limits, OptionChange, Priority, QueuePlace,
};

use super::common::{request, serve, wait, wait_for};

#[test]
fn downloads_start_in_the_order_of_the_queue_and_not_while_it_is_stopped() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    let limits = Limits {
        downloads: 1,
        ..Limits::default()
    };
    engine.send(Command::Limit(limits));
    let add = |name: &str| {
        let mut spec = request(server.addr(), name, folder.path());
        spec.rate_limit = Some(100_000);
        engine.add(spec)
    };
    let names = [
        "sample-8GiB.bin",
        "sample-1MB.bin",
        "sample-3MB.bin",
        "sample-400MiB.bin",
    ];
    let [first, a, b, c] = names.map(add);
    let queue_is = |what: &str, expected: &[DownloadId]| {
        wait_for(what, || {
            (*engine.snapshot().queue == *expected).then_some(())
        });
    };
    queue_is("the order of adding", &[a, b, c]);
    engine.send(Command::MoveInQueue(vec![c], QueuePlace::First));
    queue_is("c at the start", &[c, a, b]);
    engine.send(Command::MoveInQueue(vec![c, a], QueuePlace::Down));
    queue_is("b at the start", &[b, c, a]);
    engine.send(Command::SetOption(
        a,
        OptionChange::Priority(Priority::High),
    ));
    queue_is("a at the start", &[a, b, c]);
    let low = add("sample-2MB.bin");
    engine.send(Command::SetOption(
        low,
        OptionChange::Priority(Priority::Low),
    ));
    let normal = add("sample-4MB.bin");
    queue_is("the low one at the end", &[a, b, c, normal, low]);
    engine.send(Command::StopQueue(true));
    engine.send(Command::Cancel(first));
    wait(&engine, first, "the end", |now| {
        now.state == DownloadState::Cancelled
    });
    // The engine handles the end before this command, so the new order shows that nothing has started.
    engine.send(Command::MoveInQueue(
        vec![low, normal],
        QueuePlace::Before(b),
    ));
    queue_is("the new order", &[a, normal, low, b, c]);
    assert!(engine.snapshot().is_queue_stopped);
    engine.send(Command::StopQueue(false));
    wait(&engine, a, "the first of the queue", |now| {
        now.state.is_active()
    });
    queue_is("one less", &[normal, low, b, c]);
    // A paused download that the user resumes starts also while the queue is stopped.
    engine.send(Command::StopQueue(true));
    engine.send(Command::Pause(a));
    wait(&engine, a, "the pause", |now| {
        now.state == DownloadState::Paused
    });
    engine.send(Command::Resume(a));
    wait(&engine, a, "the resumed download", |now| {
        now.state.is_active()
    });
}
