//! BBR: what distinguishes it from CUBIC, and its completion times beside kernel TCP.

use super::super::loss::Losses;
use super::super::predict::Download;
use super::super::simulation::{Plan, Setup, run};
use super::super::{MSS, Path, SECOND};
use super::{MS, assert_near, delivered, endless, link};

/// Returns the link share that one endless flow gets between five and fifteen seconds.
fn share(toml: &str) -> f64 {
    let link = link(toml);
    let (mut path, flows) = endless(&link, Losses::Hashed, 1);
    delivered(&mut path, &flows, 5 * SECOND);
    let bytes = delivered(&mut path, &flows, 15 * SECOND)[0];
    bytes as f64 * 8.0 / 10.0 / link.goodput_bps().unwrap()
}

#[test]
fn random_loss_does_not_slow_bbr_and_slows_cubic() {
    let lossy = "rate_mbit = 50\nrtt_ms = 40\nloss_percent = 1";
    let (cubic, bbr) = (
        share(lossy),
        share(&format!("{lossy}\ncongestion = \"bbr\"")),
    );
    println!("share of the link: CUBIC {cubic:.2}, BBR {bbr:.2}");
    assert!(bbr > 0.9 && cubic < 0.2);
}

/// CUBIC fills a deep buffer; BBR leaves it almost empty and refreshes its round trip every ten
/// seconds with four segments in flight.
#[test]
fn deep_buffer_stays_almost_empty_and_is_drained_every_ten_seconds() {
    let link = link("rate_mbit = 20\nrtt_ms = 50\nbuffer_kib = 1000\ncongestion = \"bbr\"");
    let (mut path, flows) = endless(&link, Losses::Hashed, 1);
    delivered(&mut path, &flows, 2 * SECOND);
    let (mut queue, mut drained, mut samples) = (0.0, Vec::new(), 0.0);
    for at in (2 * SECOND..25 * SECOND).step_by((10 * MS) as usize) {
        path.advance(at, &mut Vec::new());
        queue += path.queue_bytes() as f64;
        samples += 1.0;
        if path.flow_state(flows[0]).unwrap().cwnd == 4 {
            drained.push(at);
        }
    }
    let mean = queue / samples / link.bandwidth_delay_bytes() as f64;
    println!("mean queue: {mean:.2} bandwidth-delay products");
    assert!(mean < 0.5, "{mean}");
    let between: Vec<_> = drained.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let longest = *between.iter().max().unwrap();
    assert!((9 * SECOND..11 * SECOND).contains(&longest), "{longest}");
    let first_end = between.iter().position(|gap| *gap > SECOND).unwrap();
    assert!(drained[first_end] - drained[0] >= 190 * MS);
}

/// In startup the rate doubles in each round trip once the first samples have arrived, which takes
/// one.
#[test]
fn startup_doubles_the_rate_in_each_round_trip() {
    let link = link("rate_mbit = 1000\nrtt_ms = 100\ncongestion = \"bbr\"");
    let (mut path, flows) = endless(&link, Losses::Hashed, 1);
    delivered(&mut path, &flows, 250 * MS);
    let rounds: Vec<f64> = (0..5)
        .map(|round| {
            delivered(&mut path, &flows, 350 * MS + round * 100 * MS)[0] as f64 / MSS as f64
        })
        .collect();
    println!("segments in each round trip: {rounds:?}");
    for pair in rounds[1..].windows(2) {
        assert!((1.7..2.4).contains(&(pair[1] / pair[0])), "{rounds:?}");
    }
}

/// The clock of a path with background flows begins long after zero; BBR must not take the round
/// trip of the handshake for an old one.
#[test]
fn late_start_does_not_expire_the_round_trip_of_the_handshake() {
    let link = link("rate_mbit = 20\nrtt_ms = 50\nbackground_flows = 1\ncongestion = \"bbr\"");
    let mut path = Path::new(&link);
    let flow = path.open(100 * SECOND, 0);
    path.supply(100 * SECOND, flow, u64::MAX / 8);
    for at in (0..5 * SECOND).step_by((10 * MS) as usize) {
        path.advance(100 * SECOND + at, &mut Vec::new());
        let state = path.flow_state(flow).unwrap();
        assert!(state.cwnd != 4 || state.recovering, "{state:?}");
    }
}

