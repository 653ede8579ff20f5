//! One file of a Metalink, and the download that it asks for.

use std::sync::Arc;

use quick_xml::events::BytesStart;

use super::MetalinkError;
use super::xml::Xml;
use crate::model::checksum::Checksum;
use crate::model::file_name::safe_name;
use crate::model::http_options::HttpOptions;
use crate::model::piece_hashes::PieceHashes;
use crate::model::source_url::Source;
use crate::model::spec::DownloadSpec;

/// The most links of a file that are kept.
const MAX_SOURCES: usize = 64;
/// What a link without a priority has: it comes last.
const LAST_PRIORITY: u32 = 999_999;

/// A file that a Metalink names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetalinkFile {
    /// Its name, made safe.
    pub name: String,
    /// Its length in bytes.
    pub len: Option<u64>,
    /// Where it is to be had, the preferred one first.
    pub sources: Vec<Source>,
    /// What it must hash to: the strongest that Lanes computes.
    pub checksum: Option<Checksum>,
    /// What its pieces must hash to.
    pub pieces: Option<Arc<PieceHashes>>,
    /// What is left out, in words.
    pub notices: Vec<String>,
}

impl MetalinkFile {
    /// The download that it asks for, with every default.
    ///
    /// # Errors
    /// In words, when no HTTP server has it.
    pub fn request(&self) -> Result<DownloadSpec, String> {
        let (source, mirrors) = self.sources.split_first().ok_or_else(|| {
            let name = &self.name;
            format!("the Metalink file has no link to {name} that begins with http:// or https://")
        })?;
        let mut request = DownloadSpec::new(source.clone());
        request.mirrors = mirrors.to_vec();
        request.name = Some(self.name.clone());
        request.len = self.len;
        request.checksum.clone_from(&self.checksum);
        request.pieces.clone_from(&self.pieces);
        Ok(request)
    }

    /// Takes out of `options` who the user is and the extra header fields, unless all servers are one
    /// and the Metalink, if it came `from` a link, came from there too: a stranger wrote these links.
    /// Returns whether there was anything to take out.
    pub fn keep_secrets(&self, options: &mut HttpOptions, from: Option<&Source>) -> bool {
        let mut all = from.into_iter().chain(&self.sources);
        let first = all.next();
        let one_server = all.all(|other| first.is_some_and(|first| first.same_server(other)));
        let any = options.auth.is_some() || !options.headers.is_empty();
        if one_server || !any {
            return false;
        }
        options.auth = None;
        options.headers.clear();
        true
    }
}

/// What has been read of a file so far.
#[derive(Default)]
struct BodyWriter {
    sources: Vec<(u32, Source)>,
    /// Links that lead to something else than an HTTP server.
    others: usize,
    /// The names of hashes that Lanes does not compute.
    unknown_hashes: Vec<String>,
    /// Hashes of pieces: their length and themselves.
    pieces: Vec<(u64, Vec<Checksum>)>,
}

/// Reads a `file` element that was begun.
pub(crate) fn read(
    xml: &mut Xml<'_>,
    file: &BytesStart<'_>,
) -> Result<MetalinkFile, MetalinkError> {
    let name = xml.attribute(file, "name")?.unwrap_or_default();
    let mut found = MetalinkFile {
        name: safe_name(&name),
        ..MetalinkFile::default()
    };
    let mut reading = BodyWriter::default();
    while let Some(child) = xml.child()? {
        if xml.is(&child, "size") {
            found.len = xml.text()?.parse().ok();
        } else if xml.is(&child, "url") {
            let priority = xml.attribute(&child, "priority")?;
            let priority = priority.and_then(|text| text.trim().parse().ok());
            reading.url(&xml.text()?, priority.unwrap_or(LAST_PRIORITY));
        } else if xml.is(&child, "metaurl") {
            reading.others += 1;
            xml.skip(&child)?;
        } else if xml.is(&child, "hash") {
            let kind = xml.attribute(&child, "type")?.unwrap_or_default();
            match checksum(&kind, &xml.text()?) {
                Some(checksum) if stronger(&checksum, found.checksum.as_ref()) => {
                    found.checksum = Some(checksum);
                }
                Some(_) => {}
                None => reading.unknown_hashes.push(kind),
            }
        } else if xml.is(&child, "pieces") {
            reading.pieces(xml, &child)?;
        } else {
            xml.skip(&child)?;
        }
    }
    Ok(reading.finish(found))
}

impl BodyWriter {
    fn url(&mut self, text: &str, priority: u32) {
        match text.parse() {
            Ok(source @ Source::Http(_)) => {
                if self.sources.iter().all(|(_, other)| *other != source) {
                    self.sources.push((priority, source));
                }
            }
            _ => self.others += 1,
        }
    }

    fn pieces(&mut self, xml: &mut Xml<'_>, pieces: &BytesStart<'_>) -> Result<(), MetalinkError> {
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
        let name = &file.name;
        // Stable: of equals the first stays first.
        self.sources.sort_by_key(|(priority, _)| *priority);
        let all = self.sources.len();
        let kept = self.sources.into_iter().take(MAX_SOURCES);
        file.sources = kept.map(|(_, source)| source).collect();
        if all > MAX_SOURCES {
            file.notices.push(format!(
                "{name} is to be had from {all} servers, of which the first {MAX_SOURCES} are used"
            ));
        }
        if self.others > 0 {
            let links = if self.others == 1 { "link" } else { "links" };
            file.notices.push(format!(
                "{} {links} to {name} left out: not http:// or https://",
                self.others
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
                    .is_some_and(|hash| stronger(hash, strongest))
            {
                file.pieces = Some(Arc::new(pieces));
            }
        }
        if had_pieces && file.pieces.is_none() {
            file.notices.push(format!(
                "the hashes of the pieces of {name} do not fit its length and are not used"
            ));
        }
        if file.checksum.is_none() && !self.unknown_hashes.is_empty() {
            let kinds = self.unknown_hashes.join(", ");
            file.notices.push(format!(
                "the hash of {name} is not checked: Lanes cannot compute {kinds}"
            ));
        }
        file
    }
}

fn checksum(kind: &str, hex: &str) -> Option<Checksum> {
    format!("{}:{hex}", kind.trim()).parse().ok()
}

fn stronger(one: &Checksum, than: Option<&Checksum>) -> bool {
    than.is_none_or(|than| one.strength() > than.strength())
}
