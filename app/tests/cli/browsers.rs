//! Tests of `lanes integrate` and of `lanes native-host`, as browsers start it.

use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::user::{RunResult, User};

/// Id of the extension in Firefox.
const FIREFOX_ID: &str = "lanes@lanesapp.github.io";

#[test]
fn browsers_are_connected_by_files_in_their_folders_and_disconnected_again() {
    let user = User::new();
    let home = user.desktop().parent().unwrap().to_owned();
    let ran = user.run(&["integrate"]);
    assert!(
        ran.code == Some(1) && ran.err.contains("start one first"),
        "{ran:?}"
    );
    fs::create_dir_all(home.join(".config/chromium")).unwrap();
    let ran = user.run(&["integrate"]);
    assert!(
        ran.code == Some(0) && ran.out.starts_with("Connected: Chromium\n"),
        "{ran:?}"
    );
    let ran = user.run(&["integrate", "firefox", "brave"]);
    assert!(
        ran.out.starts_with("Connected: Firefox, Brave\n"),
        "{ran:?}"
    );
    let folder = ran
        .out
        .lines()
        .last()
        .unwrap()
        .strip_prefix("Load the extension from ")
        .unwrap();
    let extension = fs::read(format!("{folder}/manifest.json")).unwrap();
    let extension: Value = serde_json::from_slice(&extension).unwrap();
    assert_eq!(extension["manifest_version"], 3);

    let manifests = [
        ".config/chromium/NativeMessagingHosts",
        ".config/BraveSoftware/Brave-Browser/NativeMessagingHosts",
        ".mozilla/native-messaging-hosts",
    ];
    let manifests = manifests.map(|folder| home.join(folder).join("io.github.lanesapp.lanes.json"));
    for path in &manifests {
        let manifest: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(manifest["path"], env!("CARGO_BIN_EXE_lanes"));
    }
    let ran = user.run(&["integrate", "--undo"]);
    assert_eq!(ran.out, "Disconnected: Chromium, Brave, Firefox\n");
    assert!(manifests.iter().all(|path| !path.exists()) && !fs::exists(folder).unwrap());
    let ran = user.run(&["integrate", "netscape"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("chromium"),
        "{ran:?}"
    );
}

/// Runs the host as Firefox does, with this input.
fn host(user: &User, input: &[u8]) -> Output {
    let mut host = user
        .lanes(&["/some/manifest.json", FIREFOX_ID])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    host.stdin.take().unwrap().write_all(input).unwrap();
    host.wait_with_output().unwrap()
}

fn framed(message: &Value) -> Vec<u8> {
    let json = message.to_string();
    [&(json.len() as u32).to_ne_bytes()[..], json.as_bytes()].concat()
}

#[test]
fn host_reports_that_no_window_can_open_so_that_the_browser_continues() {
    let user = User::new();
    let add = json!({ "type": "add", "downloads": [{ "url": user.url("Data.jpg") }] });
    let output = host(&user, &framed(&add));
    assert!(output.status.success());
    let answers = String::from_utf8_lossy(&output.stdout);
    assert!(answers.contains(r#"{"type":"starting"}"#), "{answers}");
    assert!(
        answers.contains(r#""type":"failed""#) && answers.contains("display"),
        "{answers}"
    );
}

#[test]
fn host_ends_with_an_error_after_a_length_that_no_message_has() {
    let user = User::new();
    for input in [&[0xff; 8][..], b"\x02\0\0\0{", b"ab"] {
        let ran = RunResult::from(host(&user, input));
        assert!(
            ran.code == Some(1) && ran.err.lines().count() == 1,
            "{ran:?}"
        );
    }
}
