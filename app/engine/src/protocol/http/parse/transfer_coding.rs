//! Reads `Transfer-Encoding` (RFC 9112, 6.1): the codings that the server applied to the body in addition to
//! chunks, which are undone before.

use ureq::http::{HeaderMap, header};

use super::content_coding::Coding;

/// Returns the codings in the order in which they were applied.
///
/// # Errors
/// The field, if it names one that cannot be undone.
pub(crate) fn read(headers: &HeaderMap) -> Result<Vec<Coding>, String> {
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
            _ if is_chunked => return Err(text),
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" => Coding::Deflate,
            _ => return Err(text),
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
            assert_eq!(read_fields(fields), Err(fields.join(", ")));
        }
    }

    fn read_fields(fields: &[&str]) -> Result<Vec<Coding>, String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::TRANSFER_ENCODING, field.parse().unwrap());
        }
        read(&headers)
    }
}
