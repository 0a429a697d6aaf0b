//! The digits' shapes: centre lines for a pen, and dots for the smallest size, where no pen is fine enough.

use tiny_skia::{Path, PathBuilder, Rect, Transform};

/// Width and height of the dotted digits, in pixels.
pub(super) const DOTTED: (f32, f32) = (4.0, 7.0);

/// A digit of 4 × 7 pixels (a one is 2 wide, a plus 3), its upper left corner at (0, 0).
pub(super) fn dotted(digit: char) -> Option<Path> {
    let rows = match digit {
        '0' => [".##.", "#..#", "#..#", "#..#", "#..#", "#..#", ".##."],
        '1' => [".#", "##", ".#", ".#", ".#", ".#", ".#"],
        '2' => [".##.", "#..#", "...#", "..#.", ".#..", "#...", "####"],
        '3' => ["###.", "...#", "...#", ".##.", "...#", "...#", "###."],
        '4' => ["..#.", ".##.", ".##.", "#.#.", "####", "..#.", "..#."],
        '5' => ["####", "#...", "###.", "...#", "...#", "#..#", ".##."],
        '6' => [".##.", "#...", "#...", "###.", "#..#", "#..#", ".##."],
        '7' => ["####", "...#", "...#", "..#.", "..#.", ".#..", ".#.."],
        '8' => [".##.", "#..#", "#..#", ".##.", "#..#", "#..#", ".##."],
        '9' => [".##.", "#..#", "#..#", ".###", "...#", "...#", ".##."],
        _ => ["...", "...", ".#.", "###", ".#.", "...", "..."],
    };
    let mut path = PathBuilder::new();
    for (y, row) in rows.iter().enumerate() {
        for (x, dot) in row.chars().enumerate() {
            if dot == '#' {
                path.push_rect(Rect::from_xywh(x as f32, y as f32, 1.0, 1.0)?);
            }
        }
    }
    path.finish()
}

/// A digit of the given size, its upper left corner at (0, 0), for a pen of the given width.
pub(super) fn drawn(digit: char, width: f32, height: f32, pen: f32) -> Option<Path> {
    let (inner_width, inner_height) = (width - pen, height - pen);
    let place = Transform::from_row(inner_width, 0.0, 0.0, inner_height, pen / 2.0, pen / 2.0);
    centre_line(digit, pen / inner_width, pen / inner_height)?.transform(place)
}

/// The centre line of a digit in a box from (0, 0) to (1, 1), which the pen exceeds by half of its width on
/// each side: `px` and `py` are the pen's width in units of the box.
fn centre_line(digit: char, px: f32, py: f32) -> Option<Path> {
    let (hx, hy) = (px / 2.0, py / 2.0);
    let mut path = PathBuilder::new();
    match digit {
        '0' => oval(&mut path, 0.0, 0.0, 1.0, 1.0),
        '1' => {
            path.move_to(-hx, 0.24);
            path.line_to(1.0, 0.0);
            path.line_to(1.0, 1.0 + hy);
        }
        '2' => {
            path.move_to(0.0, 0.28);
            path.cubic_to(0.0, -0.1, 1.0, -0.1, 1.0, 0.27);
            path.cubic_to(1.0, 0.5, 0.0, 0.75, 0.0, 1.0);
            path.line_to(1.0 + hx, 1.0);
        }
        '3' => {
            path.move_to(0.0, 0.2);
            path.cubic_to(0.08, -0.08, 1.0, -0.1, 1.0, 0.25);
            path.cubic_to(1.0, 0.43, 0.75, 0.48, 0.35, 0.48);
            path.cubic_to(0.8, 0.48, 1.0, 0.56, 1.0, 0.74);
            path.cubic_to(1.0, 1.1, 0.08, 1.08, 0.0, 0.8);
        }
        '4' => {
            path.move_to(0.78, 1.0 + hy);
            path.line_to(0.78, -hy);
            path.move_to(0.7, 0.0);
            path.line_to(0.0, 0.7);
            path.line_to(1.0 + hx, 0.7);
        }
        '5' => {
            path.move_to(1.0 + hx, 0.0);
            path.line_to(0.08, 0.0);
            path.line_to(0.03, 0.47);
            path.cubic_to(0.3, 0.34, 1.0, 0.32, 1.0, 0.68);
            path.cubic_to(1.0, 1.1, 0.1, 1.08, 0.0, 0.82);
        }
        '6' => {
            path.move_to(0.92, 0.03);
            path.cubic_to(0.35, 0.03, 0.0, 0.3, 0.0, 0.68);
            oval(&mut path, 0.0, 0.38, 1.0, 1.0);
        }
        '7' => {
            path.move_to(-hx, 0.0);
            path.line_to(1.0, 0.0);
            path.line_to(0.3, 1.0 + hy);
        }
        '8' => {
            oval(&mut path, 0.06, 0.0, 0.94, 0.46);
            oval(&mut path, 0.0, 0.46, 1.0, 1.0);
        }
        '9' => {
            path.move_to(0.08, 0.97);
            path.cubic_to(0.65, 0.97, 1.0, 0.7, 1.0, 0.32);
            oval(&mut path, 0.0, 0.0, 1.0, 0.62);
        }
        _ => {
            path.move_to(-hx, 0.5);
            path.line_to(1.0 + hx, 0.5);
            let reach = (1.0 + px) / 2.0 * (py / px);
            path.move_to(0.5, 0.5 - reach);
            path.line_to(0.5, 0.5 + reach);
        }
    }
    path.finish()
}

/// An oval with straight sides where it is taller than wide is what figures look like.
fn oval(path: &mut PathBuilder, left: f32, top: f32, right: f32, bottom: f32) {
    let (mid, rise) = ((left + right) / 2.0, (bottom - top) * 0.38);
    path.move_to(mid, top);
    path.cubic_to(right - 0.12, top, right, top + rise * 0.45, right, top + rise);
    path.line_to(right, bottom - rise);
    path.cubic_to(right, bottom - rise * 0.45, right - 0.12, bottom, mid, bottom);
    path.cubic_to(left + 0.12, bottom, left, bottom - rise * 0.45, left, bottom - rise);
    path.line_to(left, top + rise);
    path.cubic_to(left, top + rise * 0.45, left + 0.12, top, mid, top);
    path.close();
}
