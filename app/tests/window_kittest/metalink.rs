//! Metalink files in the window: pasted, dropped, found behind a link; what they name is ticked and fetched.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::Builder;

use eframe::egui::accesskit::Role;
use eframe::egui::{DroppedFile, Event, Key, vec2};
use egui_kittest::kittest::Queryable;
use lanes_server::{Config, Server};
use sha2::{Digest as _, Sha256};

use crate::harness::*;

/// A folder that two servers give, with two files in it.
struct Mirrors {
    root: tempfile::TempDir,
    servers: [Server; 2],
}

impl Mirrors {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        for (name, len) in [("one.bin", 3_000_000), ("two.bin", 700_000)] {
            std::fs::write(root.path().join(name), bytes(len)).expect("a file");
        }
        let serve = || {
            let config = Config {
                root: Some(root.path().to_owned()),
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                ..Config::default()
            };
            Server::start(config).expect("a server on loopback")
        };
        let servers = [serve(), serve()];
        Self { root, servers }
    }

    /// A Metalink that names both files, and one that no HTTP server has.
    fn text(&self) -> String {
        let mut text = "<metalink xmlns='urn:ietf:params:xml:ns:metalink'>".to_owned();
        for name in ["one.bin", "two.bin"] {
            let bytes = std::fs::read(self.root.path().join(name)).expect("the file");
            let hash = hex(&bytes);
            let _ = write!(text, "<file name='{name}'><size>{}</size>", bytes.len());
            let _ = write!(text, "<hash type='sha-256'>{hash}</hash>");
            for server in &self.servers {
                let _ = write!(text, "<url>http://{}/{name}</url>", server.addr());
            }
            text += "</file>";
        }
        text + "<file name='three.bin'><size>5</size><url>ftp://h/three</url></file></metalink>"
    }

    fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, self.text()).expect("a file");
        path
    }
}

fn bytes(len: u32) -> Vec<u8> {
    (0..len).map(|n| (n / 7) as u8).collect()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A web server that answers every request with this text, as long as the test runs.
fn answer(kind: &'static str, text: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its port");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    let answer: Arc<[u8]> = (head + text).into_bytes().into();
    let serve = move || {
        for socket in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // Connections that are made ready and ask nothing must not hold up the others.
            let _ = Builder::new().spawn(move || one(socket, &answer));
        }
    };
    Builder::new().spawn(serve).expect("a thread");
    addr
}

fn one(mut socket: TcpStream, answer: &[u8]) {
    if socket.read(&mut [0; 4096]).is_ok_and(|len| len > 0) {
        let _ = socket.write_all(answer);
    }
}

fn paste(window: &mut Window<'_>, text: &str) {
    leave_fields(window);
    window.event(Event::Paste(text.to_owned()));
}

fn tick(window: &mut Window<'_>, begins: &str) {
    window
        .get_by(|node| {
            node.role() == Role::CheckBox
                && node.label().is_some_and(|label| label.starts_with(begins))
        })
        // Not where it stands: the window grows with what is found out.
        .click_accesskit();
    window.step();
}

fn start(window: &mut Window<'_>, words: &str) {
    window
        .get_by_role_and_label(Role::Button, words)
        .click_accesskit();
    window.step();
}

#[test]
fn a_pasted_path_shows_what_it_names_and_brings_what_is_ticked() {
    let (mirrors, folder) = (Mirrors::new(), tempfile::tempdir().unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let path = mirrors.write(elsewhere.path(), "what i want.meta4");
    let mut window = window(folder.path());
    paste(&mut window, &path.display().to_string());
    for words in [
        "what i want.meta4 lists 3 files, 3.70 MB",
        "one.bin",
        "3.00 MB · 2 mirrors · SHA-256",
        "three.bin",
        "5 B · no http:// or https:// link",
        "Start 2",
    ] {
        until(&mut window, words, |window| shows(window, words));
    }
    tick(&mut window, "what i want.meta4");
    until(&mut window, "nothing ticked", |window| {
        shows(window, "Start")
    });
    start(&mut window, "Start");
    until(&mut window, "the answer", |window| {
        shows(window, "Select a file first")
    });
    tick(&mut window, "one.bin");
    start(&mut window, "Start");
    until(&mut window, "the file", |window| {
        rows(window) == ["one.bin, Finished"]
    });
    assert_eq!(names(folder.path()), ["one.bin"]);
    assert!(std::fs::read(folder.path().join("one.bin")).unwrap() == bytes(3_000_000));
    choose(&mut window, "Details");
    until(&mut window, "what it was checked by", |window| {
        says(window, "SHA-256 verified") && says(window, "Mirror")
    });
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn what_is_dropped_is_added_and_all_of_it_is_fetched() {
    let (mirrors, folder) = (Mirrors::new(), tempfile::tempdir().unwrap());
    let elsewhere = tempfile::tempdir().unwrap();
    let path = mirrors.write(elsewhere.path(), "both.meta4");
    let mut window = window(folder.path());
    window.set_size(vec2(900.0, 600.0));
    go_to(&mut window, Key::Num2);
    for path in [path, elsewhere.path().join("a.jpg")] {
        let input = window.input_mut();
        input.dropped_files.push(Arc::new(Dropped(path)));
    }
    until(&mut window, "both answers", |window| {
        says(window, "Only Metalink files (.meta4) can be dropped here") && shows(window, "Start 2")
    });
    start(&mut window, "Start 2");
    until(&mut window, "the files", |window| {
        let mut rows = rows(window);
        rows.sort();
        rows == ["one.bin, Finished", "two.bin, Finished"]
    });
    assert_eq!(names(folder.path()), ["one.bin", "two.bin"]);
}

#[test]
fn a_link_that_turns_out_to_be_one_shows_its_files_or_is_saved_itself() {
    let (mirrors, folder) = (Mirrors::new(), tempfile::tempdir().unwrap());
    let addr = answer("application/metalink4+xml", &mirrors.text());
    let mut window = window(folder.path());
    type_into(
        &mut window,
        "File or link",
        &format!("http://{addr}/latest"),
    );
    click(&mut window, "Download");
    until(&mut window, "what it names", |window| {
        shows(window, "latest lists 3 files, 3.70 MB") && shows(window, "Start 2")
    });
    assert!(rows(&window).is_empty(), "{:?}", rows(&window));
    tick(&mut window, "Save latest itself");
    until(&mut window, "one file", |window| shows(window, "Start"));
    start(&mut window, "Start");
    until(&mut window, "the file", |window| {
        rows(window) == ["latest, Finished"]
    });
    assert_eq!(names(folder.path()), ["latest"]);
}

#[test]
fn one_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let path = folder.path().join("none.meta4");
    type_into(&mut window, "File or link", &path.display().to_string());
    click(&mut window, "Download");
    until(&mut window, "the reason", |window| {
        says(window, "none.meta4: cannot read the Metalink file")
    });
    start(&mut window, "Start");
    until(&mut window, "the same as a message", |window| {
        window
            .query_all_by_label_contains("cannot read the Metalink file")
            .count()
            == 2
    });
}
