//! From places to pixels and back, and colours.

use super::map::View;

/// Free space around the points, in pixels.
const MARGIN: f64 = 22.0;

/// How near the pointer must be to a point, in pixels.
const REACH: f64 = 14.0;

/// Cividis (Nuñez, Anderton & Renslow 2018) at equal steps, as in the program's figures.
const CIVIDIS: [[u8; 3]; 10] = [
    [0x00, 0x22, 0x4e],
    [0x12, 0x35, 0x70],
    [0x3b, 0x49, 0x6c],
    [0x57, 0x5d, 0x6d],
    [0x70, 0x71, 0x73],
    [0x8a, 0x86, 0x78],
    [0xa5, 0x9c, 0x74],
    [0xc3, 0xb3, 0x69],
    [0xe1, 0xcc, 0x55],
    [0xfe, 0xe8, 0x38],
];

/// The colour of a share from 0 to 1.
pub(super) fn colour(share: f64) -> String {
    let steps = (CIVIDIS.len() - 1) as f64;
    let at = share.clamp(0.0, 1.0) * steps;
    let low = (at.floor() as usize).min(CIVIDIS.len() - 2);
    let part = at - low as f64;
    let mix = |c: usize| (f64::from(CIVIDIS[low][c]) * (1.0 - part) + f64::from(CIVIDIS[low + 1][c]) * part).round();
    format!("rgb({},{},{})", mix(0), mix(1), mix(2))
}

/// Where each place is in a picture of this size.
pub(super) fn pixels(places: &[[f64; 2]], view: View, [width, height]: [f64; 2]) -> Vec<[f64; 2]> {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for place in places {
        for axis in 0..2 {
            low[axis] = low[axis].min(place[axis]);
            high[axis] = high[axis].max(place[axis]);
        }
    }
    let span = [0, 1].map(|axis| (high[axis] - low[axis]).max(f64::MIN_POSITIVE));
    // Both axes alike: distances mean the same everywhere.
    let unit = ((width - 2.0 * MARGIN) / span[0]).min((height - 2.0 * MARGIN) / span[1]) * view.scale;
    let centre = [0, 1].map(|axis| f64::midpoint(low[axis], high[axis]));
    let pixel = |place: &[f64; 2]| {
        [
            width / 2.0 + (place[0] - centre[0]) * unit + view.offset[0],
            height / 2.0 - (place[1] - centre[1]) * unit + view.offset[1],
        ]
    };
    places.iter().map(pixel).collect()
}

/// The nearest of the first `n` points within reach.
pub(super) fn nearest(pixels: &[[f64; 2]], n: usize, at: [f64; 2]) -> Option<usize> {
    let distance = |pixel: &[f64; 2]| (pixel[0] - at[0]).hypot(pixel[1] - at[1]);
    let near = pixels.iter().take(n).enumerate().map(|(number, pixel)| (number, distance(pixel)));
    near.filter(|(_, distance)| *distance <= REACH).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(number, _)| number)
}

/// Whether a point lies within a closed line: a ray from it crosses the line an odd number of times.
pub(super) fn is_within(line: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let mut inside = false;
    for (idx, &[x1, y1]) in line.iter().enumerate() {
        let [x2, y2] = line[(idx + 1) % line.len()];
        if (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1 {
            inside = !inside;
        }
    }
    inside
}
