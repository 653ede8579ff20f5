//! Undoes content codings (RFC 9110, 8.4.1) while a body is read.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use crate::protocol::http::parse::content_coding::Coding;

/// Length of the buffer before each decoder, in bytes.
const BUFFER_LEN: usize = 32 * 1024;
/// Begins each member of gzip (RFC 1952).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

type Input = BufReader<Box<dyn Read>>;

/// Returns a reader that undoes the `codings` of `body`, which were applied in this order. Its errors are
/// those of the body, and of kind `InvalidData`, `InvalidInput` or `UnexpectedEof` if the coding is damaged
/// or truncated.
pub(crate) fn decode(body: impl Read + 'static, codings: &[Coding]) -> Box<dyn Read> {
    let mut decoded: Box<dyn Read> = Box::new(body);
    for coding in codings.iter().rev() {
        let input = BufReader::with_capacity(BUFFER_LEN, decoded);
        decoded = Box::new(Decoder::Waiting(*coding, input));
    }
    decoded
}

/// The decoder of one coding.
enum Decoder {
    /// Nothing was read.
    Waiting(Coding, Input),
    Gzip(GzDecoder<Input>),
    Zlib(ZlibDecoder<Input>),
    Deflate(DeflateDecoder<Input>),
    /// The content is not coded, although it is labelled so.
    Plain(Input),
    Done,
}

impl Decoder {
    fn begin(coding: Coding, mut input: Input) -> io::Result<Self> {
        let beginning = input.fill_buf()?;
        Ok(match (coding, beginning) {
            (_, []) => Self::Done,
            (Coding::Gzip, beginning) if beginning.starts_with(&GZIP_MAGIC) => {
                Self::Gzip(GzDecoder::new(input))
            }
            (Coding::Gzip, _) => Self::Plain(input),
            (Coding::Deflate, beginning) if has_zlib_header(beginning) => {
                Self::Zlib(ZlibDecoder::new(input))
            }
            (Coding::Deflate, _) => Self::Deflate(DeflateDecoder::new(input)),
        })
    }

    /// Continues after the end of the decoded content: with the next member of gzip, or at the end of the
    /// body. Anything else there is dropped.
    fn next(self) -> io::Result<Self> {
        let mut input = match self {
            Self::Gzip(decoder) => {
                let mut input = decoder.into_inner();
                if input.fill_buf()?.starts_with(&GZIP_MAGIC) {
                    return Ok(Self::Gzip(GzDecoder::new(input)));
                }
                input
            }
            Self::Zlib(decoder) => decoder.into_inner(),
            Self::Deflate(decoder) => decoder.into_inner(),
            Self::Plain(input) | Self::Waiting(_, input) => input,
            Self::Done => return Ok(Self::Done),
        };
        // An error shows that the body is truncated.
        io::copy(&mut input, &mut io::sink())?;
        Ok(Self::Done)
    }
}

impl Read for Decoder {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::Waiting(..) => None,
                Self::Gzip(decoder) => Some(decoder.read(buf)?),
                Self::Zlib(decoder) => Some(decoder.read(buf)?),
                Self::Deflate(decoder) => Some(decoder.read(buf)?),
                Self::Plain(input) => Some(input.read(buf)?),
                Self::Done => return Ok(0),
            };
            match (read, std::mem::replace(self, Self::Done)) {
                (Some(len), decoder) if len > 0 || buf.is_empty() => {
                    *self = decoder;
                    return Ok(len);
                }
                (_, Self::Waiting(coding, input)) => *self = Self::begin(coding, input)?,
                (_, decoder) => *self = decoder.next()?,
            }
        }
    }
}

/// Returns whether deflated content has the header of zlib (RFC 1950).
fn has_zlib_header(beginning: &[u8]) -> bool {
    let [cmf, flags, ..] = beginning else {
        return false;
    };
    cmf & 0x0f == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)).is_multiple_of(31)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn text() -> Vec<u8> {
        b"All work and no play makes a dull file.\n".repeat(5000)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(body: Vec<u8>, codings: &[Coding]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decode(Cursor::new(body), codings).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn codings_are_undone() {
        use Coding::{Deflate, Gzip};
        let members = [gzip(&text()[..1000]), gzip(&text()[1000..])].concat();
        for (body, codings) in [
            (gzip(&text()), &[Gzip][..]),
            (members, &[Gzip]),
            ([gzip(&text()), vec![0; 500]].concat(), &[Gzip]),
            (zlib(&text()), &[Deflate]),
            (deflate(&text()), &[Deflate]),
            (gzip(&zlib(&text())), &[Deflate, Gzip]),
            (text(), &[Gzip]),
            (text(), &[]),
        ] {
            assert_eq!(decoded(body, codings).unwrap(), text(), "{codings:?}");
        }
        for coding in [Gzip, Deflate] {
            assert_eq!(decoded(Vec::new(), &[coding]).unwrap(), b"");
        }
    }

    #[test]
    fn truncated_and_damaged_content_is_an_error() {
        for (packed, coding) in [
            (gzip(&text()), Coding::Gzip),
            (zlib(&text()), Coding::Deflate),
        ] {
            for len in [3, packed.len() / 2, packed.len() - 1] {
                assert!(
                    decoded(packed[..len].to_vec(), &[coding]).is_err(),
                    "{coding} {len}"
                );
            }
            let mut damaged = packed;
            let middle = damaged.len() / 2;
            damaged[middle] ^= 0x55;
            assert!(decoded(damaged, &[coding]).is_err(), "{coding}");
        }
    }
}
