//! Programs that speak aria2's JSON-RPC to the window.
#![allow(clippy::unwrap_used, reason = "test helpers may unwrap")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use lanes::ui::Options;
use lanes_server::{Config, Server};
use serde_json::{Value, json};

use crate::client::Client;
use crate::harness::*;

/// Length of the served file.
const LEN: usize = 3_000_000;

/// Serves a folder with one file of [`LEN`] bytes.
fn file_server(root: &Path) -> Server {
    let bytes: Vec<u8> = (0..LEN as u32).map(|n| (n / 7) as u8).collect();
    std::fs::write(root.join("a.bin"), bytes).unwrap();
    let config = Config {
        root: Some(root.to_owned()),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Config::default()
    };
    Server::start(config).expect("a server on loopback")
}

fn free_address() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

/// A window with the interface at an address.
struct Setup {
    folder: tempfile::TempDir,
    address: SocketAddr,
    settings: Value,
}

impl Setup {
    fn new(token: &str) -> Self {
        let address = free_address();
        let interface = json!({ "enabled": true, "token": token, "port": address.port() });
        Self {
            folder: tempfile::tempdir().unwrap(),
            address,
            settings: json!({ "interface": interface }),
        }
    }

    fn client(&self) -> Client {
        Client::new(self.address)
    }

    fn files(&self) -> std::path::PathBuf {
        self.folder.path().join("files")
    }

    /// Opens the window and waits for the interface.
    fn open(&self) -> Window<'static> {
        let mut window = open(Options {
            stored: Some(self.settings.to_string()),
            history: Some(self.folder.path().join("history.json")),
            ..options(&self.files())
        });
        go_to(&mut window, Key::Num4);
        until(&mut window, "the interface", |window| {
            says(window, "Listening at http://127.0.0.1:")
        });
        go_to(&mut window, Key::Num1);
        window
    }
}

/// Steps the window until a download has a status, and returns its fields.
fn until_status(window: &mut Window<'_>, client: &Client, gid: &str, status: &str) -> Value {
    let fields = || client.result("aria2.tellStatus", json!([gid]));
    until(window, status, |_| fields()["status"] == status);
    fields()
}

#[test]
fn one_click_lets_programs_in_and_each_download_waits_for_an_answer() {
    let root = tempfile::tempdir().unwrap();
    let server = file_server(root.path());
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut window = open(Options {
        stored: Some(json!({ "interface": { "port": address.port() } }).to_string()),
        ..options(folder.path())
    });
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "off by default"
    );
    go_to(&mut window, Key::Num4);
    let label = "Let other programs use Lanes";
    window
        .get_by_role_and_label(Role::CheckBox, label)
        .click_accesskit();
    until(&mut window, "the interface", |window| {
        says(window, &format!("Listening at http://{address}/jsonrpc"))
    });
    let client = Client::new(address);
    let link = format!("http://{}/a.bin", server.addr());
    let add = |out: &str| client.result("aria2.addUri", json!([[link], { "out": out }]));
    let first = add("first.bin");
    let gid = first.as_str().unwrap();
    until(&mut window, "the question", |window| {
        says(
            window,
            "Another program wants to download first.bin from 127.0.0.1",
        )
    });
    go_to(&mut window, Key::Num1);
    let waiting = client.result("aria2.tellWaiting", json!([0, 9, ["gid", "status"]]));
    assert_eq!(waiting, json!([{ "gid": gid, "status": "waiting" }]));
    assert!(rows(&window).is_empty() && file_names(folder.path()).is_empty());
    // An accepted download must not become another one.
    let change = json!([gid, 1, [], ["http://127.0.0.1:9/evil"]]);
    assert!(client.error("aria2.changeUri", change).contains("token"));
    click(&mut window, "Allow");
    let done = until_status(&mut window, &client, gid, "complete");
    assert_eq!(done["totalLength"], LEN.to_string());
    until(&mut window, "the row", |window| {
        rows(window) == ["first.bin, Finished"] && !says(window, "Another program")
    });
    let saved = std::fs::read(folder.path().join("first.bin")).unwrap();
    assert!(saved == std::fs::read(root.path().join("a.bin")).unwrap());

    let second = add("second.bin");
    until(&mut window, "the question", |window| {
        says(window, "Another program")
    });
    click(&mut window, "Refuse");
    until_status(&mut window, &client, second.as_str().unwrap(), "removed");
    assert_eq!(file_names(folder.path()), ["first.bin"]);

    // Off again: nothing listens.
    go_to(&mut window, Key::Num4);
    window
        .get_by_role_and_label(Role::CheckBox, label)
        .click_accesskit();
    until(&mut window, "the end of the interface", |_| {
        std::net::TcpStream::connect(address).is_err()
    });
}

