//! Parses `Transfer-Encoding` (RFC 9112, 6.1) and returns the compressions to undo, without `chunked`, which
//! the HTTP layer has already decoded.

use ureq::http::{HeaderMap, header};

use super::content_coding::Coding;

/// A `Transfer-Encoding` with a coding that cannot be undone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnsupportedCoding {
    /// The whole field, in lower case.
    pub field: String,
}

/// Returns the codings in the order in which they were applied.
///
/// # Errors
/// One of them cannot be undone.
pub(crate) fn parse(headers: &HeaderMap) -> Result<Vec<Coding>, UnsupportedCoding> {
    let fields = headers.get_all(header::TRANSFER_ENCODING).iter();
    let text: Vec<String> = fields
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .collect();
    let text = text.join(", ");
    let mut is_chunked = false;
    let mut codings = Vec::new();
    for word in text.split(',') {
        let name = word.split(';').next().unwrap_or_default().trim();
        let coding = match name {
            "" | "identity" => continue,
            // Proxies repeat the field although the chunks are written once.
            "chunked" => {
                is_chunked = true;
                continue;
            }
            // The chunks would be inside.
            _ if is_chunked => return Err(UnsupportedCoding { field: text }),
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" => Coding::Deflate,
            _ => return Err(UnsupportedCoding { field: text }),
        };
        codings.push(coding);
    }
    Ok(codings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_read_in_order() {
        use Coding::{Deflate, Gzip};
        for (fields, codings) in [
            (&[][..], &[][..]),
            (&["chunked"], &[]),
            (&["Chunked", "chunked"], &[]),
            (&["identity, chunked"], &[]),
            (&["gzip, chunked"], &[Gzip]),
            (&["gzip;x=1", "chunked"], &[Gzip]),
            (&["X-GZIP"], &[Gzip]),
            (&["deflate, gzip,, chunked"], &[Deflate, Gzip]),
        ] {
            assert_eq!(read_fields(fields).as_deref(), Ok(codings), "{fields:?}");
        }
        for fields in [
            &["banana"][..],
            &["br, chunked"],
            &["chunked, gzip"],
            &["compress", "chunked"],
        ] {
            assert_eq!(
                read_fields(fields),
                Err(UnsupportedCoding {
                    field: fields.join(", ")
                })
            );
        }
    }

    fn read_fields(fields: &[&str]) -> Result<Vec<Coding>, UnsupportedCoding> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::TRANSFER_ENCODING, field.parse().unwrap());
        }
        parse(&headers)
    }
}
