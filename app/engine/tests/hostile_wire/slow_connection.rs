//! One connection of several that stalls forever or is slow delays the download only by the time of its
//! detection.

use std::fs;
use std::time::{Duration, Instant};

use lanes_engine::DownloadSpec;

use super::common::{bytes, request, serve};
use super::fault_proxy::FaultProxy;
use super::outcome::{self, NAME};
use super::wire_faults::{Fault, FaultPlan};

const CONNECTIONS: u16 = 5;
/// Rate of each good connection in bytes/s.
const RATE: u64 = 1_000_000;
const LEN: usize = 10_000_000;
/// Allowed delay beyond [`EXPECTED`].
const MARGIN: Duration = Duration::from_secs(6);
/// Time that the four good connections take without the fifth.
const EXPECTED: Duration = Duration::from_millis(LEN as u64 * 1000 / (4 * RATE));

/// Downloads over several connections, of which the second and all that replace it have the plan `bad`
/// towards the client.
fn download_with_one(bad: FaultPlan) {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = bytes(LEN, 3);
    fs::write(root.path().join(NAME), &file).unwrap();
    let server = serve(root.path());
    let plans = move |number| {
        let good = FaultPlan {
            rate: Some(RATE),
            ..FaultPlan::default()
        };
        // Connections that replace the bad one are bad too.
        let is_bad = number == 1 || number >= u64::from(CONNECTIONS);
        let to_client = if is_bad { bad.clone() } else { good };
        [FaultPlan::default(), to_client]
    };
    let proxy = FaultProxy::start(server.addr(), Box::new(plans));
    let request = DownloadSpec {
        connections: CONNECTIONS,
        ..request(proxy.addr(), NAME, folder.path())
    };
    let begun = Instant::now();
    let download = outcome::download(&request).unwrap();
    outcome::check(&download, folder.path(), &file).unwrap();
    download
        .result
        .unwrap_or_else(|error| panic!("{error}\n{}", download.log));
    assert!(
        begun.elapsed() < EXPECTED + MARGIN,
        "took {:?}, expected {EXPECTED:?}\n{}",
        begun.elapsed(),
        download.log
    );
}

#[test]
fn a_connection_that_stalls_after_700_kb_does_not_delay_the_download() {
    let mut plan = FaultPlan::single(700_000, Fault::Stall);
    plan.rate = Some(RATE);
    download_with_one(plan);
}

#[test]
fn a_connection_that_stalls_before_its_first_byte_does_not_delay_the_download() {
    download_with_one(FaultPlan::single(0, Fault::Stall));
}

#[test]
fn a_connection_that_stalls_within_a_packet_does_not_delay_the_download() {
    download_with_one(FaultPlan::single(30_000, Fault::Stall));
}

#[test]
fn a_connection_at_one_percent_of_the_rate_does_not_delay_the_download() {
    download_with_one(FaultPlan {
        rate: Some(RATE / 100),
        ..FaultPlan::default()
    });
}
