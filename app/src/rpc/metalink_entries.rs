//! The downloads of a Metalink that a client sends.

use lanes_engine::metalink::{self, MetalinkError};

use super::backend::NewDownload;
use super::options::Options;
use super::rpc_error::RpcError;

/// Options that are meant for one download, or that hold secrets. The links of a Metalink are untrusted, so
/// credentials and header fields are not sent to them.
const DROPPED: [&str; 7] = [
    "header",
    "referer",
    "http-user",
    "http-passwd",
    "gid",
    "out",
    "checksum",
];

/// Returns the files of a Metalink as downloads with these options.
///
/// # Errors
/// The data is no Metalink, or no file has a link.
pub(crate) fn parse(data: Vec<u8>, mut options: Options) -> Result<Vec<NewDownload>, RpcError> {
    let text = String::from_utf8(data).map_err(|_| MetalinkError::NotUtf8)?;
    let files = metalink::parse(text.strip_prefix('\u{feff}').unwrap_or(&text))?;
    for name in DROPPED {
        options.remove(name);
    }
    let download = |file: metalink::MetalinkFile| {
        let links = file.sources.iter().map(lanes_engine::Source::full_link);
        let uris: Vec<String> = links.collect();
        let mut options = options.clone();
        options.set("out", file.name);
        if let Some(checksum) = &file.checksum {
            options.set("checksum", checksum.to_string().replacen(':', "=", 1));
        }
        (!uris.is_empty()).then_some(NewDownload { uris, options })
    };
    let downloads: Vec<NewDownload> = files.into_iter().filter_map(download).collect();
    match downloads.is_empty() {
        true => Err(RpcError::NoUri),
        false => Ok(downloads),
    }
}
