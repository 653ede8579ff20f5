//! Rate limit, connections and priority of a download that runs, changed without a pause.

use std::sync::Arc;

use lanes_engine::{
    Command, ConnectionChoice, DownloadSnapshot, DownloadState, Engine, OptionChange, Priority,
};

use super::common::{request, serve, wait};

const BIG: &str = "sample-8GiB.bin";

#[test]
fn limit_connections_and_priority_change_while_the_download_runs() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    let mut spec = request(server.addr(), BIG, folder.path());
    (spec.connections, spec.rate_limit) = (2, Some(200_000));
    let id = engine.add(spec);
    let until = |what: &str, ready: &dyn Fn(&DownloadSnapshot) -> bool| {
        wait(&engine, id, what, |now| {
            let runs = matches!(now.state, DownloadState::Starting | DownloadState::Running);
            assert!(
                now.state == DownloadState::Queued || runs,
                "{:?}",
                now.state
            );
            ready(now)
        })
    };
    let open = |count: usize| {
        let choice = ConnectionChoice {
            count: count as u16,
            auto: false,
        };
        engine.send(Command::SetOption(id, OptionChange::Connections(choice)));
        until("the connections", &|now| {
            now.open_connections() == count && usize::from(now.target_connections) == count
        })
    };
    until("two connections", &|now| now.open_connections() == 2);
    open(7);
    let before = open(1).done;
    engine.send(Command::SetOption(id, OptionChange::RateLimit(None)));
    // At 200 kB/s this would take minutes.
    let free = until("a fast download", &|now| now.done > before + 60_000_000);
    assert_eq!((free.rate_limit, free.resumed), (None, 0));
    let limited = OptionChange::RateLimit(Some(100_000));
    engine.send(Command::SetOption(id, limited));
    until("the limit", &|now| {
        now.rate_limit == Some(100_000) && now.rate < 1e6
    });
    let choice = ConnectionChoice {
        count: 12,
        auto: true,
    };
    engine.send(Command::SetOption(id, OptionChange::Connections(choice)));
    until("a tuned number", &|now| {
        now.auto_limit == Some(12) && now.open_connections() > 1
    });
    let high = OptionChange::Priority(Priority::High);
    engine.send(Command::SetOption(id, high));
    until("the priority", &|now| now.priority == Priority::High);
    // The changes are kept for the next attempt.
    engine.send(Command::Pause(id));
    let paused = wait(&engine, id, "the pause", |now| {
        now.state == DownloadState::Paused
    });
    assert_eq!(
        (paused.rate_limit, paused.auto_limit),
        (Some(100_000), Some(12))
    );
    engine.send(Command::Resume(id));
    let again = wait(&engine, id, "the resumed download", |now| now.resumed > 0);
    assert_eq!(
        (again.rate_limit, again.auto_limit),
        (Some(100_000), Some(12))
    );
    assert_eq!(again.priority, Priority::High);
}
