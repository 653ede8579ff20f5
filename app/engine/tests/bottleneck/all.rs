//! All situations.

use std::time::Duration;

use super::servers::Behaviour;
use super::situations::Protocol::{Http, Lanes};
use super::situations::{Setting, Situation};

const fn situation(
    name: &'static str,
    expected: &'static [&'static str],
    setting: Setting,
) -> Situation {
    Situation {
        name,
        expected,
        setting,
    }
}

const LINK: &[&str] = &["link"];
const CAP: &[&str] = &["server-limit"];
const WINDOW: &[&str] = &["window"];
const LOSS: &[&str] = &["loss"];
const OWN: &[&str] = &["own-limit"];
const DISK: &[&str] = &["disk"];
const ONE: &[&str] = &["one-connection"];
const SOLE: &[&str] = &["one-connection-server"];
const FEW: &[&str] = &["few-connections"];
const PROCESSOR: &[&str] = &["processor"];

/// Returns all situations.
pub fn situations() -> Vec<Situation> {
    let mut all = links();
    all.extend(servers());
    all.extend(this_computer());
    all.extend(unseen());
    all
}

fn links() -> Vec<Situation> {
    let link = |text, protocol, count| Setting::Link(text, protocol, count);
    vec![
        situation(
            "link 50 Mbit/s 40 ms × 8",
            LINK,
            link("rate_mbit = 50\nrtt_ms = 40", Http, 8),
        ),
        situation(
            "link 20 Mbit/s 20 ms × 4",
            LINK,
            link("rate_mbit = 20\nrtt_ms = 20", Http, 4),
        ),
        situation(
            "link 100 Mbit/s 80 ms × 16",
            LINK,
            link("rate_mbit = 100\nrtt_ms = 80", Http, 16),
        ),
        situation(
            "link 50 Mbit/s 40 ms × 8, lanes",
            LINK,
            link("rate_mbit = 50\nrtt_ms = 40", Lanes, 8),
        ),
        situation(
            "link 10 Mbit/s 30 ms × 6, lanes",
            LINK,
            link("rate_mbit = 10\nrtt_ms = 30", Lanes, 6),
        ),
        situation(
            "link 40 Mbit/s 25 ms auto",
            LINK,
            link("rate_mbit = 40\nrtt_ms = 25", Http, 0),
        ),
        situation(
            "link 80 Mbit/s 60 ms auto, lanes",
            LINK,
            link("rate_mbit = 80\nrtt_ms = 60", Lanes, 0),
        ),
        situation(
            "cap 2 Mbit/s 40 ms × 8",
            CAP,
            link(
                "rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 2",
                Http,
                8,
            ),
        ),
        situation(
            "cap 5 Mbit/s 20 ms × 4",
            CAP,
            link(
                "rate_mbit = 100\nrtt_ms = 20\nper_connection_mbit = 5",
                Http,
                4,
            ),
        ),
        situation(
            "cap 1 Mbit/s 80 ms × 16, lanes",
            CAP,
            link(
                "rate_mbit = 50\nrtt_ms = 80\nper_connection_mbit = 1",
                Lanes,
                16,
            ),
        ),
        situation(
            "cap 2 Mbit/s 40 ms × 10, lanes",
            CAP,
            link(
                "rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 2",
                Lanes,
                10,
            ),
        ),
        situation(
            "cap 2 Mbit/s 40 ms × 40 fills the link",
            LINK,
            link(
                "rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 2",
                Lanes,
                40,
            ),
        ),
        situation(
            "window 64 KiB 150 ms × 8",
            WINDOW,
            link("rate_mbit = 100\nrtt_ms = 150\nwindow_kib = 64", Http, 8),
        ),
        situation(
            "window 64 KiB 150 ms × 8, lanes",
            WINDOW,
            link("rate_mbit = 100\nrtt_ms = 150\nwindow_kib = 64", Lanes, 8),
        ),
        situation(
            "window 64 KiB 70 ms × 4",
            WINDOW,
            link("rate_mbit = 100\nrtt_ms = 70\nwindow_kib = 64", Http, 4),
        ),
        situation(
            "window 128 KiB 100 ms × 1",
            WINDOW,
            link("rate_mbit = 100\nrtt_ms = 100\nwindow_kib = 128", Http, 1),
        ),
        situation(
            "window 32 KiB 120 ms × 12, lanes",
            WINDOW,
            link("rate_mbit = 50\nrtt_ms = 120\nwindow_kib = 32", Lanes, 12),
        ),
        situation(
            "loss 1 % 60 ms × 8",
            LOSS,
            link("rate_mbit = 100\nrtt_ms = 60\nloss_percent = 1", Http, 8),
        ),
        situation(
            "loss 0.5 % 100 ms × 6, lanes",
            LOSS,
            link(
                "rate_mbit = 100\nrtt_ms = 100\nloss_percent = 0.5",
                Lanes,
                6,
            ),
        ),
        situation(
            "loss 2 % 40 ms × 4",
            LOSS,
            link("rate_mbit = 100\nrtt_ms = 40\nloss_percent = 2", Http, 4),
        ),
        situation(
            "loss 1 % 80 ms × 1",
            LOSS,
            link("rate_mbit = 100\nrtt_ms = 80\nloss_percent = 1", Http, 1),
        ),
        situation(
            "loss 1 % 100 ms × 16, lanes",
            LOSS,
            link("rate_mbit = 200\nrtt_ms = 100\nloss_percent = 1", Lanes, 16),
        ),
        situation(
            "one connection, clean 5 Mbit/s",
            ONE,
            link("rate_mbit = 5\nrtt_ms = 28", Http, 1),
        ),
        situation(
            "one connection, cap 2 Mbit/s, lanes",
            ONE,
            link(
                "rate_mbit = 50\nrtt_ms = 40\nper_connection_mbit = 2",
                Lanes,
                1,
            ),
        ),
    ]
}

