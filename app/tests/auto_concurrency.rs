//! The number of connections that is found while a download runs.

mod common;

use std::time::Instant;

use common::{PATIENCE, request, serve};
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
fn who_was_sent_away_for_a_try_comes_back() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    // Each connection brings as much as every other: fewer bring less, and more bring more.
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
    // How many there were at one moment after the other.
    let mut course = vec![8, 4, 8].into_iter().peekable();
    let (stop, begun) = (CancelToken::default(), Instant::now());
    let end = fetch(&request, &stop, &mut |now| {
        course.next_if_eq(&receiving(now));
        if course.peek().is_none() || begun.elapsed() > PATIENCE {
            stop.stop();
        }
    });
    assert!(matches!(end, Err(FetchError::Stopped)), "{end:?}");
    assert_eq!(course.next(), None, "so many connections did not come");
}
