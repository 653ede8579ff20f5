//! A bad wire between the engine and a real server.

use std::fs;
use std::sync::Mutex;

use lanes_engine::{DownloadSpec, Mode};
use lanes_server::Server;
use lanes_shared::wire::Order;

use super::common::{bytes, request, serve};
use super::fault_proxy::Proxy;
use super::job_pool;
use super::outcome::{self, Ended, NAME};
use super::wire_faults::{Dice, Fate, Fault};

/// How many seeds are tried, and how many at a time: they wait more than they compute.
const SEEDS: u64 = 120;
const AT_A_TIME: usize = 40;
/// After so many connections the wire is good, so that a download has a chance.
const BAD_CONNECTIONS: u64 = 12;

/// A real server with one file, and what is in it.
struct Bench {
    server: Server,
    file: Vec<u8>,
    _root: tempfile::TempDir,
}

impl Bench {
    fn new(len: usize) -> Self {
        let root = tempfile::tempdir().unwrap();
        let file = bytes(len, 9);
        fs::write(root.path().join(NAME), &file).unwrap();
        Self {
            server: serve(root.path()),
            file,
            _root: root,
        }
    }
}

/// A download by a seed, over a wire by the same seed.
fn any(bench: &Bench, seed: u64) -> Result<Ended, String> {
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let connections = dice.one_of(&[1, 2, 3, 5, 8]);
    let each = bench.file.len() as u64 / u64::from(connections);
    let fates = move |number| {
        let mut dice = Dice::new(seed * 1_000_003 + number);
        match number < BAD_CONNECTIONS {
            true => [dice.fate(600), dice.fate(each)],
            false => Default::default(),
        }
    };
    let proxy = Proxy::start(bench.server.addr(), Box::new(fates));
    let order = match dice.below(3) {
        0 => Order::Shuffled(seed),
        _ => Order::InOrder,
    };
    let request = DownloadSpec {
        connections,
        mode: dice.one_of(&[Mode::Parallel, Mode::Parallel, Mode::Packets, Mode::Stream]),
        packet_len: dice.one_of(&[128, 1000, 4096, 65_536]),
        order,
        ..request(proxy.addr(), NAME, folder.path())
    };
    let ended = outcome::get(&request)?;
    outcome::judge(&ended, folder.path(), &bench.file)?;
    Ok(ended)
}

