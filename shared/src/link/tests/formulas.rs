//! The model compared with formulas for TCP from the literature.

use super::super::limiting_factor::{mean_window, utilisation};
use super::super::loss::Losses;
use super::super::{Congestion, MSS, SECOND, secs};
use super::{MS, assert_near, delivered, endless, link};

#[test]
fn link_rate_is_accurate_to_one_percent() {
    for (mbit, flows) in [(5.0, 1), (50.0, 1), (50.0, 7), (1000.0, 3)] {
        let link = link(&format!("rate_mbit = {mbit}\nrtt_ms = 20"));
        let (mut path, _) = endless(&link, Losses::Hashed, flows);
        path.advance(5 * SECOND, &mut Vec::new());
        let before = path.carried_bytes();
        path.advance(15 * SECOND, &mut Vec::new());
        let rate = (path.carried_bytes() - before) as f64 * 8.0 / 10.0;
        assert_near(
            &format!("{mbit} Mbit/s, {flows} flows"),
            rate,
            mbit * 1e6,
            0.01,
        );
    }
}

#[test]
fn first_byte_arrives_after_two_round_trips() {
    for rtt_ms in [0, 10, 40, 150] {
        let link = link(&format!("rate_mbit = 100\nrtt_ms = {rtt_ms}"));
        let (mut path, _) = endless(&link, Losses::Hashed, 1);
        let mut events = Vec::new();
        while events.is_empty() {
            let next = path.next().unwrap();
            path.advance(next, &mut events);
        }
        let late = secs(events[0].at) * 1e3 - 2.0 * f64::from(rtt_ms);
        assert!((0.0..2.0).contains(&late), "{late} ms late");
    }
}

#[test]
fn later_request_takes_one_round_trip() {
    let link = link("rtt_ms = 80\nrate_mbit = 100");
    let mut path = super::Path::new(&link);
    let flow = path.open(0, 0);
    path.supply(0, flow, 1000);
    super::all_events(&mut path, SECOND);
    path.supply(SECOND, flow, 1000);
    let events = super::all_events(&mut path, 2 * SECOND);
    assert!(
        events[0].at.abs_diff(SECOND + 80 * MS) < 2 * MS,
        "{events:?}"
    );
}

#[test]
fn window_limited_flow_delivers_one_window_per_round_trip() {
    for (kib, rtt_ms) in [(64, 150), (64, 30), (17, 80), (256, 100), (5, 50)] {
        let link = link(&format!(
            "rate_mbit = 200\nrtt_ms = {rtt_ms}\nwindow_kib = {kib}"
        ));
        let (mut path, flows) = endless(&link, Losses::Hashed, 1);
        delivered(&mut path, &flows, 5 * SECOND);
        let bytes = delivered(&mut path, &flows, 15 * SECOND)[0];
        let expected = f64::from(kib) * 1024.0 / (f64::from(rtt_ms) / 1e3) * 10.0;
        assert_near(
            &format!("{kib} KiB, {rtt_ms} ms"),
            bytes as f64,
            expected,
            0.02,
        );
    }
}

#[test]
fn cap_is_accurate_to_one_percent() {
    for loss in [0.0, 0.2] {
        let text =
            format!("rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 2\nloss_percent = {loss}");
        let (mut path, flows) = endless(&link(&text), Losses::Hashed, 3);
        delivered(&mut path, &flows, SECOND);
        for bytes in delivered(&mut path, &flows, 21 * SECOND) {
            let share = if loss > 0.0 { 0.02 } else { 0.01 };
            assert_near("cap of 2 Mbit/s", bytes as f64 * 8.0 / 20.0, 2e6, share);
        }
    }
}

/// Returns the mean window of one flow that loses one of `every` transmissions, in segments.
fn window_under_loss(congestion: &str, every: u64, rtt_ms: u64, cycles: f64) -> f64 {
    let kind = if congestion == "reno" {
        Congestion::Reno
    } else {
        Congestion::Cubic
    };
    let rtt = rtt_ms as f64 / 1e3;
    let expected = mean_window(kind, rtt, 1.0 / every as f64);
    // Large enough not to be the limit, small enough that slow start ends soon.
    let kib = (expected * 2.0 * MSS as f64 / 1024.0).ceil().max(64.0);
    let link = link(&format!(
        "rtt_ms = {rtt_ms}\nwindow_kib = {kib}\ncongestion = \"{congestion}\""
    ));
    let (mut path, flows) = endless(&link, Losses::Every(every), 1);
    let cycle = (every as f64 / expected * rtt * 1e9) as u64;
    let (from, until) = (10 * cycle, (10.0 + cycles) as u64 * cycle);
    path.advance(from, &mut Vec::new());
    let (mut sum, mut samples) = (0.0, 0.0);
    for at in (from..until).step_by((rtt * 1e9) as usize / 20) {
        path.advance(at, &mut Vec::new());
        let state = path.flow_state(flows[0]).unwrap();
        // The formulas assume an instantaneous reduction, so the round trip of recovery is
        // excluded.
        if !state.recovering {
            sum += f64::from(state.cwnd);
            samples += 1.0;
        }
    }
    sum / samples
}

/// Mathis, Semke, Mahdavi, Ott 1997: one loss every 1/p segments gives a mean window of 1.22/√p.
#[test]
fn reno_window_matches_mathis() {
    // Halves of windows of a dozen segments are rounded down, which the formula does not model.
    for (every, share) in [(100, 0.12), (300, 0.10), (1000, 0.10), (10_000, 0.10)] {
        let window = window_under_loss("reno", every, 100, 30.0);
        let expected = 1.22 * (every as f64).sqrt();
        assert_near(&format!("Reno, one in {every}"), window, expected, share);
    }
}

/// RFC 9438, table 1 (round trip 0.1 s, C = 0.4).
#[test]
fn cubic_window_matches_rfc_9438() {
    let table = [
        (100, 12.0, 0.20),
        (1000, 38.0, 0.15),
        (10_000, 187.0, 0.15),
        (100_000, 1054.0, 0.15),
    ];
    for (every, expected, share) in table {
        let window = window_under_loss("cubic", every, 100, 12.0);
        assert_near(&format!("CUBIC, one in {every}"), window, expected, share);
    }
}

/// One AIMD flow (β = ½) over a short buffer: see [`utilisation`], whose β = ½ form is
/// ¾ (1 + b)² ÷ (1 + b + b²).
#[test]
fn reno_utilisation_matches_the_sawtooth_formula() {
    for b in [0.1, 0.25, 0.5, 0.75, 1.0] {
        let formula = utilisation(1, 0.5, b);
        let closed = 0.75 * (1.0 + b) * (1.0 + b) / (1.0 + b + b * b);
        assert!((formula - closed).abs() < 1e-9);
        // One bandwidth-delay product is 125 000 bytes.
        let kib = (b * 125_000.0 + 1500.0) / 1024.0;
        let text =
            format!("rate_mbit = 10\nrtt_ms = 100\nbuffer_kib = {kib}\ncongestion = \"reno\"");
        let (mut path, _) = endless(&link(&text), Losses::Hashed, 1);
        path.advance(30 * SECOND, &mut Vec::new());
        let before = path.carried_bytes();
        path.advance(230 * SECOND, &mut Vec::new());
        let used = (path.carried_bytes() - before) as f64 * 8.0 / 200.0 / 10e6;
        assert_near(&format!("utilisation, buffer of {b}"), used, formula, 0.03);
    }
}
