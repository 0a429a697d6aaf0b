//! The unread number: its ground and its digits, laid out on whole pixels.

use tiny_skia::{LineCap, LineJoin, Path, Stroke, Transform};

use super::digits::{DOTTED, dotted, drawn};
use super::{ALERT, Canvas, WHITE, round_rect};

/// A number that has been laid out for one size. All lengths are pixels.
pub(super) struct Number {
    /// Height of the ground.
    pub height: f32,
    width: f32,
    /// Each with its width.
    digits: Vec<(char, f32)>,
    digit_height: f32,
    text_width: f32,
    gap: f32,
    style: Style,
}

enum Style {
    Dots,
    Pen(f32),
}

impl Number {
    /// Lays out a text of digits, or digits and a plus.
    pub(super) fn new(text: &str, side: u32) -> Self {
        let side = side as f32;
        let whole = |share: f32| (side * share).round().max(1.0);
        let (digit_height, digit_width) = (whole(0.41), whole(0.235));
        let (gap, above) = (whole(0.05), whole(0.055));
        let width_of = |digit: char| match digit {
            '1' => (digit_width * 0.6).round(),
            '+' => (digit_width * 0.8).round(),
            _ => digit_width,
        };
        let digits: Vec<_> = text.chars().map(|digit| (digit, width_of(digit))).collect();
        let digits_width: f32 = digits.iter().map(|(_, width)| width).sum();
        let text_width = digits_width + gap * (digits.len() as f32 - 1.0);
        let height = digit_height + 2.0 * above;
        // A round ground needs room at its ends, but never more than there is.
        let width = (text_width + 2.0 * whole(0.12)).max(height).min(side);
        // The same distance on both sides, or the digits would stand between pixels.
        let odd = (width - text_width) % 2.0;
        let width = if odd == 0.0 || width + 1.0 > side { width } else { width + 1.0 };
        let small = (digit_width, digit_height) == DOTTED;
        let style = if small { Style::Dots } else { Style::Pen(side * 0.078) };
        Self { height, width, digits, digit_height, text_width, gap, style }
    }

    /// Paints the number in the lower right corner, with a clear rim around its ground.
    pub(super) fn paint(&self, canvas: &mut Canvas) {
        let (right, bottom) = (canvas.side, canvas.side);
        let (left, top) = (right - self.width, bottom - self.height);
        let rim = canvas.rim();
        if let Some(hole) = round_rect(left - rim, top - rim, right + rim, bottom + rim) {
            canvas.clear(&hole);
        }
        if let Some(ground) = round_rect(left, top, right, bottom) {
            canvas.fill(&ground, ALERT);
        }
        let mut x = left + ((self.width - self.text_width) / 2.0).floor();
        let y = top + ((self.height - self.digit_height) / 2.0).round();
        for (digit, width) in &self.digits {
            let placed = |path: Path| path.transform(Transform::from_translate(x, y));
            match self.style {
                Style::Dots => {
                    if let Some(path) = dotted(*digit).and_then(placed) {
                        canvas.fill(&path, WHITE);
                    }
                }
                Style::Pen(pen) => {
                    if let Some(path) = drawn(*digit, *width, self.digit_height, pen).and_then(placed) {
                        let stroke = Stroke {
                            width: pen,
                            line_cap: LineCap::Butt,
                            line_join: LineJoin::Miter,
                            ..Stroke::default()
                        };
                        canvas.stroke(&path, WHITE, &stroke);
                    }
                }
            }
            x += width + self.gap;
        }
    }
}
