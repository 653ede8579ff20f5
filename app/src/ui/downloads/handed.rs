//! Downloads that a browser hands over.

use super::State;
use lanes_engine::DownloadSpec;

impl State {
    /// Applies the options of the form to a download of a browser. Invalid ones, which the form reports, are left out:
    /// the browser has given the download away.
    pub(crate) fn with_options(&self, request: DownloadSpec) -> DownloadSpec {
        let request = DownloadSpec {
            stop_at_metalink: true,
            ..request
        };
        let applied = self.options.apply_to(request.clone());
        applied.unwrap_or(request)
    }
}
