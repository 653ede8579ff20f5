//! The bundled sample picture as a texture: a download of it shows its pixels before the file is complete.
//!
//! 1. The samples are one picture in three sizes, so one of them gives the pixels of all. They are decoded once, on
//!    a background thread, from the copy in this program.
//! 2. A file counts as a sample if it has the name and the length of one and comes from a Lanes server.

use eframe::egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions};

use lanes_engine::{DownloadSnapshot, Source};

/// The sample whose pixels are shown: as large as pictures are shown, and decoded in a sixth of the time of the
/// largest.
pub(crate) const SHOWN: &str = "Data-500KB.jpg";
/// Ratio of width to height of a picture whose pixels are not known.
const USUAL_ASPECT: f32 = 1.6;

/// The decoded sample picture.
#[derive(Default)]
pub(crate) struct SamplePicture {
    is_requested: bool,
    texture: Option<TextureHandle>,
}

/// The pixels of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pixels {
    /// Its texture; `None` while it is decoded, or if its pixels are not known.
    pub texture: Option<TextureId>,
    /// Ratio of width to height.
    pub aspect: f32,
}

impl Pixels {
    /// The pixels of a picture that is not known.
    pub(crate) const UNKNOWN: Self = Self {
        texture: None,
        aspect: USUAL_ASPECT,
    };

    /// Returns the pixels of a texture.
    pub(crate) fn of(texture: &TextureHandle) -> Self {
        Self {
            texture: Some(texture.id()),
            aspect: texture.aspect_ratio(),
        }
    }
}

impl SamplePicture {
    /// Returns its pixels.
    pub(crate) fn pixels(&self) -> Pixels {
        self.texture.as_ref().map_or(Pixels::UNKNOWN, Pixels::of)
    }

    /// Returns whether it has been requested.
    pub(crate) fn is_requested(&self) -> bool {
        self.is_requested
    }

    /// Marks it as requested; returns whether it was not before.
    pub(crate) fn request(&mut self) -> bool {
        !std::mem::replace(&mut self.is_requested, true)
    }

    /// Stores the decoded picture.
    pub(crate) fn show(&mut self, ctx: &Context, image: ColorImage) {
        self.texture = Some(ctx.load_texture("sample", image, TextureOptions::LINEAR));
    }
}

/// The names of the samples.
const NAMES: [&str; 3] = ["Data.jpg", "Data-500KB.jpg", "Data-50KB.jpg"];

/// Returns whether a download is one of the samples.
pub(crate) fn is_sample(download: &DownloadSnapshot) -> bool {
    let Source::Lanes { name, .. } = &download.source else {
        return false;
    };
    let sample = NAMES.into_iter().find(|sample| sample == name);
    let len = sample.and_then(|name| Some(lanes_server::bundled_file(name)?.len() as u64));
    len.is_some() && download.len == len
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use lanes_engine::{DownloadId, DownloadSpec};

    #[test]
    fn only_the_bundled_pictures_are_samples() {
        let of = |link: &str, len| {
            let spec = DownloadSpec::new(link.parse().unwrap());
            let mut download =
                DownloadSnapshot::requested(DownloadId(1), &spec, SystemTime::UNIX_EPOCH);
            download.len = len;
            is_sample(&download)
        };
        for name in NAMES {
            let len = lanes_server::bundled_file(name).unwrap().len() as u64;
            assert!(of(&format!("lanes://h:1/{name}"), Some(len)));
            assert!(!of(&format!("lanes://h:1/{name}"), Some(len + 1)));
            assert!(!of(&format!("lanes://h:1/{name}"), None));
            assert!(!of(&format!("http://h/{name}"), Some(len)));
        }
        assert!(!of("lanes://h:1/other.jpg", Some(1)));
    }
}
