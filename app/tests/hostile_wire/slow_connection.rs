//! One connection of several that stalls for ever, or crawls, holds the file up by no more than
//! what it takes to notice.

use std::fs;
use std::time::{Duration, Instant};

use lanes_engine::DownloadSpec;

use super::common::{bytes, request, serve};
use super::fault_proxy::Proxy;
use super::outcome::{self, NAME};
use super::wire_faults::{Fate, Fault};

const CONNECTIONS: u16 = 5;
/// What each good connection brings, in bytes a second.
const RATE: u64 = 1_000_000;
const LEN: usize = 10_000_000;
/// How much longer than its fair time a file may take.
const GRACE: Duration = Duration::from_secs(6);
/// What the four good ones would take alone.
const FAIR: Duration = Duration::from_millis(LEN as u64 * 1000 / (4 * RATE));

/// Downloads over connections of which the second heard has the fate `bad`, again and again.
fn with_one(bad: Fate) {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = bytes(LEN, 3);
    fs::write(root.path().join(NAME), &file).unwrap();
    let server = serve(root.path());
    let fates = move |number| {
        let good = Fate {
            rate: Some(RATE),
            ..Fate::default()
        };
        // Those that take its place fare no better.
        let is_bad = number == 1 || number >= u64::from(CONNECTIONS);
        let hears = if is_bad { bad.clone() } else { good };
        [Fate::default(), hears]
    };
    let proxy = Proxy::start(server.addr(), Box::new(fates));
    let request = DownloadSpec {
        connections: CONNECTIONS,
        ..request(proxy.addr(), NAME, folder.path())
    };
    let begun = Instant::now();
    let ended = outcome::get(&request).unwrap();
    outcome::judge(&ended, folder.path(), &file).unwrap();
    ended
        .result
        .unwrap_or_else(|error| panic!("{error}\n{}", ended.log));
    assert!(
        begun.elapsed() < FAIR + GRACE,
        "{:?} and {FAIR:?} would be fair\n{}",
        begun.elapsed(),
        ended.log
    );
}

#[test]
fn one_that_stalls_for_ever_in_the_middle() {
    let mut fate = Fate::of(700_000, Fault::Stall);
    fate.rate = Some(RATE);
    with_one(fate);
}

#[test]
fn one_that_stalls_for_ever_before_its_first_byte() {
    with_one(Fate::of(0, Fault::Stall));
}

#[test]
fn one_that_stalls_for_ever_in_the_middle_of_a_packet_and_is_never_replaced() {
    with_one(Fate::of(30_000, Fault::Stall));
}

#[test]
fn one_that_crawls_at_a_hundredth_of_the_others() {
    with_one(Fate {
        rate: Some(RATE / 100),
        ..Fate::default()
    });
}
