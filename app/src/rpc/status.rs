//! The fields of a download in RPC responses. All numbers are texts, as clients expect them.

use serde_json::{Map, Value, json};

use lanes_engine::{Cell, ConnectionSnapshot, DownloadState};

use super::job::{Job, Phase};

/// Smallest length of a piece in the map of a download.
const PIECE_LEN: u64 = 1 << 20;

/// Returns the fields of a download; only those in `keys`, if there are any.
pub(crate) fn fields(job: &Job, keys: &[String]) -> Value {
    let mut fields = Fields {
        map: Map::new(),
        keys,
    };
    let latest = job.latest().filter(|_| job.is_active());
    let rate = latest.map_or(0, |latest| latest.rate as u64);
    let len = job.progress.len.unwrap_or(0);
    fields.set("gid", || job.gid.to_string().into());
    fields.set("status", || job.status().into());
    fields.set("totalLength", || len.to_string().into());
    fields.set("completedLength", || job.progress.done.to_string().into());
    fields.set("uploadLength", || "0".into());
    fields.set("downloadSpeed", || rate.to_string().into());
    fields.set("uploadSpeed", || "0".into());
    fields.set("connections", || {
        latest
            .map_or(0, lanes_engine::DownloadSnapshot::open_connections)
            .to_string()
            .into()
    });
    fields.set("dir", || job.folder.as_str().into());
    fields.set("files", || files(job));
    let pieces = Pieces::new(job);
    fields.set("pieceLength", || pieces.len.to_string().into());
    fields.set("numPieces", || pieces.count.to_string().into());
    if pieces.count > 0 {
        fields.set("bitfield", || pieces.bitfield(job).into());
    }
    if latest.is_some_and(|latest| latest.state == DownloadState::Verifying) {
        fields.set("verifiedLength", || "0".into());
        fields.set("verifyIntegrityPending", || "false".into());
    }
    let error = match &job.phase {
        Phase::Complete => Some(("0", "")),
        Phase::Failed(reason) => Some(("1", reason.as_str())),
        Phase::Removed => Some(("31", "")),
        Phase::Queued | Phase::Paused => None,
    };
    if let Some((code, reason)) = error {
        fields.set("errorCode", || code.into());
        fields.set("errorMessage", || reason.into());
    }
    Value::Object(fields.map)
}

struct Fields<'a> {
    map: Map<String, Value>,
    keys: &'a [String],
}

impl Fields<'_> {
    fn set(&mut self, name: &str, value: impl FnOnce() -> Value) {
        if self.keys.is_empty() || self.keys.iter().any(|key| key == name) {
            self.map.insert(name.to_owned(), value());
        }
    }
}

/// Returns the one file of a download, as `getFiles` does.
pub(crate) fn files(job: &Job) -> Value {
    let path = job.progress.path.as_ref().unwrap_or(&job.expected_path);
    json!([{
        "index": "1",
        "path": path.to_string_lossy(),
        "length": job.progress.len.unwrap_or(0).to_string(),
        "completedLength": job.progress.done.to_string(),
        "selected": "true",
        "uris": uris(job),
    }])
}

/// Returns the links of a download, as `getUris` does.
pub(crate) fn uris(job: &Job) -> Value {
    let status = match job.is_active() {
        true => "used",
        false => "waiting",
    };
    let uris = job
        .uris
        .iter()
        .map(|uri| json!({ "uri": uri, "status": status }));
    uris.collect()
}

/// Returns the servers of a running download, as `getServers` does.
pub(crate) fn servers(job: &Job) -> Value {
    let latest = job.latest();
    let rate = |connections: &[ConnectionSnapshot]| -> f64 {
        connections.iter().map(|connection| connection.rate).sum()
    };
    let speed = latest.map_or(0.0, |latest| rate(&latest.connections));
    let current = latest.and_then(|latest| latest.final_url.clone());
    let servers: Vec<Value> = job
        .uris
        .iter()
        .enumerate()
        .map(|(index, uri)| {
            json!({
                "uri": uri,
                "currentUri": current.as_ref().filter(|_| index == 0).unwrap_or(uri),
                // The engine does not count by server.
                "downloadSpeed": format!("{:.0}", if index == 0 { speed } else { 0.0 }),
            })
        })
        .collect();
    json!([{ "index": "1", "servers": servers }])
}

/// The pieces of a file as clients draw them.
struct Pieces {
    len: u64,
    count: u64,
}

