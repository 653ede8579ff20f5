//! Messages that a browser passes on to the native messaging host: any bytes are answered or end the conversation,
//! and what is handed over is a file of a server, with a name that keeps to its folder.

#![no_main]
#![allow(dead_code, reason = "only the host is used")]

#[path = "../../src/forwarded_headers.rs"]
mod forwarded_headers;
#[path = "../../src/handed_download.rs"]
mod handed_download;
#[path = "../../src/native_host/mod.rs"]
mod native_host;

use handed_download::HandedDownload;
use libfuzzer_sys::fuzz_target;
use native_host::Receiver;

/// Checks what it is given.
struct Checked;

impl Receiver for Checked {
    type Error = &'static str;

    fn is_running(&self) -> bool {
        true
    }

    fn give(&self, downloads: &[HandedDownload]) -> Result<bool, Self::Error> {
        assert!((1..=1000).contains(&downloads.len()));
        for download in downloads {
            let spec = download.to_spec().expect("a download that was checked");
            let link = spec.source.full_link();
            assert!(["http://", "https://", "lanes://"].iter().any(|scheme| link.starts_with(scheme)), "{link}");
            assert!(spec.name.is_none_or(|name| !name.is_empty() && !name.contains(['/', '\\', '\0'])));
            let is_line = |text: &str| !text.contains(['\r', '\n']);
            assert!(spec.http.headers.iter().all(|(name, value)| is_line(name) && is_line(value)));
        }
        Ok(true)
    }

    fn start_and_give(&self, _: &[HandedDownload]) -> Result<(), Self::Error> {
        Err("it runs")
    }
}

fuzz_target!(|bytes: &[u8]| {
    // As a browser frames a message, and as they are.
    let framed = [&(bytes.len() as u32).to_ne_bytes()[..], bytes].concat();
    let mut output = Vec::new();
    native_host::run(&mut &*framed, &mut output, &Checked).expect("a whole frame");
    assert!(output.len() > 4 && output.len() < 8 << 10);
    let _ = native_host::run(&mut &*bytes, &mut output, &Checked);
});
