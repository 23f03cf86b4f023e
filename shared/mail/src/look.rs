//! What of a mail is in the firm's colour, and what is written on it: so that it can be read, whatever the colour is.

use domain::BrandColor;

/// The colour of buttons where the firm has none of its own.
const BLUE: &str = "#1d4ed8";
/// What is written on a colour: the one that stands out more.
const ON_COLOR: [(&str, [u8; 3]); 2] = [("#ffffff", [0xff; 3]), ("#111827", [0x11, 0x18, 0x27])];
/// What buttons stand on, by day and by night.
const CARDS: [[u8; 3]; 2] = [[0xff; 3], [0x1f, 0x29, 0x37]];
/// What can be seen on both.
const GREY: &str = "#6b7280";
/// The least contrast at which an area is told from what is around it without an edge of its own.
const LEAST: f64 = 1.5;

/// How what is in the firm's colour looks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its colour.
    pub(crate) background: String,
    /// The colour of what is written on it.
    pub(crate) text: &'static str,
    /// The colour of its edge.
    pub(crate) edge: String,
}

impl Look {
    /// In `color`, or in ours.
    pub(crate) fn of(color: Option<BrandColor>) -> Self {
        let [(white, of_white), (dark, of_dark)] = ON_COLOR;
        let Some(color) = color else { return Self { background: BLUE.to_owned(), text: white, edge: BLUE.to_owned() } };
        let rgb = color.rgb();
        let text = if contrast(rgb, of_white) >= contrast(rgb, of_dark) { white } else { dark };
        let is_seen = CARDS.iter().all(|card| contrast(rgb, *card) >= LEAST);
        Self { background: color.to_string(), text, edge: if is_seen { color.to_string() } else { GREY.to_owned() } }
    }
}

/// How much two colours differ in brightness, 1 to 21 (WCAG 2.2, “contrast ratio”).
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let [one, other] = [one, other].map(luminance);
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// How bright a colour is, 0 to 1 (WCAG 2.2, “relative luminance”).
fn luminance(rgb: [u8; 3]) -> f64 {
    let [red, green, blue] = rgb.map(|of_255| {
        let part = f64::from(of_255) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(color: &str) -> Look {
        Look::of(Some(color.parse().unwrap()))
    }

    #[test]
    fn contrast_is_as_wcag_has_it() {
        for (one, other, ratio) in [
            ([0; 3], [0xff; 3], 21.0),
            ([0xff; 3], [0xff; 3], 1.0),
            ([0x76; 3], [0xff; 3], 4.54),
            ([0xff, 0, 0], [0xff; 3], 4.0),
            ([0x1d, 0x4e, 0xd8], [0xff; 3], 6.7),
        ] {
            let found = contrast(one, other);
            assert!((found - ratio).abs() < 0.01, "{one:?} on {other:?}: {found}");
            assert!((contrast(other, one) - found).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn what_is_written_on_a_colour_is_what_stands_out_more() {
        let (white, dark) = ("#ffffff", "#111827");
        for (color, text) in [
            ("#000000", white),
            ("#7c2d12", white),
            ("#1d4ed8", white),
            ("#ffd60a", dark),
            ("#ffffff", dark),
            ("#ff7f50", dark),
            ("#00ff00", dark),
        ] {
            assert_eq!(look(color).text, text, "{color}");
        }
    }

    #[test]
    fn whatever_the_colour_is_what_is_written_on_it_is_read_and_its_edge_is_seen() {
        let steps = || (0..=255u8).step_by(17);
        for (red, green) in steps().flat_map(|red| steps().map(move |green| (red, green))) {
            for blue in steps() {
                let color: BrandColor = format!("#{red:02x}{green:02x}{blue:02x}").parse().unwrap();
                let look = Look::of(Some(color));
                let [text, edge] = [look.text, &look.edge].map(|color| color.parse::<BrandColor>().unwrap().rgb());
                assert!(contrast(color.rgb(), text) >= 4.2, "{color} with {look:?}");
                assert!(CARDS.iter().all(|card| contrast(edge, *card) >= LEAST), "{color} with {look:?}");
            }
        }
    }

    #[test]
    fn without_a_colour_it_is_ours() {
        assert_eq!(Look::of(None), look(BLUE));
    }
}
