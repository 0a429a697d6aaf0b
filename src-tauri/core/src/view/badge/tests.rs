use std::collections::HashMap;

use super::bell::{BRONZE, GREY, MARK};
use super::{ALERT, Raster, WHITE, paint_badge, paint_number};
use crate::view::TrayShape;

const SIDES: [u32; 11] = [16, 22, 24, 32, 44, 48, 64, 66, 72, 96, 144];
const STATES: [TrayShape; 7] = [
    TrayShape::Empty,
    TrayShape::Live,
    TrayShape::Connecting,
    TrayShape::Polling,
    TrayShape::Paused,
    TrayShape::Offline,
    TrayShape::SignIn,
];
/// Panels from white to black, and the darkest grey and the lightest of those that desktops have.
const PANELS: [(u8, u8, u8); 5] =
    [(0xff, 0xff, 0xff), (0xf0, 0xf0, 0xf0), (0x3c, 0x3c, 0x3c), (0x20, 0x20, 0x20), (0, 0, 0)];

impl Raster {
    fn alpha(&self, x: u32, y: u32) -> u8 {
        self.rgba[((y * self.side + x) * 4 + 3) as usize]
    }

    fn shape(&self) -> impl Iterator<Item = u8> {
        self.rgba.chunks(4).map(|pixel| pixel[3])
    }

    /// Its pixels as they look on a panel.
    fn on(&self, panel: (u8, u8, u8)) -> impl Iterator<Item = (u8, u8, u8)> {
        let mix = |over: u8, under: u8, alpha: u8| {
            let (over, under, alpha) = (u32::from(over), u32::from(under), u32::from(alpha));
            ((over * alpha + under * (255 - alpha)) / 255) as u8
        };
        self.rgba.chunks(4).map(move |pixel| {
            let alpha = pixel[3];
            (mix(pixel[0], panel.0, alpha), mix(pixel[1], panel.1, alpha), mix(pixel[2], panel.2, alpha))
        })
    }

    /// How white each pixel is: the number's digits.
    fn whiteness(&self) -> impl Iterator<Item = u8> {
        self.rgba.chunks(4).map(|pixel| if pixel[3] < 128 { 0 } else { pixel[1].min(pixel[2]) })
    }
}

/// How many pixels differ by half of the range or more.
fn clearly_different(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> u32 {
    a.zip(b).filter(|(a, b)| a.abs_diff(*b) >= 128).count() as u32
}

/// Numbers of each width, and every digit at both places.
const NUMBERS: [u64; 18] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 23, 45, 68, 79, 91, 99, 100];

#[test]
fn a_raster_holds_four_bytes_a_pixel_and_is_never_blank() {
    for side in SIDES {
        for state in STATES {
            for number in NUMBERS {
                let raster = paint_badge(state, number, side);
                assert_eq!(raster.rgba.len(), (side * side * 4) as usize);
                let painted = raster.shape().filter(|alpha| *alpha > 200).count();
                assert!(painted as u32 > side * side / 40, "{state:?} {number} at {side}: {painted} pixels");
            }
        }
    }
    assert!(paint_badge(TrayShape::Live, 1, 0).rgba.is_empty());
}

#[test]
fn no_two_pictures_of_a_size_are_the_same() {
    for side in SIDES {
        let mut seen = HashMap::new();
        for state in STATES {
            for number in NUMBERS {
                let twin = seen.insert(paint_badge(state, number, side).rgba, (state, number));
                assert_eq!(twin, None, "the same as {state:?} {number} at {side}");
            }
        }
    }
    let mut seen = HashMap::new();
    for number in 0..=100 {
        let twin = seen.insert(paint_badge(TrayShape::Live, number, 22).rgba, number);
        assert_eq!(twin, None, "the same as {number}");
    }
}

#[test]
fn states_differ_by_shape_even_under_the_widest_number() {
    for side in SIDES {
        for number in [0, 7, 42, 100] {
            for (index, one) in STATES.into_iter().enumerate() {
                for other in STATES.into_iter().skip(index + 1) {
                    let (a, b) = (paint_badge(one, number, side), paint_badge(other, number, side));
                    let differing = clearly_different(a.shape(), b.shape());
                    let enough = side * side / 50;
                    assert!(
                        differing >= enough,
                        "{one:?} and {other:?} with {number} at {side}: {differing}"
                    );
                }
            }
        }
    }
}

