//! The result card: one picture to share, with the claim in large letters above its plot, and below it
//! what was measured, on which computer, and when.

use std::sync::Arc;

use plotters::prelude::*;

use super::ExportError;
use super::canvas::{PNG_SCALE, SIZE, png};
use super::drawing::{Caption, Plot};
use crate::lab::analysis::experiment::Experiment;
use crate::lab::report::format::wrapped;
use crate::lab::report::metric::Metric;

/// Space left and right of the texts, and above the claim, in units.
const MARGIN: u32 = 28;
/// Size of the letters of the claim, height of its lines in units, and their width in letters.
const CLAIM: u32 = 34;
const CLAIM_LINE: u32 = 42;
const CLAIM_WIDTH: usize = 50;
/// Size of the letters of the facts, height of their lines in units, and their width in letters.
const FACT: u32 = 15;
const FACT_LINE: u32 = 22;
const FACT_WIDTH: usize = 112;
const INK: RGBColor = RGBColor(20, 24, 32);
const FAINT: RGBColor = RGBColor(90, 96, 108);
const ACCENT: RGBColor = RGBColor(0, 90, 181);

/// The texts of a card.
#[derive(Debug, Clone, Default)]
pub struct CardText {
    /// The claim, such as `12.4 × as fast with 20 connections`.
    pub claim: String,
    /// Lines below the plot: what was measured, on which computer, and when.
    pub facts: Vec<String>,
}

/// Returns the card of experiments as PNG.
///
/// # Errors
/// As [`to_png`](super::to_png).
pub fn to_card(
    experiments: &[Arc<Experiment>],
    metric: Metric,
    caption: &Caption,
    text: &CardText,
) -> Result<Vec<u8>, ExportError> {
    let plot = Plot::new(experiments, metric, caption, PNG_SCALE)?;
    let claim = wrapped(&text.claim, CLAIM_WIDTH);
    let facts: Vec<String> = text
        .facts
        .iter()
        .flat_map(|fact| wrapped(fact, FACT_WIDTH))
        .collect();
    let head = MARGIN + CLAIM_LINE * claim.len() as u32;
    let foot = FACT_LINE * facts.len() as u32 + MARGIN;
    let size = (SIZE.0, head + plot.height() + foot);
    png(size, |root| {
        root.fill(&WHITE)?;
        let px = |units: u32| (units * PNG_SCALE) as i32;
        let edge = Rectangle::new([(0, 0), (px(8), px(size.1))], ACCENT.filled());
        root.draw(&edge)?;
        let style = ("sans-serif", px(CLAIM)).with_color(INK);
        let style = style.into_text_style(root);
        for (line, words) in claim.iter().enumerate() {
            let y = MARGIN + CLAIM_LINE * line as u32;
            root.draw_text(words, &style, (px(MARGIN), px(y)))?;
        }
        let (_, below) = root.split_vertically(px(head));
        let (plotted, below) = below.split_vertically(px(plot.height()));
        plot.draw(&plotted.shrink((px(12), 0), (px(SIZE.0 - 12), px(plot.height()))))?;
        let style = ("sans-serif", px(FACT)).with_color(FAINT);
        let style = style.into_text_style(&below);
        for (line, words) in facts.iter().enumerate() {
            let y = FACT_LINE * line as u32;
            below.draw_text(words, &style, (px(MARGIN), px(y)))?;
        }
        root.present()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::export::tests::one;

    #[test]
    fn a_card_has_the_claim_and_the_facts_around_the_plot() {
        let plain = CardText::default();
        let card = |text: &CardText| {
            let png = to_card(&one(), Metric::Time, &Caption::default(), text).unwrap();
            image::load_from_memory(&png).unwrap().into_rgb8()
        };
        let (bare, full) = (
            card(&plain),
            card(&CardText {
                claim: "5.75 × as fast with 10 connections, which is a claim of two lines"
                    .to_owned(),
                facts: vec![
                    "Data.jpg".to_owned(),
                    "linux x86_64, 2 processors".to_owned(),
                ],
            }),
        );
        assert_eq!(bare.width(), full.width());
        let more = 2 * (2 * CLAIM_LINE + 2 * FACT_LINE);
        assert_eq!(full.height(), bare.height() + more);
        // Letters stand in the head and in the foot.
        let dark = |rows: std::ops::Range<u32>| {
            let pixels = rows.flat_map(|y| (40..full.width()).map(move |x| (x, y)));
            pixels
                .filter(|(x, y)| full.get_pixel(*x, *y).0[0] < 128)
                .count()
        };
        assert!(dark(0..2 * (MARGIN + 2 * CLAIM_LINE)) > 1000);
        assert!(dark(full.height() - 2 * (MARGIN + 2 * FACT_LINE)..full.height()) > 300);
    }
}
