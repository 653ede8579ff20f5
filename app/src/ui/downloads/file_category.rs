//! What sort of file a name stands for. A filter and an icon, never a folder.

use crate::ui::widgets::icon::Icon;

/// A sort of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A picture.
    Picture,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// Something to read.
    Document,
    /// Many files in one.
    Archive,
    /// Something to install or run, or a disk to boot.
    Program,
    /// Anything else.
    Other,
}

/// Endings by kind, in lower case.
const ENDINGS: [(Kind, &[&str]); 6] = [
    (
        Kind::Picture,
        &[
            "jpg", "jpeg", "png", "gif", "webp", "svg", "bmp", "tif", "tiff", "heic", "avif", "ico",
        ],
    ),
    (
        Kind::Video,
        &[
            "mp4", "mkv", "webm", "avi", "mov", "mpg", "mpeg", "m4v", "ts", "wmv",
        ],
    ),
    (
        Kind::Audio,
        &["mp3", "flac", "ogg", "opus", "wav", "m4a", "aac", "wma"],
    ),
    (
        Kind::Document,
        &[
            "pdf", "txt", "md", "html", "htm", "epub", "doc", "docx", "odt", "xls", "xlsx", "ods",
            "csv", "ppt", "pptx", "json", "xml",
        ],
    ),
    (
        Kind::Archive,
        &[
            "zip", "gz", "tgz", "xz", "bz2", "zst", "7z", "rar", "tar", "lz4",
        ],
    ),
    (
        Kind::Program,
        &[
            "exe", "msi", "deb", "rpm", "dmg", "pkg", "apk", "appimage", "iso", "img", "jar", "sh",
        ],
    ),
];

impl Kind {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Picture,
        Self::Video,
        Self::Audio,
        Self::Document,
        Self::Archive,
        Self::Program,
        Self::Other,
    ];

    /// The kind of a file by the ending of its name.
    pub fn of(name: &str) -> Self {
        let Some((_, ending)) = name.rsplit_once('.') else {
            return Self::Other;
        };
        let is = |known: &&str| known.eq_ignore_ascii_case(ending);
        let found = ENDINGS.iter().find(|(_, endings)| endings.iter().any(is));
        found.map_or(Self::Other, |(kind, _)| *kind)
    }

    /// Many files of this kind, as a filter says it.
    pub fn words(self) -> &'static str {
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

    /// What stands before its name.
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
    fn a_kind_is_told_by_the_ending_whatever_its_case() {
        for (name, kind) in [
            ("Data.jpg", Kind::Picture),
            ("FILM.MKV", Kind::Video),
            ("a.tar.gz", Kind::Archive),
            ("sample-1GiB.bin", Kind::Other),
            ("README", Kind::Other),
            ("jpg", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }
}
