//! Downloads from a real server through the fault-injecting proxy.

use std::fs;
use std::sync::Mutex;

use lanes_engine::{DownloadSpec, Mode};
use lanes_server::Server;
use lanes_shared::wire::Order;

use super::common::{bytes, request, serve};
use super::fault_proxy::FaultProxy;
use super::job_pool;
use super::outcome::{self, FinishedDownload, NAME};
use super::wire_faults::{Fault, FaultPlan, SeededRandom};

/// Number of seeds.
const SEEDS: u64 = 120;
/// Number of downloads at the same time; most of them wait for a timeout.
const WORKERS: usize = 40;
/// Number of connections with faults; later ones have none, so that a download can complete.
const FAULTY_CONNECTIONS: u64 = 12;

/// A real server and the content of its only file.
struct TestServer {
    inner: Server,
    file: Vec<u8>,
    _root: tempfile::TempDir,
}

impl TestServer {
    fn new(len: usize) -> Self {
        let root = tempfile::tempdir().unwrap();
        let file = bytes(len, 9);
        fs::write(root.path().join(NAME), &file).unwrap();
        Self {
            inner: serve(root.path()),
            file,
            _root: root,
        }
    }
}

/// Runs a download whose parameters and faults are determined by `seed`.
fn run_seed(server: &TestServer, seed: u64) -> Result<FinishedDownload, String> {
    let mut random = SeededRandom::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let connections = random.choose(&[1, 2, 3, 5, 8]);
    let bytes_per_connection = server.file.len() as u64 / u64::from(connections);
    let plans = move |number| {
        let mut random = SeededRandom::new(seed * 1_000_003 + number);
        match number < FAULTY_CONNECTIONS {
            true => [
                random.fault_plan(600),
                random.fault_plan(bytes_per_connection),
            ],
            false => Default::default(),
        }
    };
    let proxy = FaultProxy::start(server.inner.addr(), Box::new(plans));
    let order = match random.below(3) {
        0 => Order::Shuffled(seed),
        _ => Order::InOrder,
    };
    let request = DownloadSpec {
        connections,
        mode: random.choose(&[Mode::Parallel, Mode::Parallel, Mode::Packets, Mode::Stream]),
        packet_len: random.choose(&[128, 1000, 4096, 65_536]),
        order,
        ..request(proxy.addr(), NAME, folder.path())
    };
    let download = outcome::download(&request)?;
    outcome::check(&download, folder.path(), &server.file)?;
    Ok(download)
}