/// One BBR flow takes more than its share from CUBIC flows, and one CUBIC flow gets less from BBR
/// flows.
#[test]
fn bbr_and_cubic_do_not_share_equally() {
    let share_of = |ours: &str, others: &str| {
        share(&format!(
            "rate_mbit = 20\nrtt_ms = 50\nbackground_flows = 4\ncongestion = \"{ours}\"\nbackground_congestion = \"{others}\""
        ))
    };
    let (bbr, cubic, equal) = (
        share_of("bbr", "cubic"),
        share_of("cubic", "bbr"),
        share_of("bbr", "bbr"),
    );
    println!("BBR beside CUBIC {bbr:.2}, CUBIC beside BBR {cubic:.2}, BBR beside BBR {equal:.2}");
    assert!(bbr > 0.35 && cubic < 0.2 && equal > 0.1 && equal < 0.35);
}

#[test]
fn same_seed_gives_the_same_run() {
    let setup = |seed: u64| {
        Setup {
        link: link("rate_mbit = 50\nrtt_ms = 30\nbuffer_kib = 60\nloss_percent = 0.5\ncongestion = \"bbr\"").with_seed(seed),
        len: 10_000_000,
        connections: 12,
        plan: Plan::Stealing,
        granule: 65_536,
        phase: 1,
    }
    };
    let first = run(&setup(1));
    assert_eq!(first, run(&setup(1)));
    assert_ne!(first.event_hash, run(&setup(2)).event_hash);
}

/// The runs of CUBIC, Reno and the fixed window do not change when other algorithms do.
#[test]
fn runs_without_bbr_stay_as_they_are() {
    for (toml, connections, hash) in [
        (
            "rate_mbit = 100\nrtt_ms = 100\nloss_percent = 0.1",
            10,
            0x9e6d_c25d_aa91_a3db,
        ),
        (
            "rate_mbit = 20\nrtt_ms = 50\nbackground_flows = 4",
            5,
            0xaf3b_db98_f3ec_808e,
        ),
        (
            "rate_mbit = 20\nrtt_ms = 80\nbuffer_kib = 98",
            20,
            0xd37c_4a51_139a_ea81,
        ),
        (
            "rate_mbit = 50\nrtt_ms = 20\nloss_percent = 1\ncongestion = \"reno\"",
            5,
            0xf386_0e94_f4d3_8cd8,
        ),
        (
            "rate_mbit = 50\nrtt_ms = 40\ncongestion = \"fixed\"",
            3,
            0xa1c9_8d91_ccc7_c00f,
        ),
    ] {
        let setup = Setup {
            link: link(toml),
            len: 10_000_000,
            connections,
            plan: Plan::Stealing,
            granule: 65_536,
            phase: 1,
        };
        assert_eq!(run(&setup).event_hash, hash, "{toml}");
    }
}

/// Medians of kernel TCP with BBR (Linux 6.18, 3 to 5 runs of `lanes get` over two network
/// namespaces on an idle machine) for 1, 5, 10, 20 and 50 connections, in seconds.
const KERNEL: [(&str, u64, [f64; 5]); 6] = [
    (
        "rate_mbit = 20\nrtt_ms = 80\nbuffer_kib = 98",
        10,
        [4.60, 4.93, 4.85, 5.18, 5.08],
    ),
    (
        "rate_mbit = 100\nrtt_ms = 50\nbuffer_kib = 152",
        20,
        [2.10, 2.02, 2.09, 2.62, 2.46],
    ),
    (
        "rate_mbit = 100\nrtt_ms = 100\nbuffer_kib = 1220\nloss_percent = 0.1",
        20,
        [2.67, 2.40, 2.28, 2.28, 2.18],
    ),
    (
        "rate_mbit = 50\nrtt_ms = 20\nbuffer_kib = 244\nloss_percent = 1",
        20,
        [3.47, 3.41, 3.59, 3.90, 4.11],
    ),
    (
        "rate_mbit = 200\nrtt_ms = 30\nbuffer_kib = 366",
        20,
        [1.06, 1.05, 1.09, 1.24, 1.42],
    ),
    (
        "rate_mbit = 20\nrtt_ms = 50\nbuffer_kib = 488",
        10,
        [4.40, 4.43, 4.46, 4.62, 5.20],
    ),
];

/// Medians ±10 %, and ±15 % with random loss.
#[test]
fn completion_times_match_kernel_bbr() {
    for (toml, megabytes, kernel) in KERNEL {
        let link = link(&format!("{toml}\ncongestion = \"bbr\""));
        let tolerance = if link.loss() > 0.0 { 0.15 } else { 0.10 };
        for (connections, kernel) in [1, 5, 10, 20, 50].into_iter().zip(kernel) {
            let download = Download::new(megabytes * 1_000_000, connections);
            let [_, median, _] = download.predict(&link, 15, &|| true).unwrap();
            let name = format!("{} x{connections}", toml.replace('\n', ", "));
            assert_near(&name, median, kernel, tolerance);
        }
    }
}
