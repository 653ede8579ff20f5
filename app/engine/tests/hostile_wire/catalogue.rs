//! Endless, oversized, and repeating catalogues.

use std::sync::Arc;
use std::time::Instant;

use lanes_engine::ServerName;
use lanes_engine::list_server_files;
use lanes_shared::catalog::Entry;
use lanes_shared::wire::{Reply, Request};

use super::hostile_server::{Connection, HostileServer, welcome};
use super::outcome::LIMIT;

/// Lists the catalogue of a server that replies to each request with `reply`.
fn list_from(
    reply: fn(&mut Connection, &str) -> std::io::Result<bool>,
) -> Result<Vec<Entry>, String> {
    let script = move |connection: &mut Connection, _: usize, request: &Request| match request {
        Request::List { after } => reply(connection, after),
        _ => Ok(false),
    };
    let server = HostileServer::start(Arc::from([]), Arc::new(script));
    let name = ServerName {
        host: server.addr().ip().to_string(),
        port: server.addr().port(),
    };
    let begun = Instant::now();
    let entries = list_server_files(&name).map_err(|error| error.to_string());
    assert!(begun.elapsed() < LIMIT, "hung");
    entries
}

fn entry(name: String) -> Entry {
    Entry {
        name,
        len: u64::MAX,
        modified_secs: i64::MIN,
    }
}

fn page(connection: &mut Connection, entries: Vec<Entry>, more: bool) -> std::io::Result<bool> {
    connection.send(&Reply::Catalogue { entries, more })?;
    Ok(true)
}

fn assert_rejected(reply: fn(&mut Connection, &str) -> std::io::Result<bool>) {
    let reason = list_from(reply).unwrap_err();
    assert!(reason.contains("protocol"), "{reason}");
}

#[test]
fn unusual_but_valid_entries_are_accepted() {
    let entries = list_from(|connection, after| match after {
        "" => page(connection, vec![entry("a\u{1b}[2J".into())], true),
        _ => page(connection, vec![entry("b".repeat(60_000))], false),
    });
    assert_eq!(entries.unwrap().len(), 2);
}

#[test]
fn an_endless_catalogue_is_rejected() {
    assert_rejected(|connection, after| {
        let name = format!("{:010}", after.parse().unwrap_or(0) + 1);
        page(connection, vec![entry(name)], true)
    });
}

#[test]
fn a_catalogue_of_huge_names_is_rejected() {
    assert_rejected(|connection, after| {
        let number = after.get(..10).and_then(|n| n.parse().ok()).unwrap_or(0) + 1;
        let name = format!("{number:010}{}", "x".repeat(59_000));
        page(connection, vec![entry(name)], true)
    });
}

#[test]
fn repeated_pages_empty_pages_and_other_replies_are_rejected() {
    assert_rejected(|connection, _| page(connection, vec![entry("a".into())], true));
    assert_rejected(|connection, _| page(connection, Vec::new(), true));
    assert_rejected(|connection, _| connection.send_forever(&welcome()));
    assert_rejected(|connection, _| {
        connection.send(&Reply::Streaming { len: 5 })?;
        Ok(true)
    });
}
