//! Painting the tray icon: state by shape, the unread number as digits.
//!
//! The shapes are drawn at the size asked for, on whole pixels where that keeps them sharp; nothing is
//! scaled. Deliberately not here: what the state is, and handing the picture to the system's tray.

mod bell;
mod digits;
mod number;
#[cfg(test)]
mod tests;

use tiny_skia::{BlendMode, Color, FillRule, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use super::TrayShape;

/// The ground of the number: white digits on it have a contrast of 4.6:1.
const ALERT: (u8, u8, u8) = (0xd6, 0x3b, 0x30);
/// The digits.
const WHITE: (u8, u8, u8) = (0xff, 0xff, 0xff);

/// Straight RGBA pixels, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Width and height, in pixels.
    pub side: u32,
    /// `side * side * 4` bytes.
    pub rgba: Vec<u8>,
}

/// Paints the unread number alone, as it stands in the icon's corner: for a desktop that lays it over another icon.
/// Blank at zero.
#[must_use]
pub fn paint_number(unread: u64, side: u32) -> Raster {
    let Some(pixmap) = Pixmap::new(side, side) else { return Raster { side, rgba: Vec::new() } };
    let mut canvas = Canvas { pixmap, side: side as f32 };
    if let Some(text) = text(unread) {
        number::Number::new(&text, side).paint(&mut canvas);
    }
    canvas.finish(side)
}

/// Paints the icon at `side` pixels: a bell whose shape tells the state, and the unread number, if there is
/// one, as `1` to `99` or `99+`.
#[must_use]
pub fn paint_badge(shape: TrayShape, unread: u64, side: u32) -> Raster {
    let Some(pixmap) = Pixmap::new(side, side) else { return Raster { side, rgba: Vec::new() } };
    let mut canvas = Canvas { pixmap, side: side as f32 };
    let number = text(unread).map(|text| number::Number::new(&text, side));
    bell::paint(&mut canvas, shape, number.as_ref());
    if let Some(number) = &number {
        number.paint(&mut canvas);
    }
    canvas.finish(side)
}

/// What is said of an unread number; nothing at zero.
fn text(unread: u64) -> Option<String> {
    match unread {
        0 => None,
        1..=99 => Some(unread.to_string()),
        _ => Some("99+".to_owned()),
    }
}

/// A rectangle whose ends are half circles.
fn round_rect(left: f32, top: f32, right: f32, bottom: f32) -> Option<Path> {
    // How far a cubic's handle reaches for a quarter circle.
    const HANDLE: f32 = 0.552_28;
    let radius = (bottom - top).min(right - left) / 2.0;
    let reach = radius * (1.0 - HANDLE);
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - reach, top, right, top + reach, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - reach, right - reach, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.cubic_to(left + reach, bottom, left, bottom - reach, left, bottom - radius);
    path.line_to(left, top + radius);
    path.cubic_to(left, top + reach, left + reach, top, left + radius, top);
    path.close();
    path.finish()
}

/// The picture while it is being painted.
struct Canvas {
    pixmap: Pixmap,
    side: f32,
}

impl Canvas {
    /// The clear gap between shapes that lie upon each other.
    fn rim(&self) -> f32 {
        (self.side / 16.0).max(1.0)
    }

    fn fill(&mut self, path: &Path, colour: (u8, u8, u8)) {
        self.pixmap.fill_path(path, &paint(colour, 255), FillRule::Winding, Transform::identity(), None);
    }

    fn stroke(&mut self, path: &Path, colour: (u8, u8, u8), pen: &Stroke) {
        self.pixmap.stroke_path(path, &paint(colour, 255), pen, Transform::identity(), None);
    }

    /// Strokes on whole pixels, none of which is half the panel's: thin lines of a small icon would fade.
    fn stroke_hard(&mut self, path: &Path, colour: (u8, u8, u8), pen: &Stroke) {
        let paint = Paint { anti_alias: false, ..paint(colour, 255) };
        self.pixmap.stroke_path(path, &paint, pen, Transform::identity(), None);
    }

    fn clear(&mut self, path: &Path) {
        self.pixmap.fill_path(path, &eraser(), FillRule::Winding, Transform::identity(), None);
    }

    fn clear_stroke(&mut self, path: &Path, pen: &Stroke) {
        self.pixmap.stroke_path(path, &eraser(), pen, Transform::identity(), None);
    }

    fn finish(self, side: u32) -> Raster {
        let straight = |pixel: &tiny_skia::PremultipliedColorU8| {
            let colour = pixel.demultiply();
            [colour.red(), colour.green(), colour.blue(), colour.alpha()]
        };
        Raster { side, rgba: self.pixmap.pixels().iter().flat_map(straight).collect() }
    }
}

fn paint((red, green, blue): (u8, u8, u8), alpha: u8) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(Color::from_rgba8(red, green, blue, alpha));
    paint
}

fn eraser() -> Paint<'static> {
    Paint { blend_mode: BlendMode::Clear, ..Paint::default() }
}
