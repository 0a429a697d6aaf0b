//! The bell, and how its shape tells the state of the connections.

use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, Rect, Stroke, StrokeDash, Transform};

use super::number::Number;
use super::{Canvas, round_rect};
use crate::view::TrayShape;

/// A middle tone: at least 3:1 on light panels and on dark ones, also on those that are not quite dark.
pub(super) const BRONZE: (u8, u8, u8) = (0xba, 0x7e, 0x22);
/// The same without life.
pub(super) const GREY: (u8, u8, u8) = (0x8d, 0x89, 0x83);
/// What wants the user, in the same tone: the number's red is too dark for a mark without white in it.
pub(super) const MARK: (u8, u8, u8) = (0xe8, 0x5a, 0x4e);

/// Paints the bell; smaller where a number needs the room. Marks stand in the upper right corner, which no
/// number covers.
pub(super) fn paint(canvas: &mut Canvas, shape: TrayShape, number: Option<&Number>) {
    let side = canvas.side;
    let (size, corner) = match number {
        None => (side, (side * 0.5).round()),
        Some(number) => ((side * 0.9).round(), (side - number.height - canvas.rim()).round()),
    };
    let unit = size / 24.0;
    let place = Transform::from_scale(unit, unit);
    // The rim and the gap below it lie on whole pixels: they are what looks blurred first.
    let rim = (19.2 * unit).round() / unit;
    let gap = (1.2 * unit).round().max(1.0) / unit;
    let Some(body) = body(rim).and_then(|path| path.transform(place)) else { return };
    let Some(clapper) = clapper(rim + gap).and_then(|path| path.transform(place)) else { return };
    let mut solid = |colour| {
        canvas.fill(&body, colour);
        canvas.fill(&clapper, colour);
    };
    match shape {
        TrayShape::Live => solid(BRONZE),
        TrayShape::Connecting => {
            outline(canvas, &body, BRONZE, (2.2 * unit).max(1.5));
            canvas.fill(&clapper, BRONZE);
        }
        TrayShape::Polling => {
            solid(BRONZE);
            clock(canvas, corner);
        }
        TrayShape::Paused => {
            solid(BRONZE);
            bars(canvas, corner);
        }
        TrayShape::Offline => {
            solid(GREY);
            slash(canvas, place, unit);
        }
        TrayShape::SignIn => {
            solid(GREY);
            exclamation(canvas, corner);
        }
        TrayShape::Empty => dashes(canvas, &body, unit),
    }
}

/// The bell without its clapper, in a square of 24 units; its rim ends at `rim`.
fn body(rim: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(12.0, 0.8);
    path.cubic_to(13.2, 0.8, 14.0, 1.6, 14.0, 2.8);
    path.cubic_to(17.1, 3.7, 18.8, 6.3, 18.8, 9.8);
    path.cubic_to(18.8, 13.6, 19.7, 15.2, 21.4, rim - 2.1);
    path.cubic_to(22.3, rim - 1.2, 21.8, rim, 20.6, rim);
    path.line_to(3.4, rim);
    path.cubic_to(2.2, rim, 1.7, rim - 1.2, 2.6, rim - 2.1);
    path.cubic_to(4.3, 15.2, 5.2, 13.6, 5.2, 9.8);
    path.cubic_to(5.2, 6.3, 6.9, 3.7, 10.0, 2.8);
    path.cubic_to(10.0, 1.6, 10.8, 0.8, 12.0, 0.8);
    path.close();
    path.finish()
}

/// What shows of the clapper below the rim, from `top` on.
fn clapper(top: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(8.9, top);
    path.line_to(15.1, top);
    path.cubic_to(14.9, top + 1.8, 13.6, 23.6, 12.0, 23.6);
    path.cubic_to(10.4, 23.6, 9.1, top + 1.8, 8.9, top);
    path.close();
    path.finish()
}

