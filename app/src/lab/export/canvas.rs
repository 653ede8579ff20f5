//! The canvas of exported plots: its size, font and colours, and its encoding as PNG.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::ExportError;

/// Width and height of the plot in units; an SVG has one pixel per unit.
pub(super) const SIZE: (u32, u32) = (900, 560);
/// Pixels per unit of a PNG, for high-resolution screens.
pub(super) const PNG_SCALE: u32 = 2;
/// Colours of experiments and connections, in their order.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 90, 181),
    RGBColor(208, 112, 0),
    RGBColor(11, 107, 99),
    RGBColor(190, 60, 120),
    RGBColor(107, 63, 168),
    RGBColor(95, 98, 21),
];

pub(super) type Drawn<E> = Result<(), DrawingAreaErrorKind<E>>;
pub(super) type Area<DB> = DrawingArea<DB, Shift>;

/// Returns the colour of an experiment or a connection; they repeat.
pub(super) fn colour(index: usize) -> RGBColor {
    COLOURS[index % COLOURS.len()]
}

/// Registers the font of all labels.
pub(super) fn embed_font() {
    // The font is embedded, so that the labels do not depend on the fonts of the system.
    static FONT: Once = Once::new();
    FONT.call_once(|| {
        let font = epaint_default_fonts::UBUNTU_LIGHT;
        let _ = register_font("sans-serif", FontStyle::Normal, font);
    });
}

/// Returns what `draw` draws on an area of this size in units as SVG.
///
/// # Errors
/// [`ExportError::Draw`] if plotters fails.
pub(super) fn svg(
    size: (u32, u32),
    draw: impl for<'b> FnOnce(
        &Area<SVGBackend<'b>>,
    ) -> Drawn<<SVGBackend<'b> as DrawingBackend>::ErrorType>,
) -> Result<String, ExportError> {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    draw(&root).map_err(|error| ExportError::Draw(error.to_string()))?;
    drop(root);
    Ok(svg)
}

/// Returns what `draw` draws on an area of this size in units as PNG.
///
/// # Errors
/// As [`svg`].
pub(super) fn png(
    size: (u32, u32),
    draw: impl for<'b> FnOnce(
        &Area<BitMapBackend<'b>>,
    ) -> Drawn<<BitMapBackend<'b> as DrawingBackend>::ErrorType>,
) -> Result<Vec<u8>, ExportError> {
    let failed = |error: String| ExportError::Draw(error);
    let (width, height) = (size.0 * PNG_SCALE, size.1 * PNG_SCALE);
    let mut pixels = vec![0; (width * height * 3) as usize];
    let root = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
    draw(&root).map_err(|error| failed(error.to_string()))?;
    drop(root);
    let mut png = std::io::Cursor::new(Vec::new());
    let image = image::RgbImage::from_raw(width, height, pixels);
    let image = image.ok_or_else(|| failed("the plot has no size".to_owned()))?;
    let written = image.write_to(&mut png, image::ImageFormat::Png);
    written.map_err(|error| failed(error.to_string()))?;
    Ok(png.into_inner())
}