fn servers() -> Vec<Situation> {
    let smooth = |rate| Behaviour {
        rate,
        ..Behaviour::default()
    };
    let bursts = |rate, millis| Behaviour {
        rate,
        interval: Duration::from_millis(millis),
        ..Behaviour::default()
    };
    let whole = Behaviour {
        is_whole: true,
        ..smooth(2e6)
    };
    let few = |most| Behaviour {
        most,
        ..smooth(5e5)
    };
    vec![
        situation(
            "server limit 1 MB/s × 8",
            CAP,
            Setting::Server(smooth(1e6), 8),
        ),
        situation(
            "server limit 300 kB/s × 16",
            CAP,
            Setting::Server(smooth(3e5), 16),
        ),
        situation(
            "server limit 2 MB/s in bursts × 4",
            CAP,
            Setting::Server(bursts(2e6, 100), 4),
        ),
        situation(
            "server limit 500 kB/s in bursts × 8",
            CAP,
            Setting::Server(bursts(5e5, 120), 8),
        ),
        situation(
            "server limit 1 MB/s auto",
            CAP,
            Setting::Server(smooth(1e6), 0),
        ),
        situation("nginx limit_rate × 8", CAP, Setting::Url("LANES_NGINX", 8)),
        situation("nginx limit_rate × 3", CAP, Setting::Url("LANES_NGINX", 3)),
        situation("whole file only, 8 asked", SOLE, Setting::Server(whole, 8)),
        situation("whole file only, auto", SOLE, Setting::Server(whole, 0)),
        situation("server takes 3 of 8", FEW, Setting::Server(few(3), 8)),
        situation("server takes 2 of 6", FEW, Setting::Server(few(2), 6)),
    ]
}

