//! Export of a plot of a simulated run: its points as CSV, its curves as SVG and PNG.

use std::fmt::Write as _;

use plotters::prelude::*;

use super::ExportError;
use super::canvas::{Area, Drawn, PNG_SCALE, SIZE, colour, embed_font, png, svg};
use crate::lab::analysis::packet_curves::{Look, PacketCurve, PacketView};

const LOST: RGBColor = RGBColor(200, 30, 30);

/// A plot of a simulated run.
#[derive(Debug, Clone)]
pub struct PacketPlot {
    /// The plot.
    pub view: PacketView,
    /// Its title.
    pub title: String,
    /// Its curves.
    pub curves: Vec<PacketCurve>,
}

/// Returns the points as CSV (RFC 4180, but with plain line feeds). Connections count from 1; a curve of
/// all together has none.
pub fn packet_curves_to_csv(curves: &[PacketCurve]) -> String {
    let mut csv = String::from("curve,connection,seconds,value\n");
    for curve in curves {
        let of = curve.connection.map(|index| (index + 1).to_string());
        let of = of.unwrap_or_default();
        for [at, value] in &curve.points {
            // Writing to a string cannot fail.
            let _ = writeln!(csv, "{},{of},{at:.6},{value}", curve.name);
        }
    }
    csv
}

/// Returns the plot as SVG.
///
/// # Errors
/// [`ExportError::NoRuns`] without a point, [`ExportError::Draw`] if plotters fails.
pub fn packet_curves_to_svg(plot: &PacketPlot) -> Result<String, ExportError> {
    let drawing = Drawing::new(plot, 1)?;
    svg(SIZE, |root| drawing.draw(root))
}

/// Returns the same plot as PNG.
///
/// # Errors
/// As [`packet_curves_to_svg`].
pub fn packet_curves_to_png(plot: &PacketPlot) -> Result<Vec<u8>, ExportError> {
    let drawing = Drawing::new(plot, PNG_SCALE)?;
    png(SIZE, |root| drawing.draw(root))
}

/// A plot with its ranges.
struct Drawing<'a> {
    plot: &'a PacketPlot,
    /// Pixels per unit.
    scale: u32,
    end: f64,
    top: f64,
}

impl<'a> Drawing<'a> {
    fn new(plot: &'a PacketPlot, scale: u32) -> Result<Self, ExportError> {
        embed_font();
        let points = || plot.curves.iter().flat_map(|curve| &curve.points);
        if points().next().is_none() {
            return Err(ExportError::NoRuns);
        }
        let highest = |axis: usize| points().map(|point| point[axis]).fold(1e-9, f64::max);
        let (end, top) = (highest(0), highest(1) * 1.05);
        Ok(Self {
            plot,
            scale,
            end,
            top,
        })
    }

    fn px(&self, units: u32) -> u32 {
        units * self.scale
    }

    fn draw<DB: DrawingBackend>(&self, root: &Area<DB>) -> Drawn<DB::ErrorType> {
        root.fill(&WHITE)?;
        let decimals = (1.0 - self.top.log10()).ceil().max(0.0) as usize;
        let mut chart = ChartBuilder::on(root)
            .caption(&self.plot.title, ("sans-serif", self.px(20)))
            .margin(self.px(16))
            .x_label_area_size(self.px(52))
            .y_label_area_size(self.px(88))
            .build_cartesian_2d(0.0..self.end, 0.0..self.top)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .label_style(("sans-serif", self.px(15)))
            .axis_desc_style(("sans-serif", self.px(16)))
            .x_desc("time (s)")
            .y_desc(self.plot.view.label())
            .y_label_formatter(&|y| format!("{y:.decimals$}"))
            .draw()?;
        for curve in &self.plot.curves {
            let index = curve.connection.unwrap_or_default() as usize;
            let colour = colour(index);
            let points = || curve.points.iter().map(|[x, y]| (*x, *y));
            let (size, width) = (self.px(3) as i32, self.px(1));
            match curve.look {
                Look::Line => {
                    let line = colour.stroke_width(width);
                    chart.draw_series(LineSeries::new(points(), line))?;
                }
                Look::Dashed => {
                    let line = colour.mix(0.5).stroke_width(width);
                    chart.draw_series(LineSeries::new(points(), line))?;
                }
                Look::Dots => {
                    let dot = |at| Circle::new(at, size / 2, colour.filled());
                    chart.draw_series(points().map(dot))?;
                }
                Look::Crosses => {
                    let cross = |at| Cross::new(at, size, LOST.stroke_width(width));
                    chart.draw_series(points().map(cross))?;
                }
            };
        }
        root.present()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::packet_curves::curves;
    use lanes_shared::link::predict::Download;
    use lanes_shared::link::presets::preset;

    #[test]
    fn every_plot_is_exported_as_csv_svg_and_png() {
        let link = preset("bbr-server").unwrap().link();
        let packets = Download::new(200_000, 4).log(&link).into_packets();
        for view in PacketView::ALL {
            let plot = PacketPlot {
                view,
                title: "Server with BBR".to_owned(),
                curves: curves(&packets, view),
            };
            let csv = packet_curves_to_csv(&plot.curves);
            let points: usize = plot.curves.iter().map(|curve| curve.points.len()).sum();
            assert_eq!(csv.lines().count(), points + 1);
            let svg = packet_curves_to_svg(&plot).unwrap();
            assert!(
                svg.contains("Server with BBR") && svg.contains(view.label()),
                "{view:?}"
            );
            let png = packet_curves_to_png(&plot).unwrap();
            assert_eq!(
                image::load_from_memory(&png).unwrap().width(),
                SIZE.0 * PNG_SCALE
            );
        }
        let empty = PacketPlot {
            view: PacketView::Queue,
            title: String::new(),
            curves: Vec::new(),
        };
        assert!(matches!(
            packet_curves_to_svg(&empty),
            Err(ExportError::NoRuns)
        ));
    }
}
