//! `lanes add`, `status`, `pause`, `resume` and `remove`.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use serde_json::{Value, json};

use crate::common;
use crate::daemon::Daemon;
use crate::file_server::FileServer;

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn commands_find_the_daemon_and_steer_its_queue() {
    let mut daemon = Daemon::start(&["--rpc-secret", "s3cret"]);
    let files = FileServer::new(common::bytes(50_000, 1));
    let file = std::fs::metadata(daemon.state().join("daemon.json")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert_eq!(text(&daemon.run(&["status"])), "No downloads\n");

    let (a, b) = (files.url("a.bin"), files.url("b.bin"));
    let added = text(&daemon.run(&["add", "--pause", &a, &b]));
    let gids: Vec<&str> = added.lines().collect();
    let status =
        || -> Value { serde_json::from_str(&text(&daemon.run(&["status", "--json"]))).unwrap() };
    assert_eq!(status()[1]["gid"], gids[1]);
    assert_eq!(status()[0]["status"], "paused");
    text(&daemon.run(&["resume", gids[0]]));
    common::wait_for("the download", || {
        (status()[1]["status"] == "complete").then_some(())
    });
    assert_eq!(
        std::fs::read(daemon.downloads().join("a.bin")).unwrap(),
        common::bytes(50_000, 1)
    );
    let shown = text(&daemon.run(&["status"]));
    for words in ["b.bin", "paused", "a.bin", "complete", "50.0 kB of 50.0 kB"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    text(&daemon.run(&["remove", gids[0], gids[1]]));
    let command = format!("curl '{a}' -H 'Cookie: sid=1' -u me:pw -o named.bin");
    let gid = text(&daemon.run(&["add", "--curl", &command]));
    common::wait_for("the file", || {
        daemon.downloads().join("named.bin").exists().then_some(())
    });
    let head = files.heads().pop().unwrap().to_ascii_lowercase();
    assert!(
        head.contains("cookie: sid=1\r\n") && head.contains("authorization: basic"),
        "{head}"
    );
    common::wait_for("the end", || {
        (status()[0]["status"] == "complete").then_some(())
    });
    text(&daemon.run(&["remove", gid.trim()]));
    assert_eq!(text(&daemon.run(&["status"])), "No downloads\n");
    assert!(daemon.downloads().join("a.bin").exists(), "files stay");

    let wrong = daemon.run(&["pause", "00000000000000ff"]);
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert!(error.contains("is not found"), "{error}");
    daemon.end("-TERM");
    let ended = daemon.run(&["status"]);
    let error = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(error.contains("lanes serve"), "{error}");
}

#[test]
fn links_without_a_command_go_to_the_daemon_if_no_window_is_open() {
    let mut daemon = Daemon::start(&["--rpc-secret", "s3cret"]);
    let files = FileServer::new(common::bytes(50_000, 1));
    let list = daemon.downloads().join("list.meta4");
    let metalink = format!(
        "<metalink xmlns='urn:ietf:params:xml:ns:metalink'><file name='b.bin'><url>{}</url></file></metalink>",
        files.url("b.bin")
    );
    std::fs::create_dir_all(daemon.downloads()).unwrap();
    std::fs::write(&list, metalink).unwrap();
    let added = text(&daemon.run_links(&[&files.url("a.bin"), list.to_str().unwrap()]));
    assert_eq!(added.lines().count(), 2, "{added}");
    // Desktops pass files as links.
    let second = daemon.downloads().join("second list.meta4");
    let metalink = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&second, metalink.replace("b.bin", "c.bin")).unwrap();
    let link = format!("file://{}", second.display()).replace(' ', "%20");
    assert_eq!(text(&daemon.run_links(&[&link])).lines().count(), 1);
    for name in ["a.bin", "b.bin", "c.bin"] {
        common::wait_for(name, || {
            let saved = std::fs::read(daemon.downloads().join(name));
            saved
                .is_ok_and(|saved| saved == common::bytes(50_000, 1))
                .then_some(())
        });
    }
    daemon.end("-KILL");
    // The file of the killed daemon is still there.
    let ran = daemon.run_links(&[&files.url("c.bin")]);
    let error = String::from_utf8(ran.stderr).unwrap();
    assert!(
        ran.status.code() == Some(1) && error.contains("display"),
        "{error}"
    );
}

#[test]
fn downloads_of_a_browser_go_to_the_daemon_if_no_window_is_open() {
    let daemon = Daemon::start(&["--rpc-secret", "s3cret"]);
    let files = FileServer::new(common::bytes(50_000, 1));
    let headers = json!({ "Cookie": "sid=1", "Referer": "http://page/", "Range": "bytes=7-" });
    let download = |path: &str, name: &str| json!({ "url": files.url(path), "name": name, "headers": headers });
    let downloads = [
        download("get?id=1", "first.bin"),
        download("get?id=2", "second.bin"),
    ];
    let answer = daemon.hand_over(&json!({ "type": "add", "downloads": downloads }));
    assert_eq!(answer, json!({ "type": "taken" }));
    for name in ["first.bin", "second.bin"] {
        common::wait_for(name, || {
            daemon.downloads().join(name).exists().then_some(())
        });
    }
    for head in files.heads() {
        let head = head.to_ascii_lowercase();
        assert!(
            head.contains("cookie: sid=1\r\n") && head.contains("referer: http://page/\r\n"),
            "{head}"
        );
        assert!(!head.contains("bytes=7-\r\n"), "{head}");
    }
    let hello = daemon.hand_over(&json!({ "type": "hello" }));
    assert_eq!(hello["isRunning"], true);
}
