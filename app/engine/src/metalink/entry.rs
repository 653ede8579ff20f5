//! A `file` element of a Metalink, and the download that it describes.

use std::collections::HashSet;
use std::sync::Arc;

use quick_xml::events::BytesStart;

use super::MetalinkError;
use super::xml::Xml;
use crate::model::checksum::Checksum;
use crate::model::display_text::one_line;
use crate::model::file_name::safe_name;
use crate::model::http_options::HttpOptions;
use crate::model::piece_hashes::PieceHashes;
use crate::model::source_url::Source;
use crate::model::spec::DownloadSpec;

/// Most URLs of a file that are kept.
const MAX_SOURCES: usize = 64;
/// Most names of unsupported hashes that are reported.
const MAX_KINDS: usize = 4;
/// Most characters of such a name that are reported.
const MAX_KIND_LEN: usize = 20;
/// Priority of a URL without one: the last.
const LAST_PRIORITY: u32 = 999_999;

/// A file that a Metalink names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetalinkFile {
    /// Its name, made safe.
    pub name: String,
    /// Its length in bytes.
    pub len: Option<u64>,
    /// Its sources, the preferred one first.
    pub sources: Vec<Source>,
    /// Its expected digest: the strongest one that Lanes computes.
    pub checksum: Option<Checksum>,
    /// The expected hashes of its pieces.
    pub pieces: Option<Arc<PieceHashes>>,
    /// Messages for the user about everything that is left out.
    pub notices: Vec<String>,
}

/// Error for a [`MetalinkFile`] that no HTTP server has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Metalink file has no http:// or https:// URL for {name}")]
pub struct NoSourceError {
    /// Name of the file.
    pub name: String,
}

impl MetalinkFile {
    /// Returns the download that the entry describes, with the default options.
    ///
    /// # Errors
    /// The file has no source.
    pub fn to_spec(&self) -> Result<DownloadSpec, NoSourceError> {
        let (source, mirrors) = self.sources.split_first().ok_or_else(|| NoSourceError {
            name: self.name.clone(),
        })?;
        let mut spec = DownloadSpec::new(source.clone());
        spec.mirrors = mirrors.to_vec();
        spec.name = Some(self.name.clone());
        spec.len = self.len;
        spec.checksum.clone_from(&self.checksum);
        spec.pieces.clone_from(&self.pieces);
        Ok(spec)
    }

    /// Removes the credentials, the extra header fields and the use of the netrc file from `options`,
    /// unless all sources are on the server of the URL `from` which the Metalink was fetched. The URLs in a
    /// Metalink are untrusted: of a file on the disk, the user has named none of the servers.
    ///
    /// Returns whether there was anything to remove.
    pub fn strip_credentials(&self, options: &mut HttpOptions, from: Option<&Source>) -> bool {
        let is_named = |from: &Source| self.sources.iter().all(|source| from.same_server(source));
        if from.is_some_and(is_named) {
            return false;
        }
        let any = options.auth.is_some() || !options.headers.is_empty() || options.netrc;
        options.auth = None;
        options.headers.clear();
        options.netrc = false;
        any
    }
}

/// The parsed part of a `file` element.
#[derive(Default)]
struct FileBuilder {
    /// URLs of HTTP servers with their priorities.
    urls: Vec<(u32, String)>,
    /// Number of URLs that are not of HTTP servers.
    unsupported_urls: usize,
    /// Names of hashes that Lanes does not compute, a few of them.
    unsupported_hashes: Vec<String>,
    /// Lengths and hashes of pieces.
    pieces: Vec<(u64, Vec<Checksum>)>,
}

/// Parses the open `file` element.
pub(super) fn parse(
    xml: &mut Xml<'_>,
    element: &BytesStart<'_>,
) -> Result<MetalinkFile, MetalinkError> {
    let name = xml.attribute(element, "name")?.unwrap_or_default();
    let mut file = MetalinkFile {
        name: safe_name(&name),
        ..MetalinkFile::default()
    };
    let mut builder = FileBuilder::default();
    while let Some(child) = xml.child()? {
        if xml.is(&child, "size") {
            file.len = xml.text()?.parse().ok();
        } else if xml.is(&child, "url") {
            let priority = xml.attribute(&child, "priority")?;
            let priority = priority.and_then(|text| text.trim().parse().ok());
            builder.add_url(xml.text()?, priority.unwrap_or(LAST_PRIORITY));
        } else if xml.is(&child, "metaurl") {
            builder.unsupported_urls += 1;
            xml.skip(&child)?;
        } else if xml.is(&child, "hash") {
            let kind = xml.attribute(&child, "type")?.unwrap_or_default();
            match checksum(&kind, &xml.text()?) {
                Some(checksum) if is_stronger(&checksum, file.checksum.as_ref()) => {
                    file.checksum = Some(checksum);
                }
                Some(_) => {}
                None => builder.add_unsupported_hash(&kind),
            }
        } else if xml.is(&child, "pieces") {
            builder.parse_pieces(xml, &child)?;
        } else {
            xml.skip(&child)?;
        }
    }
    Ok(builder.finish(file))
}

