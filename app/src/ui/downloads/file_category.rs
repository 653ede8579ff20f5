//! The category of a file, derived from its name extension: for the filter, the icon, and the folder if that is
//! set.

use serde::{Deserialize, Serialize};

use crate::ui::widgets::icon::Icon;

/// A category of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FileCategory {
    /// Images.
    Picture,
    /// Videos.
    Video,
    /// Audio.
    Audio,
    /// Documents.
    Document,
    /// Archives.
    Archive,
    /// Programs, packages and disk images.
    Program,
    /// Everything else.
    Other,
}

/// File name extensions by category, in lower case.
const EXTENSIONS: [(FileCategory, &[&str]); 6] = [
    (
        FileCategory::Picture,
        &[
            "jpg", "jpeg", "png", "gif", "webp", "svg", "bmp", "tif", "tiff", "heic", "avif", "ico",
        ],
    ),
    (
        FileCategory::Video,
        &[
            "mp4", "mkv", "webm", "avi", "mov", "mpg", "mpeg", "m4v", "ts", "wmv",
        ],
    ),
    (
        FileCategory::Audio,
        &["mp3", "flac", "ogg", "opus", "wav", "m4a", "aac", "wma"],
    ),
    (
        FileCategory::Document,
        &[
            "pdf", "txt", "md", "html", "htm", "epub", "doc", "docx", "odt", "xls", "xlsx", "ods",
            "csv", "ppt", "pptx", "json", "xml",
        ],
    ),
    (
        FileCategory::Archive,
        &[
            "zip", "gz", "tgz", "xz", "bz2", "zst", "7z", "rar", "tar", "lz4",
        ],
    ),
    (
        FileCategory::Program,
        &[
            "exe", "msi", "deb", "rpm", "dmg", "pkg", "apk", "appimage", "iso", "img", "jar", "sh",
        ],
    ),
];

impl FileCategory {
    /// All categories in display order.
    pub const ALL: [Self; 7] = [
        Self::Picture,
        Self::Video,
        Self::Audio,
        Self::Document,
        Self::Archive,
        Self::Program,
        Self::Other,
    ];

    /// Returns the category of a file name, ignoring case.
    pub fn of(name: &str) -> Self {
        let Some((_, extension)) = name.rsplit_once('.') else {
            return Self::Other;
        };
        let is = |known: &&str| known.eq_ignore_ascii_case(extension);
        let found = EXTENSIONS
            .iter()
            .find(|(_, extensions)| extensions.iter().any(is));
        found.map_or(Self::Other, |(category, _)| *category)
    }

    /// Returns the label in the filter.
    pub fn label(self) -> &'static str {
        match self {
            Self::Picture => "Pictures",
            Self::Video => "Videos",
            Self::Audio => "Music",
            Self::Document => "Documents",
            Self::Archive => "Archives",
            Self::Program => "Programs",
            Self::Other => "Other files",
        }
    }

    /// Returns the icon in the table.
    pub fn icon(self) -> Icon {
        match self {
            Self::Picture => Icon::Picture,
            Self::Video => Icon::Video,
            Self::Audio => Icon::Audio,
            Self::Document => Icon::Document,
            Self::Archive => Icon::Archive,
            Self::Program => Icon::Program,
            Self::Other => Icon::File,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_the_category_ignoring_case() {
        for (name, category) in [
            ("Data.jpg", FileCategory::Picture),
            ("FILM.MKV", FileCategory::Video),
            ("a.tar.gz", FileCategory::Archive),
            ("sample-1GiB.bin", FileCategory::Other),
            ("README", FileCategory::Other),
            ("jpg", FileCategory::Other),
            ("", FileCategory::Other),
        ] {
            assert_eq!(FileCategory::of(name), category, "{name}");
        }
    }
}