#[test]
fn every_seed_ends_with_the_correct_bytes_or_a_readable_error() {
    let server = TestServer::new(1_500_000);
    let single = std::env::var("LANES_SEED").ok().map(|seed| seed.parse());
    let seeds = match single {
        Some(seed) => vec![seed.unwrap()],
        None => (0..SEEDS).collect(),
    };
    let count = seeds.len();
    let (failures, saved) = (Mutex::new(Vec::new()), Mutex::new(0));
    job_pool::run(seeds, WORKERS, |seed| match run_seed(&server, seed) {
        Ok(download) => *saved.lock().unwrap() += usize::from(download.result.is_ok()),
        Err(reason) => failures
            .lock()
            .unwrap()
            .push(format!("seed {seed}: {reason}")),
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Faults that always end the download would not test the recovery.
    let saved = saved.into_inner().unwrap();
    assert!(count == 1 || saved > count / 2, "{saved} of {count} saved");
}

#[test]
fn only_a_damaged_packet_is_fetched_again_and_a_notice_names_its_connection() {
    const PACKET_LEN: u32 = 4096;
    let server = TestServer::new(3_000_000);
    for bit in 0..8 {
        for (at, connections) in [(20_000, 1), (60_000, 3), (100_001, 1)] {
            let folder = tempfile::tempdir().unwrap();
            let plans = move |number| match number {
                0 => [
                    FaultPlan::default(),
                    FaultPlan::single(at, Fault::FlipBit(bit)),
                ],
                _ => Default::default(),
            };
            let proxy = FaultProxy::start(server.inner.addr(), Box::new(plans));
            let request = DownloadSpec {
                connections,
                packet_len: PACKET_LEN,
                ..request(proxy.addr(), NAME, folder.path())
            };
            let download = outcome::download(&request).unwrap();
            outcome::check(&download, folder.path(), &server.file).unwrap();
            let outcome = download.result.unwrap();
            let notice = outcome.notices.iter().find(|n| n.contains("damaged"));
            let notice = notice.unwrap_or_else(|| panic!("{at}: {:?}", outcome.notices));
            assert!(notice.contains("over connection "), "{notice}");
            assert!(download.log.contains(notice.as_str()), "{}", download.log);
            let opened = proxy.connections();
            assert_eq!(outcome.retries, 0, "{at} {bit}");
            // The file may be complete before the last connection is opened.
            let all = connections.into();
            assert!((1..=all).contains(&opened), "{at} {bit}: {opened}");
            if connections > 1 {
                // A busy machine may have duplicate fetches, which transfer bytes twice.
                continue;
            }
            // Only the damaged packet is transferred twice; packet heads and messages add at most 1 %.
            let most = server.file.len() as u64 * 101 / 100 + u64::from(PACKET_LEN);
            assert!(
                proxy.bytes_to_client() <= most,
                "{} bytes, limit {most}",
                proxy.bytes_to_client()
            );
        }
    }
}

/// A bit flip on the first connection: direction (0 is to the server, 1 is to the client), byte offset and
/// bit.
type BitFlip = (usize, u64, u8);

/// Asserts that every download with one of these flips saves the correct file.
fn assert_saved_despite(server: &TestServer, flips: Vec<BitFlip>, template: &DownloadSpec) {
    let failures = Mutex::new(Vec::new());
    job_pool::run(flips, WORKERS, |(direction, at, bit)| {
        let folder = tempfile::tempdir().unwrap();
        let plans = move |number| {
            let mut plans = [FaultPlan::default(), FaultPlan::default()];
            if number == 0 {
                plans[direction] = FaultPlan::single(at, Fault::FlipBit(bit));
            }
            plans
        };
        let proxy = FaultProxy::start(server.inner.addr(), Box::new(plans));
        let target = request(proxy.addr(), NAME, folder.path());
        let request = DownloadSpec {
            source: target.source,
            destination: target.destination,
            ..template.clone()
        };
        let result = outcome::download(&request).and_then(|download| {
            outcome::check(&download, folder.path(), &server.file)?;
            download.result.map(drop).map_err(|error| error.to_string())
        });
        if let Err(reason) = result {
            let failure = format!("direction {direction}, byte {at}, bit {bit}: {reason}");
            failures.lock().unwrap().push(failure);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns a request whose server and folder are placeholders.
fn request_template(connections: u16, packet_len: u32) -> DownloadSpec {
    DownloadSpec {
        connections,
        packet_len,
        ..request(([127, 0, 0, 1], 1).into(), NAME, "".as_ref())
    }
}

#[test]
fn a_bit_flip_in_a_packet_head_is_detected() {
    let server = TestServer::new(300_000);
    // Every bit of the heads of some short packets, one flip per download.
    let flips = (0..160).map(|bit| (1, 700 + bit / 8, (bit % 8) as u8));
    assert_saved_despite(&server, flips.collect(), &request_template(2, 128));
}

#[test]
fn bit_flips_in_a_large_file_are_repaired() {
    let server = TestServer::new(12_000_000);
    let offsets = [150_000, 1_000_000, 4_200_000, 9_000_000, 11_990_000];
    for connections in [1, 2, 4] {
        let flip = |at| (1, at / u64::from(connections), (at % 8) as u8);
        let flips = offsets.iter().map(|at| flip(*at)).collect();
        assert_saved_despite(&server, flips, &request_template(connections, 65_536));
    }
}

/// Upper bound in bytes of all messages in one direction, without the payload of packets.
const MESSAGES_LEN: u64 = 120;

#[test]
fn a_bit_flip_in_any_message_costs_at_most_the_connection() {
    let server = TestServer::new(2000);
    // Received are the messages at the start, two packets, and the digest.
    let received = server.file.len() as u64 + 2 * MESSAGES_LEN;
    let sent = (0..MESSAGES_LEN).map(|at| (0, at));
    let start = (0..MESSAGES_LEN).map(|at| (1, at));
    let end = (received - 2 * MESSAGES_LEN..received).map(|at| (1, at));
    let all = sent.chain(start).chain(end);
    let flips = all.map(|(direction, at)| (direction, at, (at * 5 % 8) as u8));
    assert_saved_despite(&server, flips.collect(), &request_template(1, 1000));
}