impl FileBuilder {
    fn add_unsupported_hash(&mut self, kind: &str) {
        let kind: String = kind.chars().take(MAX_KIND_LEN).collect();
        let all = &mut self.unsupported_hashes;
        if all.len() < MAX_KINDS && !all.contains(&kind) {
            all.push(kind);
        }
    }

    fn add_url(&mut self, text: String, priority: u32) {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        if ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            self.urls.push((priority, text));
        } else {
            self.unsupported_urls += 1;
        }
    }

    /// Returns the preferred sources, without duplicates and at most [`MAX_SOURCES`], and the number of
    /// different URLs. A file may have a hundred thousand: only those that are kept are parsed.
    fn sources(&mut self) -> (Vec<Source>, usize) {
        let mut urls = std::mem::take(&mut self.urls);
        // The sort is stable: URLs of the same priority keep their order.
        urls.sort_by_key(|(priority, _)| *priority);
        let mut seen = HashSet::with_capacity(urls.len());
        let mut sources = Vec::new();
        let mut duplicates = 0;
        for (_, url) in &urls {
            if !seen.insert(url) || sources.len() == MAX_SOURCES {
                continue;
            }
            match url.parse() {
                Ok(source @ Source::Http(_)) if sources.contains(&source) => duplicates += 1,
                Ok(source @ Source::Http(_)) => sources.push(source),
                _ => {
                    duplicates += 1;
                    self.unsupported_urls += 1;
                }
            }
        }
        (sources, seen.len() - duplicates)
    }

    fn parse_pieces(
        &mut self,
        xml: &mut Xml<'_>,
        pieces: &BytesStart<'_>,
    ) -> Result<(), MetalinkError> {
        let kind = xml.attribute(pieces, "type")?.unwrap_or_default();
        let len = xml.attribute(pieces, "length")?;
        let len = len.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let mut hashes = Some(Vec::new());
        while let Some(child) = xml.child()? {
            if !xml.is(&child, "hash") {
                xml.skip(&child)?;
                continue;
            }
            let hash = checksum(&kind, &xml.text()?);
            hashes = hashes.zip(hash).map(|(mut hashes, hash)| {
                hashes.push(hash);
                hashes
            });
        }
        self.pieces.extend(hashes.map(|hashes| (len, hashes)));
        Ok(())
    }

    fn finish(mut self, mut file: MetalinkFile) -> MetalinkFile {
        let count;
        (file.sources, count) = self.sources();
        let name = &file.name;
        if count > MAX_SOURCES {
            file.notices.push(format!(
                "{name} has {count} sources; only the first {MAX_SOURCES} are used"
            ));
        }
        if self.unsupported_urls > 0 {
            let count = self.unsupported_urls;
            let urls = if count == 1 { "URL" } else { "URLs" };
            file.notices.push(format!(
                "{count} {urls} of {name} left out: not http:// or https://"
            ));
        }
        let had_pieces = !self.pieces.is_empty();
        for (len, hashes) in self.pieces {
            let Some(pieces) = PieceHashes::new(len, hashes) else {
                continue;
            };
            let fits = file.len.is_none_or(|len| pieces.fits(len));
            let strongest = file.pieces.as_ref().and_then(|best| best.hashes().first());
            if fits
                && pieces
                    .hashes()
                    .first()
                    .is_some_and(|hash| is_stronger(hash, strongest))
            {
                file.pieces = Some(Arc::new(pieces));
            }
        }
        if had_pieces && file.pieces.is_none() {
            file.notices.push(format!(
                "piece hashes of {name} not used: they do not fit its length"
            ));
        }
        if file.checksum.is_none() && !self.unsupported_hashes.is_empty() {
            let kinds: Vec<_> = self
                .unsupported_hashes
                .iter()
                .map(|kind| one_line(kind))
                .collect();
            let kinds = kinds.join(", ");
            file.notices.push(format!(
                "hash of {name} not verified: Lanes does not compute {kinds}"
            ));
        }
        file
    }
}

fn checksum(kind: &str, hex: &str) -> Option<Checksum> {
    format!("{}:{hex}", kind.trim()).parse().ok()
}

fn is_stronger(one: &Checksum, than: Option<&Checksum>) -> bool {
    than.is_none_or(|than| one.strength() > than.strength())
}
