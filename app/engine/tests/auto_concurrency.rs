//! The automatic number of connections.

mod common;

use std::time::Instant;

use common::{TIMEOUT, request, serve};
use lanes_engine::{
    CancelToken, ConnectionState, DownloadSnapshot, DownloadSpec, FetchError, fetch,
};
use lanes_shared::link::LinkProfile;

fn receiving(now: &DownloadSnapshot) -> usize {
    let all = now.connections.iter();
    all.filter(|connection| connection.state == ConnectionState::Receiving)
        .count()
}

#[test]
fn a_trial_with_fewer_connections_is_reverted_if_the_rate_drops() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    // The link limits each connection, so the total rate is proportional to the number of connections.
    let link = LinkProfile {
        per_connection_mbit: Some(2.0),
        ..LinkProfile::default()
    };
    let request = DownloadSpec {
        auto: true,
        connections: 8,
        link: Some(link),
        ..request(server.addr(), "sample-200MB.bin", folder.path())
    };
    // Expected sequence of the number of receiving connections.
    let mut expected = vec![8, 4, 8].into_iter().peekable();
    let (stop, begun) = (CancelToken::default(), Instant::now());
    let end = fetch(&request, &stop, &mut |now| {
        expected.next_if_eq(&receiving(now));
        if expected.peek().is_none() || begun.elapsed() > TIMEOUT {
            stop.cancel();
        }
    });
    assert!(matches!(end, Err(FetchError::Stopped)), "{end:?}");
    assert_eq!(
        expected.next(),
        None,
        "this number of receiving connections was not observed"
    );
}