impl Pieces {
    /// Chooses a length of pieces, a power of two, so that the engine's map has a cell for each of them.
    fn new(job: &Job) -> Self {
        let total = job.progress.len.unwrap_or(0);
        let most = lanes_engine::MAP_CELLS as u64;
        let mut len = PIECE_LEN;
        while total.div_ceil(len) > most {
            len *= 2;
        }
        Self {
            len,
            count: total.div_ceil(len),
        }
    }

    /// Returns a bit for each piece that is complete, the first as the highest bit, in hexadecimal.
    fn bitfield(&self, job: &Job) -> String {
        let total = job.progress.len.unwrap_or(0);
        let is_complete = job.phase == Phase::Complete || job.progress.done >= total;
        let map = job.progress.map.as_deref().unwrap_or_default();
        let has = |piece: u64| is_complete || is_piece_done(map, piece, self.len, total);
        let nibbles = self.count.div_ceil(8) * 2;
        let digit = |nibble: u64| {
            let bits = (0..4).map(|bit| {
                let piece = nibble * 4 + bit;
                u32::from(piece < self.count && has(piece)) << (3 - bit)
            });
            char::from_digit(bits.sum(), 16).unwrap_or('0')
        };
        (0..nibbles).map(digit).collect()
    }
}

/// Returns whether all cells that a piece touches are received.
fn is_piece_done(map: &[Cell], piece: u64, piece_len: u64, total: u64) -> bool {
    let cells = map.len() as u128;
    if cells == 0 {
        return false;
    }
    let start = u128::from(piece) * u128::from(piece_len);
    let end = (start + u128::from(piece_len)).min(u128::from(total));
    let total = u128::from(total.max(1));
    let first = (start * cells / total) as usize;
    let last = (end * cells).div_ceil(total) as usize;
    map[first..last.clamp(first + 1, map.len())]
        .iter()
        .all(|cell| cell.done == u8::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rpc::gid::Gid;
    use crate::rpc::job::Progress;
    use crate::rpc::options::Options;

    fn job(len: u64, done: u64, cells: &[u8]) -> Job {
        let cell = |done: &u8| Cell {
            done: *done,
            ..Cell::default()
        };
        Job {
            gid: Gid::parse("00000000000000ab").unwrap(),
            uris: vec!["https://h/f.bin?x=1".into()],
            options: Options::default(),
            phase: Phase::Paused,
            progress: Progress {
                len: Some(len),
                done,
                path: None,
                map: Some(cells.iter().map(cell).collect::<Arc<[Cell]>>()),
            },
            folder: "/d".into(),
            expected_path: "/d/f.bin".into(),
            attempt: None,
        }
    }

    #[test]
    fn all_values_are_texts_and_keys_choose_among_them() {
        let fields = fields(&job(5 << 20, 1 << 20, &[255, 255, 0, 0, 255]), &[]);
        let expected = [
            ("gid", "00000000000000ab"),
            ("status", "paused"),
            ("totalLength", "5242880"),
            ("completedLength", "1048576"),
            ("numPieces", "5"),
            ("bitfield", "c8"),
            ("dir", "/d"),
        ];
        for (name, value) in expected {
            assert_eq!(fields[name], value, "{name}");
        }
        assert_eq!(fields["files"][0]["path"], "/d/f.bin");
        assert_eq!(fields["files"][0]["uris"][0]["uri"], "https://h/f.bin?x=1");
        assert_eq!(fields.get("errorCode"), None);
        let few = super::fields(&job(1, 0, &[0]), &["gid".into(), "nonsense".into()]);
        assert_eq!(few, json!({ "gid": "00000000000000ab" }));
    }

    #[test]
    fn the_map_has_at_most_a_piece_for_each_cell() {
        let huge = Pieces::new(&job(1 << 40, 0, &[]));
        assert!(huge.count <= lanes_engine::MAP_CELLS as u64 && huge.len.is_power_of_two());
        assert_eq!(Pieces::new(&job(0, 0, &[])).count, 0);
        let largest = job(u64::MAX, 0, &[0; 600]);
        assert!(!Pieces::new(&largest).bitfield(&largest).contains('f'));
        let job = job(3 << 30, 0, &[255; 600]);
        let bits = Pieces::new(&job).bitfield(&job);
        assert_eq!(bits.len() as u64, Pieces::new(&job).count.div_ceil(8) * 2);
        assert!(bits.starts_with("ffff"), "{bits}");
    }
}