#[test]
fn digits_can_be_told_apart() {
    for side in SIDES {
        for one in 1_u64..=9 {
            for other in one + 1..=9 {
                // Beside a 5, so that every digit stands at the same place.
                let paint = |digit| paint_badge(TrayShape::Live, 50 + digit, side);
                let differing = clearly_different(paint(one).whiteness(), paint(other).whiteness());
                assert!(differing >= side * side / 128, "{one} and {other} at {side}: {differing}");
            }
        }
    }
}

#[test]
fn beyond_ninety_nine_the_number_stays_the_same() {
    for side in SIDES {
        assert_eq!(paint_badge(TrayShape::Live, 100, side), paint_badge(TrayShape::Live, u64::MAX, side));
    }
}

#[test]
fn a_number_alone_is_the_one_of_the_icon_without_its_bell() {
    for side in SIDES {
        assert!(paint_number(0, side).shape().all(|alpha| alpha == 0), "nothing at zero");
        for number in [1, 42, 100] {
            let (alone, icon) = (paint_number(number, side), paint_badge(TrayShape::Live, number, side));
            assert_eq!(clearly_different(alone.whiteness(), icon.whiteness()), 0, "{number} at {side}");
            assert!(
                alone.shape().filter(|alpha| *alpha > 0).count()
                    < icon.shape().filter(|alpha| *alpha > 0).count()
            );
        }
    }
}

#[test]
fn the_corners_are_transparent() {
    for side in SIDES {
        let last = side - 1;
        for state in STATES {
            for number in [0, 1, 42, 100] {
                let raster = paint_badge(state, number, side);
                for (x, y) in [(0, 0), (last, 0), (0, last), (last, last)] {
                    assert!(raster.alpha(x, y) < 32, "{state:?} {number} at {side}: ({x}, {y})");
                }
            }
        }
    }
}

#[test]
fn the_number_stands_in_the_lower_right_and_leaves_the_state_its_corner() {
    for side in SIDES {
        let raster = paint_badge(TrayShape::Live, 100, side);
        let red = |x, y| {
            let at = ((y * side + x) * 4) as usize;
            raster.rgba[at..at + 4] == [ALERT.0, ALERT.1, ALERT.2, 255]
        };
        assert!((0..side).any(|x| red(x, side - 1)), "not at the lower edge at {side}");
        assert!((0..side).any(|y| red(side - 1, y)), "not at the right edge at {side}");
        assert!((0..side / 3).all(|y| (0..side).all(|x| !red(x, y))), "too high at {side}");
    }
}

#[test]
fn the_same_picture_comes_out_each_time() {
    for state in STATES {
        assert_eq!(paint_badge(state, 42, 22), paint_badge(state, 42, 22));
    }
}

#[test]
fn colours_stand_out_on_light_and_dark_panels() {
    for panel in PANELS {
        for colour in [BRONZE, GREY, MARK] {
            let contrast = contrast(colour, panel);
            assert!(contrast >= 3.0, "{colour:?} on {panel:?}: {contrast:.2}");
        }
        // The number: its ground, or its digits where that is nearly as dark as the panel.
        let number = contrast(ALERT, panel).max(contrast(WHITE, panel));
        assert!(number >= 3.0, "{panel:?}: {number:.2}");
    }
    assert!(contrast(WHITE, ALERT) >= 4.5);
}

#[test]
fn what_is_painted_stands_out_on_light_and_dark_panels() {
    let mut faint = Vec::new();
    for panel in PANELS {
        for side in SIDES {
            for state in STATES {
                for number in [0, 7, 100] {
                    let raster = paint_badge(state, number, side);
                    // Edges are half panel, half icon: enough has to be left beside them.
                    let clear =
                        raster.on(panel).filter(|pixel| contrast(*pixel, panel) >= 3.0).count() as u32;
                    let least = side * side / 14;
                    if clear < least {
                        faint.push(format!("{state:?} {number} at {side} on {panel:?}: {clear} of {least}"));
                    }
                }
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
    let luminance = |(red, green, blue): (u8, u8, u8)| {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    };
    let (a, b) = (luminance(one) + 0.05, luminance(other) + 0.05);
    a.max(b) / a.min(b)
}
