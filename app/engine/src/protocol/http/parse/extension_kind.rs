//! Classifies file extensions (web page, binary, other markup), to judge whether an HTML response can be the
//! file.

/// Kind of a name with an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtensionKind {
    /// May lead to a web page.
    Page,
    /// A file that is no text.
    Binary,
    /// A text that contains tags as a page does, but is none.
    Markup,
    Other,
}

/// Pages, programs that make pages, and templates of pages. A path in an archive of the web, or of a wiki,
/// may end with the name of a host.
const PAGES: [&str; 51] = [
    "htm", "html", "shtml", "xhtml", "xht", "mhtml", "mht", "html5", "dhtml", "jhtml", "phtml",
    "php", "php3", "php4", "php5", "php7", "asp", "aspx", "ashx", "asmx", "jsp", "jspx", "jspa",
    "jsf", "cgi", "fcgi", "pl", "py", "rb", "cfm", "do", "action", "seam", "nsf", "page", "vm",
    "ejs", "hbs", "tmpl", "tpl", "erb", "mustache", "njk", "twig", "liquid", "vue", "svelte",
    "jinja", "com", "org", "net",
];
const BINARIES: [&str; 112] = [
    // Archives and packings.
    "zip",
    "7z",
    "rar",
    "tar",
    "gz",
    "tgz",
    "bz2",
    "tbz2",
    "tbz",
    "xz",
    "txz",
    "zst",
    "tzst",
    "lz",
    "lz4",
    "lzma",
    "br",
    "cab",
    "arj",
    "cpio",
    "squashfs",
    // Images of disks and of machines.
    "iso",
    "img",
    "dmg",
    "vhd",
    "vhdx",
    "vdi",
    "vmdk",
    "qcow2",
    "ova",
    "wim",
    "bin",
    "rom",
    // Programs and packages.
    "exe",
    "msi",
    "msix",
    "dll",
    "so",
    "dylib",
    "appimage",
    "snap",
    "flatpak",
    "deb",
    "rpm",
    "apk",
    "aab",
    "ipa",
    "whl",
    "gem",
    "crate",
    "jar",
    "war",
    "ear",
    "nupkg",
    "pkg",
    "xpi",
    "crx",
    "vsix",
    "class",
    "wasm", // Documents.
    "pdf",
    "docx",
    "xlsx",
    "pptx",
    "odt",
    "ods",
    "odp",
    "epub",
    "mobi",
    "djvu",
    // Pictures, sound and film.
    "jpg",
    "jpeg",
    "png",
    "gif",
    "webp",
    "bmp",
    "tif",
    "tiff",
    "heic",
    "avif",
    "ico",
    "psd",
    "mp3",
    "flac",
    "ogg",
    "oga",
    "opus",
    "m4a",
    "wav",
    "aac",
    "wma",
    "mp4",
    "m4v",
    "mkv",
    "webm",
    "avi",
    "mov",
    "wmv", // Fonts and data.
    "ttf",
    "otf",
    "woff",
    "woff2",
    "sqlite",
    "parquet",
    "npy",
    "npz",
    "h5",
    "hdf5",
    "safetensors",
    "gguf",
    "onnx",
    "pth",
];
const MARKUP: [&str; 24] = [
    "xml", "svg", "rss", "atom", "xsd", "xsl", "xslt", "kml", "gpx", "wsdl", "opml", "plist",
    "rdf", "owl", "dae", "fb2", "musicxml", "xliff", "xlf", "tei", "md", "markdown", "rst", "txt",
];

/// Returns the kind of a name; `None` if it has no extension.
pub(crate) fn extension_kind(name: &str) -> Option<ExtensionKind> {
    let (_, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    let is_extension = (1..=12).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        // The end of a version, as in `/docs/v1.2`; but not `.7z`.
        && !extension.bytes().all(|byte| byte.is_ascii_digit());
    let has = |list: &[&str]| list.contains(&&extension[..]);
    is_extension.then(|| match () {
        () if has(&PAGES) => ExtensionKind::Page,
        () if has(&BINARIES) => ExtensionKind::Binary,
        () if has(&MARKUP) => ExtensionKind::Markup,
        () => ExtensionKind::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_tell_the_kind() {
        for (name, kind) in [
            ("debian.ISO", Some(ExtensionKind::Binary)),
            ("a.tar.gz", Some(ExtensionKind::Binary)),
            ("a.7z", Some(ExtensionKind::Binary)),
            ("index.html", Some(ExtensionKind::Page)),
            ("view.ejs", Some(ExtensionKind::Page)),
            ("feed.xml", Some(ExtensionKind::Markup)),
            ("app.js", Some(ExtensionKind::Other)),
            ("v1.2", None),
            ("download", None),
            ("a. b", None),
            ("", None),
        ] {
            assert_eq!(extension_kind(name), kind, "{name}");
        }
    }
}