#[test]
fn downloads_of_programs_with_a_token_are_kept_like_any_other() {
    let root = tempfile::tempdir().unwrap();
    let server = file_server(root.path());
    let setup = Setup::new("s3cret");
    let client = setup.client().with_token("s3cret");
    let mut window = setup.open();
    assert_eq!(
        setup.client().error("aria2.getVersion", json!([])),
        "Unauthorized"
    );
    let link = format!("http://{}/a.bin", server.addr());
    let options = json!({
        "pause": "true", "gid": "00000000000000ab", "out": "kept.bin", "split": "3",
        "header": ["Cookie: sid=1", "Range: bytes=5-"], "referer": "http://h/page",
    });
    let gid = "00000000000000ab";
    assert_eq!(client.result("aria2.addUri", json!([[link], options])), gid);
    let outside = client.error("aria2.addUri", json!([[link], { "dir": "/etc" }]));
    assert!(outside.contains("outside of"), "{outside}");
    until(&mut window, "the row", |window| {
        rows(window) == ["kept.bin, Paused"]
    });
    choose(&mut window, "Details");
    until(&mut window, "what is sent", |window| {
        says(window, "Referer, Cookie")
    });
    drop(window);

    // The program is started again: same id, same options.
    let mut window = setup.open();
    until(&mut window, "the row", |window| {
        rows(window) == ["kept.bin, Paused"]
    });
    let kept = client.result("aria2.getOption", json!([gid]));
    assert_eq!(
        (
            &kept["header"],
            &kept["referer"],
            &kept["split"],
            &kept["out"]
        ),
        (
            &json!("Cookie: sid=1"),
            &json!("http://h/page"),
            &json!("3"),
            &json!("kept.bin")
        )
    );
    client.result("aria2.changeOption", json!([gid, { "out": "moved.bin" }]));
    until_status(&mut window, &client, gid, "paused");
    client.result("aria2.unpause", json!([gid]));
    until_status(&mut window, &client, gid, "complete");
    until(&mut window, "the row", |window| {
        rows(window) == ["moved.bin, Finished"]
    });
    assert_eq!(file_names(&setup.files()), ["moved.bin"]);
    // A link of a download that has ended may be a secret; forgetting it empties the window's list.
    client.result("aria2.removeDownloadResult", json!([gid]));
    until(&mut window, "an empty list", |window| {
        rows(window).is_empty()
    });
    assert!(
        client
            .error("aria2.tellStatus", json!([gid]))
            .contains("not found")
    );
}

#[test]
fn what_the_user_does_in_the_window_is_told_to_programs() {
    let root = tempfile::tempdir().unwrap();
    let server = file_server(root.path());
    let setup = Setup::new("");
    let mut window = setup.open();
    let client = setup.client();
    let mut socket = client.web_socket();
    go_to(&mut window, Key::Num4);
    type_into(&mut window, "Total speed limit", "100 kB");
    window.key_press(Key::Enter);
    until(&mut window, "the limit", |window| {
        says(window, "Limited to 100 kB/s")
    });
    go_to(&mut window, Key::Num1);
    // Started by the user, without a program.
    type_into(
        &mut window,
        "File or link",
        &format!("http://{}/a.bin", server.addr()),
    );
    click(&mut window, "Download");
    until(&mut window, "the first bytes", |window| {
        says(window, "of 3.00 MB")
    });
    let active = client.result("aria2.tellActive", json!([]));
    let gid = active[0]["gid"].as_str().unwrap();
    assert_eq!(active[0]["totalLength"], LEN.to_string());
    socket.wait_for("aria2.onDownloadStart", gid);
    click(&mut window, "Pause");
    until_status(&mut window, &client, gid, "paused");
    socket.wait_for("aria2.onDownloadPause", gid);
    client.result("aria2.unpause", json!([gid]));
    until_status(&mut window, &client, gid, "active");
    socket.wait_for("aria2.onDownloadStart", gid);
    assert_eq!(client.result("aria2.remove", json!([gid])), gid);
    until_status(&mut window, &client, gid, "removed");
    socket.wait_for("aria2.onDownloadStop", gid);
    until(&mut window, "an empty list", |window| {
        rows(window).is_empty()
    });
    let options = client.result("aria2.getGlobalOption", json!([]));
    assert_eq!(options["max-overall-download-limit"], "100000");
}

#[test]
fn limits_of_a_program_become_the_settings_of_the_window() {
    let setup = Setup::new("t");
    let mut window = setup.open();
    let client = setup.client().with_token("t");
    let changes = json!({ "max-overall-download-limit": "2M", "max-concurrent-downloads": "7" });
    client.result("aria2.changeGlobalOption", json!([changes]));
    until(&mut window, "the limit", |window| {
        says(window, "Limited to 2.10 MB/s in total")
    });
    let wrong = json!([{ "max-concurrent-downloads": "0" }]);
    assert!(
        client
            .error("aria2.changeGlobalOption", wrong)
            .contains("between 1 and 64")
    );
    let now = client.result("aria2.getGlobalOption", json!([]));
    assert_eq!(now["max-concurrent-downloads"], "7");
}

