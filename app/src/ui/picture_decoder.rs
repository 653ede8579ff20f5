//! Decodes pictures of downloads for their previews. They come from strangers, and a small file may ask for
//! gigabytes of memory: its size is looked at before anything is decoded.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek as _};
use std::path::Path;

use eframe::egui::ColorImage;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

/// Maximum width and height of a shown picture, in pixels.
const SHOWN_SIDE: u32 = 1024;
/// Most pixels that are decoded.
const MAX_PIXELS: u64 = 50_000_000;
/// Most memory that a decoder may take, in bytes, for its result and what it needs for it.
const MAX_BYTES: u64 = 128 << 20;
/// Most markers of a JPEG that are read before its picture.
const MAX_MARKERS: usize = 1000;

/// Why a picture is not shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    /// It has too many pixels.
    #[error("{0} × {1} pixels are too many for a preview")]
    TooLarge(u32, u32),
    /// It cannot be decoded.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Decodes the picture of a file and scales it down to at most [`SHOWN_SIDE`].
pub(super) fn decode(path: &Path) -> Result<ColorImage, PictureError> {
    decode_from(BufReader::new(File::open(path)?))
}

/// Decodes a picture in memory and scales it down to at most [`SHOWN_SIDE`].
pub(super) fn decode_bytes(bytes: &[u8]) -> Result<ColorImage, PictureError> {
    decode_from(io::Cursor::new(bytes))
}

fn decode_from(mut file: impl BufRead + io::Seek) -> Result<ColorImage, PictureError> {
    let is_progressive = is_progressive_jpeg(&mut file).unwrap_or(false);
    file.rewind()?;
    let mut reader = ImageReader::new(file).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    // Before a picture is shown, a progressive JPEG has all its coefficients in memory, which the limits of
    // the decoder do not count: two bytes for each byte of the result.
    let needed = match reader.format() {
        Some(ImageFormat::Jpeg) if is_progressive => 3,
        _ => 1,
    };
    let decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || decoder.total_bytes().saturating_mul(needed) > MAX_BYTES {
        return Err(PictureError::TooLarge(width, height));
    }
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if width.max(height) > SHOWN_SIDE {
        picture = picture.thumbnail(SHOWN_SIDE, SHOWN_SIDE);
    }
    let pixels = picture.into_rgba8();
    let size = [pixels.width() as usize, pixels.height() as usize];
    Ok(ColorImage::from_rgba_unmultiplied(size, pixels.as_raw()))
}

/// Returns whether a file is a JPEG whose picture has several passes: its frame header (ITU T.81, B.1.1.3)
/// is not that of a baseline or extended sequential one.
fn is_progressive_jpeg(file: &mut (impl BufRead + io::Seek)) -> io::Result<bool> {
    let mut start = [0; 2];
    file.read_exact(&mut start)?;
    if start != [0xff, 0xd8] {
        return Ok(false);
    }
    for _ in 0..MAX_MARKERS {
        let mut byte = [0; 1];
        while byte[0] != 0xff {
            file.read_exact(&mut byte)?;
        }
        // A marker may be padded.
        while byte[0] == 0xff {
            file.read_exact(&mut byte)?;
        }
        match byte[0] {
            0xc0 | 0xc1 => return Ok(false),
            // Other frames than tables of Huffman codes, and those of arithmetic coding.
            0xc2 | 0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Ok(true),
            // Stand-alone markers.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            // The end, or a picture without a frame.
            0xd9 | 0xda => return Ok(true),
            _ => {
                let mut len = [0; 2];
                file.read_exact(&mut len)?;
                let len = u16::from_be_bytes(len);
                file.seek_relative(i64::from(len.saturating_sub(2)))?;
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let picture = DynamicImage::new_luma8(width, height);
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// Changes the size in the header of a picture.
    fn resized(mut bytes: Vec<u8>, at: usize, size: &[u8]) -> Vec<u8> {
        bytes[at..at + size.len()].copy_from_slice(size);
        bytes
    }

    /// Returns the position of the height in the frame header of a JPEG.
    fn frame(jpeg: &[u8]) -> usize {
        let marker = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]);
        marker.unwrap() + 5
    }

    #[test]
    fn pictures_are_scaled_down() {
        for (name, format) in [("a.png", ImageFormat::Png), ("a.jpg", ImageFormat::Jpeg)] {
            let (_folder, path) = written(name, &encoded(3000, 1000, format));
            assert_eq!(decode(&path).unwrap().size, [1024, 341]);
            let (_folder, path) = written(name, &encoded(30, 10, format));
            assert_eq!(decode(&path).unwrap().size, [30, 10]);
        }
    }

    #[test]
    fn a_picture_with_too_many_pixels_is_not_decoded() {
        let jpeg = encoded(16, 16, ImageFormat::Jpeg);
        let at = frame(&jpeg);
        // 60,000 × 60,000 and 8,000 × 6,251 pixels, in a few hundred bytes.
        for (name, bytes) in [
            (
                "a.jpg",
                resized(jpeg.clone(), at, &[0xea, 0x60, 0xea, 0x60]),
            ),
            (
                "a.jpg",
                resized(jpeg.clone(), at, &[0x1f, 0x40, 0x18, 0x6b]),
            ),
        ] {
            let (_folder, path) = written(name, &bytes);
            let error = decode(&path).unwrap_err();
            assert!(matches!(error, PictureError::TooLarge(..)), "{error}");
        }
        let (_folder, path) = written("a.png", &encoded(12_000, 5_000, ImageFormat::Png));
        let words = decode(&path).unwrap_err().to_string();
        assert!(
            words.contains("12000 × 5000") || words.contains("emory"),
            "{words}"
        );
    }

    #[test]
    fn memory_of_a_progressive_jpeg_counts_its_coefficients() {
        let jpeg = encoded(16, 16, ImageFormat::Jpeg);
        let at = frame(&jpeg);
        // 48 megapixels of one channel: 48 MB at once, 144 MB in passes.
        let mut large = resized(jpeg, at, &[0x17, 0x70, 0x1f, 0x40]);
        large[at - 4] = 0xc2;
        assert!(is_progressive_jpeg(&mut Cursor::new(&large)).unwrap());
        let (_folder, path) = written("a.jpg", &large);
        let error = decode(&path).unwrap_err();
        assert!(
            matches!(error, PictureError::TooLarge(8000, 6000)),
            "{error}"
        );
    }

    #[test]
    fn the_kind_of_a_jpeg_is_found_in_bounded_time() {
        let jpeg = encoded(16, 16, ImageFormat::Jpeg);
        assert!(!is_progressive_jpeg(&mut Cursor::new(&jpeg)).unwrap());
        assert!(!is_progressive_jpeg(&mut Cursor::new(encoded(2, 2, ImageFormat::Png))).unwrap());
        let endless = [&[0xff, 0xd8][..], &[0xff, 0xe0, 0, 2].repeat(5000)].concat();
        assert!(is_progressive_jpeg(&mut Cursor::new(&endless)).unwrap());
        for broken in [&b""[..], b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xe0\xff"] {
            assert!(is_progressive_jpeg(&mut Cursor::new(broken)).is_err());
        }
    }
}
