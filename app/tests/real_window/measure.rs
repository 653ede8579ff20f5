//! Measures the cost of the window: start time, downloads against `lanes get`, frame times, idle CPU
//! time and memory.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::display::Display;
use crate::program::{Program, TIMEOUT, binary, ticks_of_children};

/// The file for timed downloads.
const FILE: &str = "sample-1GiB.bin";
/// A file that takes long enough to move the pointer meanwhile.
const LONG: &str = "sample-6GiB.bin";
/// Height at which the tabs of the details are, at 1280 × 800.
const TABS_AT: &str = "547";
/// Number of measurements per variant; the variants alternate.
const ROUNDS: usize = 5;
/// Connections, and the number of Tab presses from the link field to the option for them.
const TABS_TO: [(u16, usize); 2] = [(10, 12), (50, 14)];

/// Cost of one download: seconds, and CPU time of all processes in clock ticks.
struct Cost {
    secs: f64,
    ticks: u64,
}

type Measure = fn(&Display, &Path) -> String;

/// All measurements by name.
const ALL: [(&str, Measure); 7] = [
    ("starts", starts),
    ("downloads", downloads),
    ("frames", frames),
    ("replay", replay),
    ("table", table),
    ("memory", memory),
    ("race", race),
];

/// Runs and prints the measurements that `parts` names, or all if it is "1".
pub fn measure(display: &Display, home: &Path, parts: &str) {
    for (name, measure) in ALL {
        if parts == "1" || parts.contains(name) {
            let home = tempfile::tempdir_in(home).expect("a temporary home");
            crate::print(&measure(display, home.path()));
        }
    }
}

/// Measures the time from process start to the first frame.
fn starts(display: &Display, home: &Path) -> String {
    let mut secs: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            let mut program = Program::launch(display, home);
            while !program.is_visible() {
                assert!(started.elapsed() < TIMEOUT, "no window");
            }
            started.elapsed().as_secs_f64()
        })
        .collect();
    secs.sort_by(f64::total_cmp);
    format!(
        "start to first frame: best {:.3} s, median of {ROUNDS} {:.3} s",
        secs[0],
        secs[secs.len() / 2]
    )
}

/// Compares the same download in the window and by `lanes get`.
fn downloads(display: &Display, home: &Path) -> String {
    let mut report = Vec::new();
    let mut program = Program::start(display, home, "dark");
    program.name_file(FILE);
    for (connections, tabs) in TABS_TO {
        choose_connections(&mut program, tabs);
        // Warm-up, not counted: the first download makes the server compute the digest.
        in_window(&mut program, connections);
        headless(&mut program, home, connections);
        let before = program.frames().len();
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            with.push(in_window(&mut program, connections));
            without.push(headless(&mut program, home, connections));
        }
        let (window, get) = (median(&with), median(&without));
        let best = |costs: &[Cost]| costs.iter().map(|cost| cost.secs).fold(f64::MAX, f64::min);
        report.push(format!(
            "{FILE}, {connections} connections, alternating, medians of {ROUNDS}: {:.3} s in the window, \
             {:.3} s by `lanes get`: {:.2} times as long (best of each: {:.2}); {} and {} clock ticks of \
             CPU time",
            window.secs,
            get.secs,
            window.secs / get.secs,
            best(&with) / best(&without),
            window.ticks,
            get.ticks,
        ));
        let frames = &program.frames()[before..];
        report.push(format!("  frames meanwhile: {}", percentiles(frames)));
    }
    program.until_idle();
    let before = program.ticks();
    std::thread::sleep(Duration::from_secs(10));
    let ticks = program.ticks() - before;
    report.push(format!("idle for 10 s: {ticks} clock ticks of CPU time"));
    program.close();
    report.join("\n")
}

/// Measures frame times while the pointer moves and 50 connections download.
fn frames(display: &Display, home: &Path) -> String {
    let mut program = Program::start(display, home, "dark");
    program.name_file(LONG);
    choose_connections(&mut program, TABS_TO[1].1);
    program.keys(&["ctrl+Return"]);
    let part = program.on_desktop(&format!("{LONG}.part"));
    program.until("the start of the download", |_| part.is_file());
    let before = program.frames().len();
    let mut at = 0;
    program.until("the download", |program| {
        for _ in 0..20 {
            at = (at + 7) % 1000;
            let (x, y) = ((140 + at).to_string(), (440 + at % 60).to_string());
            display.xdotool(&["mousemove", &x, &y]);
        }
        !program.finished().is_empty()
    });
    let frames = &program.frames()[before..];
    let report = format!(
        "{LONG} over 50 connections, the pointer moving over its map: {}",
        percentiles(frames)
    );
    remove(&program.on_desktop(LONG));
    program.close();
    report
}

