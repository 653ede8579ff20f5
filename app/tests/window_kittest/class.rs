//! Tests of a class: the Server screen collects what Compare sends.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, vec2};
use egui_kittest::kittest::Queryable;
use lanes_engine::{CancelToken, SendResultError, ServerName, send_result};
use lanes_shared::class_result::{ClassMode, ClassPoint, ClassResult, Varied};

use crate::compare_url::local_server;
use crate::harness::*;

fn result(name: &str, secs: &[u64]) -> ClassResult {
    let point = |(index, secs): (usize, &u64)| ClassPoint {
        value: 1 << index,
        label: String::new(),
        runs: 3,
        failed: 0,
        median_us: secs * 1_000_000,
        min_us: secs * 900_000,
        max_us: secs * 1_100_000,
    };
    ClassResult {
        name: name.to_owned(),
        file: "Data.jpg".to_owned(),
        file_len: 1_000_000,
        mode: ClassMode::Parallel,
        varied: Varied::Connections,
        connections: 0,
        packet_len: 65_536,
        link: "slow-4g".to_owned(),
        points: secs.iter().enumerate().map(point).collect(),
    }
}

fn send(server: &ServerName, result: &ClassResult) -> Result<(), SendResultError> {
    send_result(server, result, &CancelToken::default())
}

fn tick(window: &mut Window<'_>, checkbox: &str) {
    window
        .get_by_role_and_label(Role::CheckBox, checkbox)
        .click();
    window.step();
}

#[test]
fn results_of_students_are_collected_only_while_switched_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("class.json");
    let mut window = open(lanes::ui::Options {
        class: Some(file.clone()),
        ..options(folder.path())
    });
    let server: ServerName = local_server(&mut window).parse().unwrap();
    assert!(says(&window, "Off: no client can send results"));
    let refused = send(&server, &result("Ada", &[8]));
    assert!(matches!(refused, Err(SendResultError::KeepsNone)));
    assert!(!file.exists(), "nothing is kept before it is asked for");

    // The rows of the table are below the lower edge of a small window.
    window.set_size(vec2(1280.0, 1400.0));
    tick(&mut window, "Collect results");
    until(&mut window, "the collecting", |window| {
        says(window, "no other machine can reach it") && file.exists()
    });
    // The file is open one frame before the server keeps results.
    until(&mut window, "the first result", |_| {
        send(&server, &result("Ada", &[7, 4])).is_ok()
    });
    send(&server, &result("Ada", &[6, 2])).unwrap();
    send(&server, &result("Grace\u{202e}", &[10, 5])).unwrap();
    until(&mut window, "the results", |window| {
        says(window, "3 results of 2 students")
    });
    for words in ["Ada", "Grace", "6.00 s", "10.0 s", "3.00 ×"] {
        assert!(says(&window, words), "{words}: {:?}", all_words(&window));
    }
    assert!(
        !says(&window, "7.00 s"),
        "only the latest of a student counts"
    );
    let plot = "Plot of 2 students, Data.jpg · Slow 4G · parallel. Medians: 1: 8.00 s, 2: 3.50 s";
    assert!(says(&window, plot));
    choose(&mut window, "Plot rates");
    until(&mut window, "the rates", |window| says(window, "kB/s"));

    click(&mut window, "Export CSV");
    until(&mut window, "the export", |window| {
        says(window, "Exported to")
    });
    let csv = std::fs::read_to_string(folder.path().join("lanes-class.csv")).unwrap();
    assert_eq!(csv.lines().count(), 7, "{csv}");

    click(&mut window, "Remove the result of Grace");
    until(&mut window, "the removal", |window| {
        says(window, "2 results of 1 student")
    });
    tick(&mut window, "Collect results");
    until(&mut window, "the end", |window| {
        says(window, "Off: 2 results kept")
    });
    let refused = send(&server, &result("Alan", &[8]));
    assert!(matches!(refused, Err(SendResultError::KeepsNone)));
    drop(window);

    // The results are still there in the next session, once collecting is switched on.
    let mut window = open(lanes::ui::Options {
        class: Some(file),
        ..options(folder.path())
    });
    go_to(&mut window, Key::Num3);
    tick(&mut window, "Collect results");
    until(&mut window, "the results of before", |window| {
        says(window, "2 results of 1 student")
    });
    click(&mut window, "Remove all");
    until(&mut window, "the question", |window| {
        shows(window, "Remove permanently")
    });
    click(&mut window, "Remove permanently");
    until(&mut window, "an empty list", |window| {
        says(window, "Students tick Send results")
    });
}

#[test]
fn a_finished_experiment_is_sent_only_if_the_student_asks() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num3);
    tick(&mut window, "Collect results");
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    click(&mut window, "Class…");
    assert!(says(&window, "Nothing is sent"));
    assert!(says(&window, "No paths, no host names"));
    type_into(&mut window, "Your name", "Ada");
    click(&mut window, "Send now");
    until(&mut window, "the first result", |window| {
        says(window, "1 result sent to 127.0.0.1")
    });
    tick(&mut window, "Send results to the server of this experiment");
    type_into(&mut window, "Your name", "Grace");
    click(&mut window, "Run");
    go_to(&mut window, Key::Num3);
    until(&mut window, "both results", |window| {
        says(window, "2 results of 2 students")
    });
    let plot = "Plot of 2 students, Data-50KB.jpg · Throttled mirror · parallel";
    assert!(says(&window, plot), "{:?}", all_words(&window));
}

#[test]
fn a_server_that_collects_nothing_is_reported_to_the_student() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go_to(&mut window, Key::Num2);
    run_short_comparison(&mut window);
    click(&mut window, "Class…");
    click(&mut window, "Send now");
    until(&mut window, "the reason", |window| {
        says(window, "keeps no results at present")
    });
}

#[test]
fn the_address_is_shown_large_and_the_network_is_one_click_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    local_server(&mut window);
    click(&mut window, "Show address…");
    until(&mut window, "the warning", |window| {
        says(window, "no other machine can reach it")
    });
    assert!(!shows(&window, "Downloads"), "the view covers the window");
    click(&mut window, "Listen on the local network");
    until(
        &mut window,
        "the address or the lack of a network",
        |window| says(window, "QR code of http://") || says(window, "connected to no network"),
    );
    window.key_press(Key::Escape);
    until(&mut window, "the screen", |window| {
        says(window, "Running on 0.0.0.0:")
    });
    assert!(says(&window, "no password"));
}

#[test]
fn connections_of_one_client_are_grouped() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let addr = local_server(&mut window);
    let mut clients: Vec<_> = (0..3)
        .map(|_| std::net::TcpStream::connect(&addr).unwrap())
        .collect();
    until(&mut window, "the only client unfolded", |window| {
        says(window, "Hide the connections of 127.0.0.1")
    });
    assert_eq!(window.query_all_by_label_contains("port ").count(), 3);
    click(&mut window, "Hide the connections of 127.0.0.1");
    until(&mut window, "the client folded", |window| {
        says(window, "Show the connections of 127.0.0.1")
    });
    assert_eq!(window.query_all_by_label_contains("port ").count(), 0);
    clients.truncate(1);
    until(&mut window, "a single connection", |window| {
        !says(window, "the connections of")
    });
}
