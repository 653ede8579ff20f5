//! Changes of the body of a response and of its framing.

use super::{Body, Response, content, reason};
use crate::request::Request;
use crate::scenario::End;

impl Response {
    /// Replaces the file with a short text.
    pub(super) fn become_status(&mut self, status: u16) {
        self.status = status;
        self.range = None;
        for name in ["Content-Range", "ETag", "Last-Modified"] {
            self.remove_header(name);
        }
        self.set_header("Content-Type", "text/plain");
        self.set_text(format!("{status} {}\n", reason(status)).into_bytes());
    }

    pub(super) fn set_text(&mut self, text: Vec<u8>) {
        self.set_content_length(text.len() as u64);
        self.body = Body::Text(text);
    }

    pub(super) fn set_chunked(&mut self, size: &'static str) {
        self.remove_header("Content-Length");
        self.set_header("Transfer-Encoding", "chunked");
        self.chunked = Some(size);
    }

    pub(super) fn close_delimited(&mut self) {
        self.remove_header("Content-Length");
        self.set_header("Connection", "close");
        let end = self.body.len();
        self.cut_body.get_or_insert((end, End::Close));
    }

    pub(super) fn encode_gzip(&mut self) {
        if let Body::File { version, from, len } = self.body {
            self.set_header("Content-Encoding", "gzip");
            self.set_text(content::gzip(&content::bytes(version, from, len as usize)));
        }
    }

    pub(super) fn become_html_page(&mut self) {
        self.become_status(200);
        self.set_header("Content-Type", "text/html; charset=utf-8");
        let page = "<!doctype html><title>Sorry</title><p>Something went wrong.".repeat(20);
        self.set_text(page.into_bytes());
    }

    pub(super) fn become_static_page(&mut self, text: &str, request: &Request) {
        self.become_status(200);
        self.set_header("Content-Type", "text/html");
        let (text, total) = (text.as_bytes(), text.len() as u64);
        match request.range {
            None => self.set_text(text.to_vec()),
            Some((first, _)) if first >= total => {
                self.become_status(416);
                self.set_header("Content-Range", &format!("bytes */{total}"));
            }
            Some((first, last)) => {
                let end = last.map_or(total, |last| (last + 1).min(total));
                self.status = 206;
                let range = format!("bytes {first}-{}/{total}", end - 1);
                self.set_header("Content-Range", &range);
                self.set_text(text[first as usize..end as usize].to_vec());
            }
        }
    }

    pub(super) fn become_multipart(&mut self) {
        if let (Some((first, len, total)), Body::File { version, .. }) = (self.range, &self.body) {
            let last = first + len - 1;
            let mut text =
                format!("--x\r\nContent-Range: bytes {first}-{last}/{total}\r\n\r\n").into_bytes();
            text.extend(content::bytes(*version, first, len as usize));
            text.extend(b"\r\n--x--\r\n");
            self.remove_header("Content-Range");
            self.set_header("Content-Type", "multipart/byteranges; boundary=x");
            self.set_text(text);
        }
    }
}