/// The path's inner rim: the outside of the shape stays where it is.
fn outline(canvas: &mut Canvas, path: &Path, colour: (u8, u8, u8), width: f32) {
    canvas.fill(path, colour);
    let bounds = path.bounds();
    let (cx, cy) = ((bounds.left() + bounds.right()) / 2.0, (bounds.top() + bounds.bottom()) / 2.0);
    let (sx, sy) = (1.0 - 2.6 * width / bounds.width(), 1.0 - 2.0 * width / bounds.height());
    let inner = Transform::from_row(sx, 0.0, 0.0, sy, cx - cx * sx, cy - cy * sy);
    if let Some(hole) = path.clone().transform(inner) {
        canvas.clear(&hole);
    }
}

/// A clock of `size` pixels; where that is too small for hands, a ring.
fn clock(canvas: &mut Canvas, size: f32) {
    let width = (size * 0.17).max(1.4);
    let (x, y) = (canvas.side - size / 2.0, size / 2.0);
    let Some(hole) = PathBuilder::from_circle(x, y, size / 2.0 + canvas.rim()) else { return };
    let Some(ring) = PathBuilder::from_circle(x, y, (size - width) / 2.0) else { return };
    canvas.clear(&hole);
    canvas.stroke(&ring, BRONZE, &pen(width));
    if size < 7.5 {
        return;
    }
    let mut hands = PathBuilder::new();
    hands.move_to(x, y - size * 0.24);
    hands.line_to(x, y + size * 0.05);
    hands.line_to(x + size * 0.2, y + size * 0.05);
    if let Some(hands) = hands.finish() {
        canvas.stroke(&hands, BRONZE, &pen((size * 0.13).max(1.0)));
    }
}

fn slash(canvas: &mut Canvas, place: Transform, unit: f32) {
    let mut line = PathBuilder::new();
    line.move_to(2.2, 21.8);
    line.line_to(21.8, 2.2);
    let Some(line) = line.finish().and_then(|path| path.transform(place)) else { return };
    let width = (2.4 * unit).max(1.6);
    canvas.clear_stroke(&line, &pen(width + 2.0 * canvas.rim()));
    canvas.stroke(&line, GREY, &pen(width));
}

/// The two bars of a pause, `height` pixels high, on whole pixels.
fn bars(canvas: &mut Canvas, height: f32) {
    let height = (height * 0.8).round().max(4.0);
    let width = (canvas.side * 0.1).round().max(2.0);
    let gap = (width * 0.8).round().max(1.0);
    let right = canvas.side - (canvas.side / 24.0).round();
    let left = right - 2.0 * width - gap;
    let rim = canvas.rim();
    let bar =
        |left, top, right, bottom| Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect);
    if let Some(hole) = bar(left - rim, 0.0, canvas.side, height + 2.0 * rim) {
        canvas.clear(&hole);
    }
    for left in [left, right - width] {
        if let Some(bar) = bar(left, rim, left + width, rim + height) {
            canvas.fill(&bar, BRONZE);
        }
    }
}

/// An exclamation mark of `height` pixels, on whole pixels.
fn exclamation(canvas: &mut Canvas, height: f32) {
    let width = (canvas.side * 0.13).round().max(2.0);
    let (left, right) = (canvas.side - width - (width / 2.0).floor(), canvas.side - (width / 2.0).floor());
    let dot = height - width;
    let stem = dot - (width / 2.0).floor().max(1.0);
    let rim = canvas.rim();
    let square =
        |left, top, right, bottom| Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect);
    if let Some(hole) = square(left - rim, 0.0, right + rim, height + rim) {
        canvas.clear(&hole);
    }
    // Round ends need more than three pixels to be round.
    let part = |top, bottom| {
        if width > 3.0 { round_rect(left, top, right, bottom) } else { square(left, top, right, bottom) }
    };
    for part in [part(0.0, stem), part(dot, height)].into_iter().flatten() {
        canvas.fill(&part, MARK);
    }
}

/// A dashed outline: the place where a bell would hang.
fn dashes(canvas: &mut Canvas, path: &Path, unit: f32) {
    let width = (2.0 * unit).max(1.6);
    let dash = StrokeDash::new(vec![3.2 * unit, 2.4 * unit], 0.0);
    let pen = Stroke { dash, line_cap: LineCap::Butt, ..pen(width) };
    match canvas.side < 32.0 {
        true => canvas.stroke_hard(path, GREY, &pen),
        false => canvas.stroke(path, GREY, &pen),
    }
}

fn pen(width: f32) -> Stroke {
    Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() }
}