#[test]
fn any_seed_ends_in_the_right_bytes_or_in_words() {
    let bench = Bench::new(1_500_000);
    let only = std::env::var("LANES_SEED").ok().map(|seed| seed.parse());
    let seeds = match only {
        Some(seed) => vec![seed.unwrap()],
        None => (0..SEEDS).collect(),
    };
    let count = seeds.len();
    let (failures, saved) = (Mutex::new(Vec::new()), Mutex::new(0));
    job_pool::run(seeds, AT_A_TIME, |seed| match any(&bench, seed) {
        Ok(ended) => *saved.lock().unwrap() += usize::from(ended.result.is_ok()),
        Err(reason) => failures
            .lock()
            .unwrap()
            .push(format!("seed {seed}: {reason}")),
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // A wire that only ever ends downloads would prove little.
    let saved = saved.into_inner().unwrap();
    assert!(count == 1 || saved > count / 2, "{saved} of {count} saved");
}

#[test]
fn a_damaged_packet_alone_is_fetched_again_and_its_connection_named() {
    const PACKET_LEN: u32 = 4096;
    let bench = Bench::new(3_000_000);
    for bit in 0..8 {
        for (at, connections) in [(20_000, 1), (60_000, 3), (100_001, 1)] {
            let folder = tempfile::tempdir().unwrap();
            let fates = move |number| match number {
                0 => [Fate::default(), Fate::of(at, Fault::Flip(bit))],
                _ => Default::default(),
            };
            let proxy = Proxy::start(bench.server.addr(), Box::new(fates));
            let request = DownloadSpec {
                connections,
                packet_len: PACKET_LEN,
                ..request(proxy.addr(), NAME, folder.path())
            };
            let ended = outcome::get(&request).unwrap();
            outcome::judge(&ended, folder.path(), &bench.file).unwrap();
            let outcome = ended.result.unwrap();
            let notice = outcome.notices.iter().find(|n| n.contains("damaged"));
            let notice = notice.unwrap_or_else(|| panic!("{at}: {:?}", outcome.notices));
            assert!(notice.contains("over connection "), "{notice}");
            assert!(ended.log.contains(notice.as_str()), "{}", ended.log);
            let made = proxy.connections();
            assert_eq!(outcome.retries, 0, "{at} {bit}");
            // The file may be whole before the last of several is made.
            let all = connections.into();
            assert!((1..=all).contains(&made), "{at} {bit}: {made}");
            if connections > 1 {
                // On a busy machine they may have raced.
                continue;
            }
            // Nothing but that packet came twice; heads and messages take a hundredth.
            let most = bench.file.len() as u64 * 101 / 100 + u64::from(PACKET_LEN);
            assert!(
                proxy.passed() <= most,
                "{} bytes for {most}",
                proxy.passed()
            );
        }
    }
}

/// One bit that is flipped on the first connection: what the client says (0) or hears (1), at which
/// byte, and which bit of it.
type Flip = (usize, u64, u8);

/// Each of these flips leaves the download whole.
fn each_leaves_it_whole(bench: &Bench, flips: Vec<Flip>, wanted: &DownloadSpec) {
    let failures = Mutex::new(Vec::new());
    job_pool::run(flips, AT_A_TIME, |(way, at, bit)| {
        let folder = tempfile::tempdir().unwrap();
        let fates = move |number| {
            let mut fates = [Fate::default(), Fate::default()];
            if number == 0 {
                fates[way] = Fate::of(at, Fault::Flip(bit));
            }
            fates
        };
        let proxy = Proxy::start(bench.server.addr(), Box::new(fates));
        let there = request(proxy.addr(), NAME, folder.path());
        let request = DownloadSpec {
            source: there.source,
            destination: there.destination,
            ..wanted.clone()
        };
        let ended = outcome::get(&request).and_then(|ended| {
            outcome::judge(&ended, folder.path(), &bench.file)?;
            ended.result.map(drop).map_err(|error| error.to_string())
        });
        if let Err(reason) = ended {
            let place = format!("way {way}, byte {at}, bit {bit}: {reason}");
            failures.lock().unwrap().push(place);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A download over so many connections in packets of so many bytes, from nowhere yet.
fn wanted(connections: u16, packet_len: u32) -> DownloadSpec {
    DownloadSpec {
        connections,
        packet_len,
        ..request(([127, 0, 0, 1], 1).into(), NAME, "".as_ref())
    }
}

#[test]
fn a_packet_under_a_wrong_number_is_damaged_like_any_other() {
    let bench = Bench::new(300_000);
    // Short packets: most of a head is its number. Every bit of some heads, one a download.
    let flips = (0..160).map(|bit| (1, 700 + bit / 8, (bit % 8) as u8));
    each_leaves_it_whole(&bench, flips.collect(), &wanted(2, 128));
}

#[test]
fn damage_in_a_fast_download_is_mended() {
    let bench = Bench::new(12_000_000);
    let places = [150_000, 1_000_000, 4_200_000, 9_000_000, 11_990_000];
    for connections in [1, 2, 4] {
        let each = |at| (1, at / u64::from(connections), (at % 8) as u8);
        let flips = places.iter().map(|at| each(*at)).collect();
        each_leaves_it_whole(&bench, flips, &wanted(connections, 65_536));
    }
}

/// What the client says, and what it hears but for the bytes of the packets, fits so many bytes.
const MESSAGES: u64 = 120;

#[test]
fn a_bit_flipped_in_any_message_costs_a_connection_and_no_more() {
    let bench = Bench::new(2000);
    // All that is heard: the messages at its beginning, two packets, and the digest.
    let heard = bench.file.len() as u64 + 2 * MESSAGES;
    let said = (0..MESSAGES).map(|at| (0, at));
    let begins = (0..MESSAGES).map(|at| (1, at));
    let ends = (heard - 2 * MESSAGES..heard).map(|at| (1, at));
    let all = said.chain(begins).chain(ends);
    let flips = all.map(|(way, at)| (way, at, (at * 5 % 8) as u8));
    each_leaves_it_whole(&bench, flips.collect(), &wanted(1, 1000));
}