#[test]
fn a_program_that_holds_the_port_is_named() {
    let setup = Setup::new("");
    let first = setup.open();
    let mut second = open(Options {
        stored: Some(setup.settings.to_string()),
        ..options(setup.folder.path())
    });
    go_to(&mut second, Key::Num4);
    until(&mut second, "the holder", |window| {
        says(window, "is in use by another Lanes")
    });
    drop((first, second));

    // A program that answers like aria2 with a token.
    let listener = TcpListener::bind(setup.address).unwrap();
    let answers = move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let len = stream.read(&mut head).unwrap();
            let is_post = head[..len].starts_with(b"POST");
            let body = match is_post {
                true => r#"{"error":{"code":1,"message":"Unauthorized"}}"#,
                false => "",
            };
            let _ = write!(
                stream,
                "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    };
    let answering = std::thread::Builder::new().spawn(answers).unwrap();
    let mut window = open(Options {
        stored: Some(setup.settings.to_string()),
        ..options(setup.folder.path())
    });
    go_to(&mut window, Key::Num4);
    until(&mut window, "the holder", |window| {
        says(window, "is in use by aria2")
    });
    answering.join().unwrap();
}

#[test]
fn programs_order_the_queue_as_the_window_does() {
    // Accepts connections and never answers, so that one download runs and the others wait.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let link = format!("http://{}/a.bin", silent.local_addr().unwrap());
    let setup = Setup::new("t");
    let mut window = setup.open();
    let client = setup.client().with_token("t");
    let one = json!([{ "max-concurrent-downloads": "1" }]);
    client.result("aria2.changeGlobalOption", one);
    let add = |name: &str, position: Option<usize>| -> String {
        let mut params = vec![json!([link]), json!({ "out": name })];
        params.extend(position.map(Value::from));
        let gid = client.result("aria2.addUri", Value::Array(params));
        gid.as_str().unwrap().to_owned()
    };
    let order = || -> Vec<String> {
        let waiting = client.result("aria2.tellWaiting", json!([0, 9, ["gid"]]));
        let gids = waiting.as_array().unwrap().iter();
        gids.map(|one| one["gid"].as_str().unwrap().to_owned())
            .collect()
    };
    let change = |gid: &str, offset: i64, anchor: &str| {
        client.result("aria2.changePosition", json!([gid, offset, anchor]))
    };
    let running = add("running.bin", None);
    until_status(&mut window, &client, &running, "active");
    let [a, b, c] = ["a", "b", "c"].map(|name| add(name, None));
    assert_eq!(change(&c, 0, "POS_SET"), 0);
    assert_eq!(order(), [&*c, &*a, &*b]);
    let x = add("x", Some(1));
    assert_eq!(order(), [&*c, &*x, &*a, &*b]);
    until(&mut window, "the queued downloads", |window| {
        shows(window, "Filter Queued 4")
    });
    choose(&mut window, "Filter Queued 4");
    let until_rows = |window: &mut Window<'_>, names: [&str; 4]| {
        let expected = names.map(|name| format!("{name}, Queued"));
        until(window, "the new order", |window| rows(window) == expected);
    };
    until_rows(&mut window, ["c", "x", "a", "b"]);

    // A paused download moves too, and has its place when it waits again, also with other options.
    client.result("aria2.pause", json!([x]));
    assert_eq!(change(&x, 9, "POS_CUR"), 3);
    assert_eq!(change(&x, -2, "POS_END"), 1);
    assert_eq!(change(&c, 1, "POS_CUR"), 1);
    assert_eq!(order(), [&*x, &*c, &*a, &*b]);
    client.result("aria2.unpauseAll", json!([]));
    client.result("aria2.changeOption", json!([c, { "split": "2" }]));
    assert_eq!(order(), [&*x, &*c, &*a, &*b]);
    until_rows(&mut window, ["x", "c", "a", "b"]);

    // The user moves one.
    window
        .get_by_role_and_label(Role::ListBoxOption, "b, Queued")
        .click();
    window.step();
    window.key_press_modifiers(Modifiers::ALT, Key::Home);
    until_rows(&mut window, ["b", "x", "c", "a"]);
    assert_eq!(order(), [&*b, &*x, &*c, &*a]);

    let refused = client.error("aria2.changePosition", json!([running, 0, "POS_SET"]));
    assert_eq!(
        refused,
        format!("GID#{running} not found in the waiting queue.")
    );
    client.result("aria2.remove", json!([running]));
    until_status(&mut window, &client, &b, "active");
    assert_eq!(order(), [&*x, &*c, &*a]);
}
