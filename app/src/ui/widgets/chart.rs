//! The frame of every plot: axes, zoom and tooltips.
//!
//! 1. Without zoom a plot shows all data and grows with it.
//! 2. Dragging a rectangle zooms in; dragging then pans; a double click or the button resets the
//!    zoom. Ctrl with the wheel zooms too; the wheel alone scrolls the page.

use std::ops::RangeInclusive;

use eframe::egui::{PointerButton, Role, Ui, Vec2, WidgetInfo, vec2};
use egui_plot::{GridInput, GridMark, HoverPosition, Plot, PlotBounds, PlotUi};

use super::ticks::{Tick, Unit, ticks};
use crate::ui::tokens::Palette;

/// Zoom factor per click.
const STEP: f32 = 1.5;

/// The zoom of a plot.
#[derive(Default)]
pub(crate) struct Zoom {
    /// The visible bounds; `None` without zoom.
    bounds: Option<PlotBounds>,
    /// A zoom step to apply when the plot is drawn next.
    request: Option<ZoomRequest>,
}

/// A zoom step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZoomRequest {
    /// Zoom in.
    In,
    /// Zoom out.
    Out,
}

impl Zoom {
    /// Returns whether the plot is zoomed.
    pub(crate) fn is_in(&self) -> bool {
        self.bounds.is_some()
    }

    /// Requests a zoom step.
    pub(crate) fn request(&mut self, request: ZoomRequest) {
        self.request = Some(request);
    }

    /// Resets the zoom.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Applies a requested step and returns the visible bounds; `whole` are those without zoom.
    fn apply(&mut self, whole: PlotBounds) -> PlotBounds {
        if let Some(request) = self.request.take() {
            let mut bounds = self.bounds.unwrap_or(whole);
            let factor = match request {
                ZoomRequest::In => STEP,
                ZoomRequest::Out => 1.0 / STEP,
            };
            bounds.zoom(vec2(factor, factor), bounds.center());
            self.set(bounds, &whole);
        }
        self.bounds.unwrap_or(whole)
    }

    fn set(&mut self, bounds: PlotBounds, whole: &PlotBounds) {
        self.bounds = Some(bounds).filter(|now| now.is_valid() && !holds(now, whole));
    }
}

/// A plot.
pub(crate) struct Chart<'a> {
    /// Unique id of the plot.
    pub id: &'static str,
    /// Size including the axes.
    pub size: Vec2,
    /// Horizontal range without zoom.
    pub x: RangeInclusive<f64>,
    /// Vertical range without zoom.
    pub y: RangeInclusive<f64>,
    /// Labels of the horizontal axis.
    pub x_ticks: AxisTicks<'a>,
    /// Labels of the vertical axis.
    pub y_ticks: AxisTicks<'a>,
    /// Title of the horizontal axis.
    pub label: &'a str,
    /// Description for screen readers.
    pub spoken: String,
}

/// The labels of an axis.
pub(crate) enum AxisTicks<'a> {
    /// Round numbers in this unit.
    Numeric(Unit),
    /// Exactly these labels.
    Fixed(&'a [Tick]),
}

impl AxisTicks<'_> {
    fn ticks(&self, range: &RangeInclusive<f64>) -> Vec<Tick> {
        match self {
            Self::Numeric(unit) => ticks(*unit, range),
            Self::Fixed(ticks) => ticks.to_vec(),
        }
    }
}

impl Chart<'_> {
    /// Draws the plot: `hover` returns the tooltip at a position, `add` adds the content.
    pub(crate) fn show(
        self,
        ui: &mut Ui,
        zoom: &mut Zoom,
        hover: impl Fn(&HoverPosition<'_>) -> Option<String>,
        add: impl FnOnce(&mut PlotUi<'_>),
    ) {
        let whole = self.whole();
        let bounds = zoom.apply(whole);
        let x_ticks = self.x_ticks.ticks(&bounds.range_x());
        let y_ticks = self.y_ticks.ticks(&bounds.range_y());
        let is_zoomed = zoom.is_in();
        let box_zoom = if is_zoomed {
            PointerButton::Secondary
        } else {
            PointerButton::Primary
        };
        let shown = Plot::new(self.id)
            .width(self.size.x)
            .height(self.size.y)
            .x_axis_label(self.label)
            .show_background(false)
            .grid_color(Palette::of(ui).track)
            .allow_zoom(true)
            .allow_scroll(false)
            .allow_drag(is_zoomed)
            .allow_boxed_zoom(true)
            .boxed_zoom_pointer_button(box_zoom)
            .allow_axis_zoom_drag(false)
            .allow_double_click_reset(false)
            .show_crosshair(false)
            .show_grid([false, true])
            .y_axis_min_width(56.0)
            .x_grid_spacer(|_: GridInput| grid(&x_ticks))
            .y_grid_spacer(|_: GridInput| grid(&y_ticks))
            .x_axis_formatter(|mark, _| written(&x_ticks, mark))
            .y_axis_formatter(|mark, _| written(&y_ticks, mark))
            .label_formatter(|at| hover(at))
            .show(ui, |plot| {
                plot.set_plot_bounds(bounds);
                add(plot);
            });
        let response = shown.response;
        let zoomed = response.contains_pointer() && ui.input(|i| i.zoom_delta() != 1.0);
        let now = *shown.transform.bounds();
        if response.double_clicked() {
            zoom.reset();
        } else if (response.dragged() || response.drag_stopped() || zoomed) && now != bounds {
            zoom.set(now, &whole);
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &self.spoken));
    }

    fn whole(&self) -> PlotBounds {
        let (x, y) = (&self.x, &self.y);
        PlotBounds::from_min_max([*x.start(), *y.start()], [*x.end(), *y.end()])
    }
}

/// Returns whether `bounds` contain `whole`.
fn holds(bounds: &PlotBounds, whole: &PlotBounds) -> bool {
    let axis =
        |at: usize| bounds.min()[at] <= whole.min()[at] && bounds.max()[at] >= whole.max()[at];
    axis(0) && axis(1)
}

fn grid(ticks: &[Tick]) -> Vec<GridMark> {
    let step = ticks
        .windows(2)
        .map(|two| two[1].0 - two[0].0)
        .fold(f64::MAX, f64::min);
    let mark = |tick: &Tick| GridMark {
        value: tick.0,
        step_size: step,
    };
    ticks.iter().map(mark).collect()
}

fn written(ticks: &[Tick], mark: GridMark) -> String {
    let tick = ticks.iter().find(|tick| tick.0 == mark.value);
    tick.map(|tick| tick.1.clone()).unwrap_or_default()
}
