//! A catalogue without an end.

use std::sync::Arc;
use std::time::Instant;

use lanes_engine::ServerName;
use lanes_engine::list;
use lanes_shared::catalog::Entry;
use lanes_shared::wire::{Reply, Request};

use super::hostile_server::{Hostile, Talk, welcome};
use super::outcome::LIMIT;

/// Asks for the catalogue of a server that answers each request for it so.
fn ask(answer: fn(&mut Talk, &str) -> std::io::Result<bool>) -> Result<Vec<Entry>, String> {
    let script = move |talk: &mut Talk, _: usize, request: &Request| match request {
        Request::List { after } => answer(talk, after),
        _ => Ok(false),
    };
    let server = Hostile::start(Arc::from([]), Arc::new(script));
    let name = ServerName {
        host: server.addr().ip().to_string(),
        port: server.addr().port(),
    };
    let begun = Instant::now();
    let entries = list(&name);
    assert!(begun.elapsed() < LIMIT, "it hung");
    entries
}

fn entry(name: String) -> Entry {
    Entry {
        name,
        len: u64::MAX,
        modified_secs: i64::MIN,
    }
}

fn page(talk: &mut Talk, entries: Vec<Entry>, more: bool) -> std::io::Result<bool> {
    talk.say(&Reply::Catalogue { entries, more })?;
    Ok(true)
}

fn refused(answer: fn(&mut Talk, &str) -> std::io::Result<bool>) {
    let reason = ask(answer).unwrap_err();
    assert!(reason.contains("protocol"), "{reason}");
}

#[test]
fn an_odd_but_honest_one_is_taken() {
    let entries = ask(|talk, after| match after {
        "" => page(talk, vec![entry("a\u{1b}[2J".into())], true),
        _ => page(talk, vec![entry("b".repeat(60_000))], false),
    });
    assert_eq!(entries.unwrap().len(), 2);
}

#[test]
fn pages_that_go_on_for_ever_are_refused() {
    refused(|talk, after| {
        let name = format!("{:010}", after.parse().unwrap_or(0) + 1);
        page(talk, vec![entry(name)], true)
    });
}

#[test]
fn names_that_fill_the_memory_are_refused() {
    refused(|talk, after| {
        let number = after.get(..10).and_then(|n| n.parse().ok()).unwrap_or(0) + 1;
        let name = format!("{number:010}{}", "x".repeat(59_000));
        page(talk, vec![entry(name)], true)
    });
}

#[test]
fn the_same_page_and_no_page_again_and_again_are_refused() {
    refused(|talk, _| page(talk, vec![entry("a".into())], true));
    refused(|talk, _| page(talk, Vec::new(), true));
    refused(|talk, _| talk.flood(&welcome()));
    refused(|talk, _| {
        talk.say(&Reply::Streaming { len: 5 })?;
        Ok(true)
    });
}