/// Measures frame times and processor time of the race, and that nothing is drawn after it.
fn race(display: &Display, home: &Path) -> String {
    let mut program = Program::start(display, home, "dark");
    program.until_idle();
    let (frames, ticks) = (program.frames().len(), program.ticks());
    program.keys(&["ctrl+shift+r"]);
    program.until("the race", |program| program.finished().len() >= 2);
    let used = program.ticks() - ticks;
    let report = percentiles(&program.frames()[frames..]);
    program.until_idle();
    let before = (program.frames().len(), program.ticks());
    std::thread::sleep(Duration::from_secs(10));
    let after = (program.frames().len(), program.ticks());
    let report = format!(
        "race: {report}; {used} clock ticks of CPU time; then in 10 s {} frames and {} clock ticks",
        after.0 - before.0,
        after.1 - before.1
    );
    program.close();
    report
}

/// Measures frame times of the replay of 50 connections, in each view, and the cost of a paused one.
fn replay(display: &Display, home: &Path) -> String {
    let mut program = Program::start(display, home, "dark");
    program.name_file(FILE);
    choose_connections(&mut program, TABS_TO[1].1);
    in_window(&mut program, TABS_TO[1].0);
    let mut report = Vec::new();
    // The tabs of the details at 1280 × 800.
    for (tab, x) in [
        ("connections", "178"),
        ("time lines", "277"),
        ("rate", "346"),
        ("stacked rate", "431"),
        ("packets", "521"),
    ] {
        display.xdotool(&["mousemove", x, TABS_AT, "click", "1"]);
        program.until_idle();
        let before = program.frames().len();
        program.keys(&["ctrl+r"]);
        program.until("the replay", |program| program.frames().len() > before + 20);
        program.until_idle();
        report.push(format!(
            "replay of {FILE} over 50 connections, {tab}: {}",
            percentiles(&program.frames()[before..])
        ));
    }
    program.keys(&["ctrl+r"]);
    program.keys(&["ctrl+r"]);
    program.until_idle();
    let before = program.ticks();
    std::thread::sleep(Duration::from_secs(10));
    let ticks = program.ticks() - before;
    report.push(format!("paused for 10 s: {ticks} clock ticks of CPU time"));
    program.close();
    report.join("\n")
}

/// Number of downloads in the table that is scrolled.
const ROWS: usize = 10_000;

/// Measures frame times while the mouse wheel scrolls a long table, and the memory that its downloads take.
fn table(display: &Display, home: &Path) -> String {
    let empty = {
        let home = tempfile::tempdir_in(home).expect("a temporary home");
        let mut program = Program::start(display, home.path(), "dark");
        program.until_idle();
        let memory = program.memory();
        program.close();
        memory
    };
    let entry = |number: usize| {
        format!(
            r#"{{"source":"lanes://127.0.0.1:5115/film-{number}.mkv","destination":"desktop","mode":"parallel",
            "connections":10,"packet_len":65536,"shuffled":null,"checksum":null,"name":"film-{number}.mkv",
            "path":null,"state":"finished","len":{len},"done":{len},"added_ms":1700000000000,
            "elapsed_us":1000000,"digest":null,"retries":0,"modified_ms":null,"notices":[]}}"#,
            len = number * 1_234_567
        )
    };
    let entries: Vec<String> = (1..=ROWS).map(entry).collect();
    let list = format!(r#"{{"version":1,"downloads":[{}]}}"#, entries.join(","));
    crate::program::write_data_file(home, "history.json", &list);
    let mut program = Program::start(display, home, "dark");
    program.until_idle();
    display.xdotool(&["mousemove", "500", "260"]);
    let before = program.frames().len();
    for button in ["5", "4"] {
        display.xdotool(&["click", "--repeat", "300", "--delay", "10", button]);
    }
    program.until_idle();
    let report = format!(
        "{ROWS} downloads, scrolled down and up: {}; {} MB of memory, {} MB with an empty list",
        percentiles(&program.frames()[before..]),
        program.memory() / 1_000_000,
        empty / 1_000_000,
    );
    program.close();
    report
}

