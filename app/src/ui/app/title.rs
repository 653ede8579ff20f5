//! The title of the window: the progress of the running downloads.

use eframe::egui::{Context, ViewportCommand};

use super::LanesApp;
use crate::ui::format;
use lanes_engine::Snapshot;

/// The title while nothing runs.
const PLAIN: &str = "Lanes";

/// Returns the title for a snapshot.
fn title(snapshot: &Snapshot) -> String {
    let active = || {
        snapshot
            .downloads
            .iter()
            .filter(|now| now.state.is_active())
    };
    let count = active().count();
    if count == 0 {
        return PLAIN.to_owned();
    }
    let known = || active().filter_map(|now| Some((now.done, now.len?)));
    let len: u64 = known().map(|(_, len)| len).sum();
    let done: u64 = known().map(|(done, _)| done).sum();
    let of = match (count, active().next()) {
        (1, Some(one)) => one.name.clone(),
        (many, _) => format::count(many, "download"),
    };
    match len {
        0 => format!("{of} - {PLAIN}"),
        len => format!(
            "{} of {of} - {PLAIN}",
            format::percent((done as f64 / len as f64) as f32)
        ),
    }
}

impl LanesApp {
    /// Updates the title, if it has changed.
    pub(super) fn update_title(&mut self, ctx: &Context) {
        let title = title(&self.snapshot);
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::*;
    use lanes_engine::{DownloadId, DownloadSnapshot, DownloadSpec, DownloadState};

    #[test]
    fn the_title_shows_the_progress_of_what_runs() {
        let download = |id, state, done, len| {
            let spec = DownloadSpec::new("lanes://host/a.iso".parse().unwrap());
            let now = SystemTime::UNIX_EPOCH;
            Arc::new(DownloadSnapshot {
                state,
                done,
                len,
                ..DownloadSnapshot::requested(DownloadId(id), &spec, now)
            })
        };
        let of = |downloads: Vec<_>| {
            title(&Snapshot {
                downloads,
                ..Snapshot::default()
            })
        };
        let ended = download(1, DownloadState::Finished, 9, Some(9));
        assert_eq!(of(vec![Arc::clone(&ended)]), "Lanes");
        let running = download(2, DownloadState::Running, 25, Some(100));
        let one = vec![ended, Arc::clone(&running)];
        assert_eq!(of(one), "25 % of a.iso - Lanes");
        let starting = download(3, DownloadState::Starting, 0, None);
        assert_eq!(of(vec![Arc::clone(&starting)]), "a.iso - Lanes");
        let other = download(4, DownloadState::Running, 75, Some(100));
        let several = vec![running, starting, other];
        assert_eq!(of(several), "50 % of 3 downloads - Lanes");
    }
}