/// Situations on which no limit of the decision was chosen.
fn unseen() -> Vec<Situation> {
    let link = |text, protocol, count| Setting::Link(text, protocol, count);
    let limited = |rate, millis| Behaviour {
        rate,
        interval: Duration::from_millis(millis),
        ..Behaviour::default()
    };
    vec![
        situation(
            "unseen: link 30 Mbit/s 100 ms × 5",
            LINK,
            link("rate_mbit = 30\nrtt_ms = 100", Http, 5),
        ),
        situation(
            "unseen: link 15 Mbit/s 50 ms × 12, lanes",
            LINK,
            link("rate_mbit = 15\nrtt_ms = 50", Lanes, 12),
        ),
        situation(
            "unseen: link 60 Mbit/s 15 ms × 3",
            LINK,
            link("rate_mbit = 60\nrtt_ms = 15", Http, 3),
        ),
        situation(
            "unseen: deep buffer 10 Mbit/s × 4",
            LINK,
            link("rate_mbit = 10\nrtt_ms = 30\nbuffer_kib = 1000", Http, 4),
        ),
        situation(
            "unseen: busy home link × 4",
            LINK,
            link("busy-home-link", Http, 4),
        ),
        situation(
            "unseen: cap 3 Mbit/s 60 ms × 6",
            CAP,
            link(
                "rate_mbit = 100\nrtt_ms = 60\nper_connection_mbit = 3",
                Http,
                6,
            ),
        ),
        situation(
            "unseen: cap 4 Mbit/s 30 ms × 2, lanes",
            CAP,
            link(
                "rate_mbit = 60\nrtt_ms = 30\nper_connection_mbit = 4",
                Lanes,
                2,
            ),
        ),
        situation(
            "unseen: window 96 KiB 90 ms × 6",
            WINDOW,
            link("rate_mbit = 100\nrtt_ms = 90\nwindow_kib = 96", Http, 6),
        ),
        situation(
            "unseen: window 48 KiB 200 ms × 3, lanes",
            WINDOW,
            link("rate_mbit = 20\nrtt_ms = 200\nwindow_kib = 48", Lanes, 3),
        ),
        situation(
            "unseen: loss 0.7 % 70 ms × 10",
            LOSS,
            link("rate_mbit = 200\nrtt_ms = 70\nloss_percent = 0.7", Http, 10),
        ),
        situation(
            "unseen: loss 3 % 50 ms × 3, lanes",
            LOSS,
            link("rate_mbit = 50\nrtt_ms = 50\nloss_percent = 3", Lanes, 3),
        ),
        situation(
            "unseen: server limit 700 kB/s × 5",
            CAP,
            Setting::Server(limited(7e5, 35), 5),
        ),
        situation(
            "unseen: server limit 1.5 MB/s, 1 connection",
            ONE,
            Setting::Server(limited(1.5e6, 50), 1),
        ),
        situation(
            "unseen: own limit 1 MB/s over a window",
            OWN,
            Setting::OwnLimit(
                1_000_000,
                "rate_mbit = 100\nrtt_ms = 70\nwindow_kib = 64",
                6,
            ),
        ),
        situation(
            "unseen: slow pipe 8 MB/s × 8",
            DISK,
            Setting::SlowReader(8_000_000, 8),
        ),
    ]
}

fn this_computer() -> Vec<Situation> {
    vec![
        situation(
            "own limit, 8 connections",
            OWN,
            Setting::OwnLimit(2_000_000, "", 8),
        ),
        situation(
            "own limit 500 kB/s, 1 connection",
            OWN,
            Setting::OwnLimit(500_000, "", 1),
        ),
        situation(
            "own limit 1 MB/s below a 50 Mbit/s link",
            OWN,
            Setting::OwnLimit(1_000_000, "rate_mbit = 50\nrtt_ms = 40", 8),
        ),
        situation(
            "own limit 5 MB/s above a 10 Mbit/s link",
            LINK,
            Setting::OwnLimit(5_000_000, "rate_mbit = 10\nrtt_ms = 30", 6),
        ),
        situation(
            "slow pipe 3 MB/s × 4",
            DISK,
            Setting::SlowReader(3_000_000, 4),
        ),
        situation(
            "slow pipe 20 MB/s × 1",
            DISK,
            Setting::SlowReader(20_000_000, 1),
        ),
        situation(
            "slow disk × 8",
            DISK,
            Setting::Folder("LANES_SLOW_FOLDER", 8),
        ),
        situation(
            "slow disk × 1",
            DISK,
            Setting::Folder("LANES_SLOW_FOLDER", 1),
        ),
        situation(
            "alone: loopback × 8",
            PROCESSOR,
            Setting::Link("", Lanes, 8),
        ),
        situation(
            "alone: loopback × 2",
            PROCESSOR,
            Setting::Link("", Lanes, 2),
        ),
    ]
}