/// Measures memory use over 1,000 runs of a comparison and 1,000 downloads.
fn memory(display: &Display, home: &Path) -> String {
    let settings = r#"{"settings": "{\"theme\":\"dark\"}", "link": "open-loopback"}"#;
    crate::program::write_data_file(home, "app.ron", settings);
    let mut program = Program::restart(display, home);
    program.keys(&["ctrl+2"]);
    program.until_idle();
    program.name_file("Data-50KB.jpg");
    // Past the files, the link and its editor, to the number of runs.
    crate::press_each(&mut program, &["Tab", "Tab", "Tab", "Tab"]);
    program.write("50");
    // Past the button, the varied quantity and five presets, to the values.
    crate::press_each(&mut program, &["Tab"; 8]);
    let values: Vec<String> = (1..=20).map(|value| value.to_string()).collect();
    program.keys(&["ctrl+a"]);
    program.write(&values.join(","));
    program.keys(&["ctrl+Return"]);
    let mut report = vec!["memory, in MB, with a comparison of 1,000 runs:".to_owned()];
    for runs in [1, 200, 400, 600, 800, 1000] {
        program.until("runs", |program| program.finished().len() >= runs);
        report.push(format!("{} at {runs},", program.memory() / 1_000_000));
    }
    program.until_idle();
    program.keys(&["ctrl+1"]);
    program.until_idle();
    program.name_file("Data-50KB.jpg");
    report.push("then with 1,000 downloads:".to_owned());
    for round in 0..=5 {
        let before = program.finished().len();
        if round > 0 {
            display.xdotool(&["key", "--repeat", "200", "--delay", "40", "ctrl+Return"]);
            program.until("downloads", |program| {
                program.finished().len() >= before + 190
            });
            program.until_idle();
        }
        report.push(format!(
            "{} at {},",
            program.memory() / 1_000_000,
            round * 200
        ));
    }
    program.close();
    report.join(" ")
}

fn choose_connections(program: &mut Program<'_>, tabs: usize) {
    program.keys(&["ctrl+l"]);
    program.until_idle();
    for _ in 0..tabs {
        // One per frame: egui misses all but one of several within a frame.
        program.keys(&["Tab"]);
        program.until_idle();
    }
    program.keys(&["space"]);
}

/// Formats frame times: layout only, which is the program's own work, and with painting, which includes
/// the software renderer.
fn percentiles(frames: &[(u32, u32)]) -> String {
    let summary = |pick: fn(&(u32, u32)) -> u32| {
        let mut micros: Vec<u32> = frames.iter().map(pick).collect();
        micros.sort_unstable();
        let at = |percent: usize| {
            let index = (micros.len() * percent / 100).min(micros.len().saturating_sub(1));
            f64::from(micros.get(index).copied().unwrap_or_default()) / 1000.0
        };
        format!("median {:.1} ms, p95 {:.1} ms", at(50), at(95))
    };
    format!(
        "{} frames; layout: {}; with painting: {}",
        frames.len(),
        summary(|frame| frame.0),
        summary(|frame| frame.1)
    )
}

fn in_window(program: &mut Program<'_>, connections: u16) -> Cost {
    program.until_idle();
    let before = (program.finished().len(), program.ticks());
    program.keys(&["ctrl+Return"]);
    program.until("the download", |program| {
        program.finished().len() > before.0
    });
    // Drawing the end of the download is part of the cost.
    program.until_idle();
    let ticks = program.ticks() - before.1;
    let (secs, used) = program.finished()[before.0];
    assert_eq!(used, connections);
    remove(&program.on_desktop(FILE));
    Cost { secs, ticks }
}

/// Downloads by `lanes get` from the server inside the program, whose window is idle.
fn headless(program: &mut Program<'_>, home: &Path, connections: u16) -> Cost {
    program.until_idle();
    let server = program.server().expect("the server is running");
    let folder = home.join("headless");
    let before = program.ticks() + ticks_of_children();
    let output = Command::new(binary())
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

/// Deletes a file; waits for it, since the log may report the end before the file has its final name.
fn remove(file: &Path) {
    let deadline = Instant::now() + TIMEOUT;
    while std::fs::remove_file(file).is_err() {
        assert!(Instant::now() < deadline, "no {}", file.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the medians of seconds and of ticks, each by itself.
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
