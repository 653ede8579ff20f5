//! Downloads that a browser hands to the open window, over the native messaging host.
#![allow(clippy::unwrap_used, reason = "test helpers may unwrap")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lanes::ui::Options;
use serde_json::{Value, json};

use crate::harness::*;

/// Length of the site's file.
const LEN: usize = 2_000_000;

fn content() -> Vec<u8> {
    (0..LEN).map(|at| (at / 7 % 251) as u8).collect()
}

/// Runs the host as a browser does, sends it one message, and returns its answer.
fn send(home: &Path, message: &Value) -> Value {
    let mut host = Command::new(env!("CARGO_BIN_EXE_lanes"))
        .arg("chrome-extension://fkojfljmhjpikaakjmjajadojfgkceek/")
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let json = message.to_string();
    let framed = [&(json.len() as u32).to_ne_bytes()[..], json.as_bytes()].concat();
    host.stdin.take().unwrap().write_all(&framed).unwrap();
    let mut answer = Vec::new();
    host.stdout
        .take()
        .unwrap()
        .read_to_end(&mut answer)
        .unwrap();
    assert!(host.wait().unwrap().success());
    serde_json::from_slice(&answer[4..]).unwrap()
}

fn add(url: &str) -> Value {
    let headers =
        json!({ "Cookie": "sid=1", "Referer": "http://page/", "User-Agent": "Browser/1" });
    json!({ "type": "add", "downloads": [{ "url": url, "name": "f.bin", "headers": headers }] })
}

/// A site whose file needs a cookie and a signature, which expires in the middle of the first download.
struct Site {
    address: SocketAddr,
    has_expired: Arc<AtomicBool>,
}

impl Site {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let has_expired: Arc<AtomicBool> = Arc::default();
        let expires = Arc::clone(&has_expired);
        let accept = move || {
            for stream in listener.incoming() {
                let expires = Arc::clone(&expires);
                let serve = move || serve(&stream.unwrap(), &expires);
                std::thread::Builder::new().spawn(serve).unwrap();
            }
        };
        std::thread::Builder::new().spawn(accept).unwrap();
        Self {
            address,
            has_expired,
        }
    }

    fn url(&self, signature: &str) -> String {
        format!("http://{}/f.bin?signature={signature}", self.address)
    }
}

fn serve(stream: &TcpStream, has_expired: &AtomicBool) {
    let mut reader = BufReader::new(stream);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head) {
                Ok(len) if len > 0 => {}
                _ => return,
            }
        }
        let fields = [
            "cookie: sid=1\r\n",
            "referer: http://page/\r\n",
            "user-agent: browser/1\r\n",
        ];
        let lower = head.to_ascii_lowercase();
        let is_old = head.contains("signature=old");
        let is_refused = !fields.iter().all(|field| lower.contains(field))
            || (is_old && has_expired.load(Ordering::Acquire));
        let range = lower.split("range: bytes=").nth(1);
        let range = range.and_then(|range| range.split("\r\n").next()?.split_once('-'));
        let response = match range {
            _ if is_refused => b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec(),
            Some((from, to)) => {
                let from: usize = from.parse().unwrap();
                let to = to.parse().map_or(LEN - 1, |to: usize| to.min(LEN - 1));
                let fields = format!(
                    "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\nContent-Range: bytes {from}-{to}/{LEN}\r\nContent-Length: {}\r\n\r\n",
                    to + 1 - from
                );
                [fields.as_bytes(), &content()[from..=to]].concat()
            }
            None => [
                format!("HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\nContent-Length: {LEN}\r\n\r\n")
                    .as_bytes(),
                &content(),
            ]
            .concat(),
        };
        // The first link expires after some bytes.
        let len = match is_old && !is_refused {
            true => response.len().min(60_000),
            false => response.len(),
        };
        if stream.write_all(&response[..len]).is_err() || len < response.len() {
            has_expired.store(true, Ordering::Release);
            return;
        }
    }
}

fn window_of(home: &Path, folder: &Path) -> Window<'static> {
    open(Options {
        instance: Some(home.join("data/lanes")),
        ..options(folder)
    })
}

#[cfg(target_os = "linux")]
#[test]
fn download_of_a_browser_starts_with_its_cookies_and_a_new_click_renews_its_link() {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let site = Site::start();
    let hello = send(home.path(), &json!({ "type": "hello" }));
    assert_eq!(hello["isRunning"], false);
    let mut window = window_of(home.path(), folder.path());
    assert_eq!(
        send(home.path(), &json!({ "type": "hello" }))["isRunning"],
        true
    );
    assert!(!shows(&window, "Add downloads"), "a hello shows nothing");

    assert_eq!(
        send(home.path(), &add(&site.url("old"))),
        json!({ "type": "taken" })
    );
    until(&mut window, "the link to expire", |window| {
        rows(window)
            .iter()
            .any(|row| row.starts_with("f.bin, Failed"))
    });
    assert!(site.has_expired.load(Ordering::Acquire));
    // The next click in the browser has another signature.
    assert_eq!(
        send(home.path(), &add(&site.url("new"))),
        json!({ "type": "taken" })
    );
    until(&mut window, "the download", |window| {
        rows(window) == ["f.bin, Finished"]
    });
    assert_eq!(
        std::fs::read(folder.path().join("f.bin")).unwrap(),
        content()
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn link_that_is_no_download_is_refused_before_the_window_sees_it() {
    let (home, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut window = window_of(home.path(), folder.path());
    for url in ["file:///etc/passwd", "javascript:1", "ftp://h/x"] {
        assert_eq!(send(home.path(), &add(url))["type"], "failed", "{url}");
    }
    window.step();
    assert!(rows(&window).is_empty());
}
