//! Causes that lie in other downloads of the same program.

use std::sync::Arc;

use lanes_engine::{Bottleneck, Command, Destination, DownloadSpec, Engine, Limits, PermitLimit};

use super::common::wait;
use super::servers::{Behaviour, HttpServer};

fn engine(limits: Limits) -> Engine {
    let engine = Engine::start(Arc::new(|| {})).expect("an engine");
    engine.send(Command::Limit(limits));
    engine
}

#[test]
fn a_queued_download_waits_for_a_slot_and_others_share_limits() {
    let server = HttpServer::start(Behaviour {
        rate: 3e5,
        ..Behaviour::default()
    });
    let folder = tempfile::tempdir().expect("a folder");
    let spec = |name: &str| DownloadSpec {
        connections: 4,
        flush: false,
        destination: Destination::Folder(folder.path().to_owned()),
        ..DownloadSpec::new(
            format!("http://{}/{name}", server.addr)
                .parse()
                .expect("a URL"),
        )
    };
    let engine = engine(Limits {
        downloads: 2,
        per_host: 4,
        bytes_per_sec: None,
    });
    let ids = ["a", "b", "c"].map(|name| engine.add(spec(name)));
    let is_slot = |cause: &Bottleneck| *cause == Bottleneck::DownloadSlot;
    wait(&engine, ids[2], "its place in the queue", |now| {
        now.bottleneck.as_ref().is_some_and(is_slot)
    });
    wait(
        &engine,
        ids[1],
        "the connections of the other download",
        |now| {
            let few = now.bottleneck.as_ref();
            few.is_some_and(|few| matches!(few, Bottleneck::FewConnections { limit, .. } if *limit == PermitLimit::PerHost(4)))
        },
    );
    engine.send(Command::Limit(Limits {
        downloads: 2,
        per_host: 4,
        bytes_per_sec: Some(200_000),
    }));
    wait(&engine, ids[0], "the shared limit", |now| {
        let own = now.bottleneck.as_ref();
        own.is_some_and(|own| {
            matches!(
                own,
                Bottleneck::OwnLimit {
                    is_shared: true,
                    ..
                }
            )
        })
    });
    for id in ids {
        engine.send(Command::Cancel(id));
    }
}
