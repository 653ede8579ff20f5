//! Changes of the range and of the version that a response contains.

use super::{Body, Response, content};

impl Response {
    /// Sets the body to this range, and the headers accordingly.
    pub(super) fn set_range(&mut self, first: u64, length: u64, total: u64) {
        if let Body::File { from, len, .. } = &mut self.body {
            (*from, *len) = (first, length);
        }
        self.range = Some((first, length, total));
        let last = (first + length).saturating_sub(1);
        self.set_header("Content-Range", &format!("bytes {first}-{last}/{total}"));
        self.set_content_length(length);
    }

    /// Replaces the range; does nothing to a response without a range.
    pub(super) fn map_range(&mut self, shape: impl Fn(u64, u64, u64) -> (u64, u64)) {
        if let Some((first, len, total)) = self.range {
            let (first, len) = shape(first, len, total);
            self.set_range(first, len, total);
        }
    }

    pub(super) fn remove_total(&mut self) {
        if let Some((first, len, _)) = self.range {
            let last = first + len - 1;
            self.set_header("Content-Range", &format!("bytes {first}-{last}/*"));
        }
    }

    pub(super) fn shift_range(&mut self, by: i64) {
        self.map_range(|first, len, total| {
            let moved = first.saturating_add_signed(by).min(total);
            (moved, len.min(total - moved))
        });
    }

    pub(super) fn become_full_file(&mut self) {
        self.status = 200;
        self.range = None;
        self.remove_header("Content-Range");
        let (version, from, len) = (content::FIRST, 0, self.total);
        self.body = Body::File { version, from, len };
        self.set_content_length(len);
    }

    pub(super) fn become_version(&mut self, seed: u64, longer: u64) {
        if let Body::File { version, .. } = &mut self.body {
            *version = seed;
        }
        self.set_validators(seed);
        match self.range {
            Some((first, len, total)) => self.set_range(first, len, total + longer),
            None => {
                if let Body::File { len, .. } = &mut self.body {
                    *len += longer;
                    let len = *len;
                    self.set_content_length(len);
                }
            }
        }
    }

    /// Cuts the file to `total` bytes.
    pub(super) fn shorten(&mut self, total: u64) {
        self.total = total;
        match self.range {
            Some((first, ..)) if first >= total => {
                self.become_status(416);
                self.set_header("Content-Range", &format!("bytes */{total}"));
            }
            Some((first, len, _)) => self.set_range(first, len.min(total - first), total),
            None => {
                if let Body::File { len, .. } = &mut self.body {
                    *len = total;
                    self.set_content_length(total);
                }
            }
        }
    }
}
