//! What the window costs: the same download in it and without it, from the same server, in turn.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::display::Display;
use crate::program::{PATIENCE, Program, ticks_of_children};

/// The file that is downloaded.
const FILE: &str = "sample-1GiB.bin";
/// How often each way is measured, in turn.
const ROUNDS: usize = 5;
/// From the field for the file to the chip of 10 connections and to that of 50.
const TABS_TO: [(u16, usize); 2] = [(10, 12), (50, 14)];

/// One download: how long it took, and what it cost all processes together, in clock ticks.
struct Cost {
    secs: f64,
    ticks: u64,
}

/// Measures, and says what was measured.
pub fn measure(display: &Display, home: &Path) -> String {
    let mut said = Vec::new();
    let mut program = Program::start(display, home, "dark");
    program.name_file(FILE);
    for (connections, tabs) in TABS_TO {
        program.keys(&["ctrl+l"]);
        program.until_idle();
        for _ in 0..tabs {
            // One a frame: of two within one frame egui sees one.
            program.keys(&["Tab"]);
            program.until_idle();
        }
        program.keys(&["space"]);
        // The first brings the server to compute the digest; neither counts.
        in_window(&mut program, connections);
        headless(&mut program, home, connections);
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            with.push(in_window(&mut program, connections));
            without.push(headless(&mut program, home, connections));
        }
        let (window, get) = (median(&with), median(&without));
        said.push(format!(
            "{FILE}, {connections} connections, medians of {ROUNDS} in turn: {:.3} s in the window, \
             {:.3} s by `lanes get`: {:.2} times as long; {} and {} clock ticks of processor time",
            window.secs,
            get.secs,
            window.secs / get.secs,
            window.ticks,
            get.ticks,
        ));
    }
    program.until_idle();
    let before = program.ticks();
    std::thread::sleep(Duration::from_secs(10));
    let ticks = program.ticks() - before;
    said.push(format!(
        "idle for 10 s: {ticks} clock ticks of processor time"
    ));
    program.close();
    said.join("\n")
}

fn in_window(program: &mut Program<'_>, connections: u16) -> Cost {
    program.until_idle();
    let before = (program.finished().len(), program.ticks());
    program.keys(&["ctrl+Return"]);
    program.until("the download", |program| {
        program.finished().len() > before.0
    });
    // What it draws of the end is part of the cost.
    program.until_idle();
    let ticks = program.ticks() - before.1;
    let (secs, used) = program.finished()[before.0];
    assert_eq!(used, connections);
    remove(&program.on_desktop(FILE));
    Cost { secs, ticks }
}

/// From the server in the same program, whose window rests.
fn headless(program: &mut Program<'_>, home: &Path, connections: u16) -> Cost {
    program.until_idle();
    let server = program.server().expect("it was waited for");
    let folder = home.join("headless");
    let before = program.ticks() + ticks_of_children();
    let output = Command::new(env!("CARGO_BIN_EXE_lanes"))
        .args(["get", &format!("lanes://{server}/{FILE}"), "--json"])
        .args(["--connections", &connections.to_string()])
        .arg("--output")
        .arg(folder.join(FILE))
        .output()
        .expect("lanes get");
    let ticks = program.ticks() + ticks_of_children() - before;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    remove(&folder.join(FILE));
    let secs = json["seconds"].as_f64().expect("seconds");
    Cost { secs, ticks }
}

/// Where the file is named late, the log may be ahead of the folder.
fn remove(file: &Path) {
    let deadline = Instant::now() + PATIENCE;
    while std::fs::remove_file(file).is_err() {
        assert!(Instant::now() < deadline, "no {}", file.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn median(costs: &[Cost]) -> Cost {
    let middle = costs.len() / 2;
    let mut secs: Vec<f64> = costs.iter().map(|cost| cost.secs).collect();
    secs.sort_by(f64::total_cmp);
    let mut ticks: Vec<u64> = costs.iter().map(|cost| cost.ticks).collect();
    ticks.sort_unstable();
    Cost {
        secs: secs[middle],
        ticks: ticks[middle],
    }
}
