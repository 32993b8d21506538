//! A pair's map as a picture: a panel a run, as in Figure 2 of the paper.
//!
//! Deviation: the paper colours from blue to red; we use cividis (Nuñez, Anderton & Renslow 2018), whose lightness rises
//! with the value, so that it is read in print and by colour-blind people. Posterior draws differ by shape too.

use std::fmt::Write as _;

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb},
};

use super::{ColourScale, LatentMapOptions, PairMap, Panel, Point, Projection};

/// Side of a panel's square, gap between panels, and the space around, in units of the SVG.
const SIDE: f64 = 300.0;
const GAP: f64 = 28.0;
const MARGIN: f64 = 24.0;
/// Free space inside a panel.
const PADDING: f64 = 14.0;
const LINE: f64 = 17.0;
/// Pixels of the PNG for one unit.
const PNG_SCALE: f32 = 2.0;
/// Cividis at equal steps.
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
const POSTERIOR: &str = "#b5179e";

/// `share` from 0 to 1.
fn colour(share: f64) -> String {
    let steps = (CIVIDIS.len() - 1) as f64;
    let at = share.clamp(0.0, 1.0) * steps;
    let low = (at.floor() as usize).min(CIVIDIS.len() - 2);
    let part = at - low as f64;
    let mix = |c: usize| (f64::from(CIVIDIS[low][c]) * (1.0 - part) + f64::from(CIVIDIS[low + 1][c]) * part).round();
    format!("#{:02x}{:02x}{:02x}", mix(0) as u8, mix(1) as u8, mix(2) as u8)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text in lines of at most so many columns, a wide character taking two; broken at blanks where there are any.
fn wrapped(text: &str, n_columns: usize) -> Vec<String> {
    let columns = |text: &str| text.chars().map(|c| if c as u32 > 0x2e7f { 2 } else { 1 }).sum::<usize>();
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && columns(line) + columns(word.trim_end()) > n_columns {
            lines.push(String::new());
        }
        for character in word.chars() {
            if columns(lines.last().expect("there is a line")) >= n_columns && character != ' ' {
                lines.push(String::new());
            }
            lines.last_mut().expect("there is a line").push(character);
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The map of a pair, in each panel's own projection or in the one of all.
pub(super) fn svg(map: &PairMap, options: &LatentMapOptions, joint: bool) -> String {
    let n = map.panels.len() as f64;
    let width = 2.0 * MARGIN + n * SIDE + (n - 1.0) * GAP;
    let n_columns = ((width - 2.0 * MARGIN) / 7.4) as usize;
    let mut header = wrapped(&map.pair.context, n_columns);
    header.extend(wrapped(&format!("→ {}", map.pair.response), n_columns));
    let top = MARGIN + header.len() as f64 * LINE + 30.0;
    let height = top + SIDE + 3.0 * LINE + 56.0 + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#111\">\n<title>Latents of: {} → {}\
         </title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escaped(&map.pair.context),
        escaped(&map.pair.response)
    );
    for (idx, line) in header.iter().enumerate() {
        let y = MARGIN + (idx as f64 + 0.7) * LINE;
        let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"{y:.1}\">{}</text>", escaped(line));
    }
    let place = |point: &Point| if joint { point.joint.expect("a joint map has joint places") } else { point.place };
    let all = map.panels.iter().flat_map(points);
    let joint_box = joint.then(|| bounds(all.map(&place)));
    let shared = map.panels.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], panel| {
        [low.min(panel.range[0]), high.max(panel.range[1])]
    });
    for (idx, panel) in map.panels.iter().enumerate() {
        let left = MARGIN + idx as f64 * (SIDE + GAP);
        let view = joint_box.unwrap_or_else(|| bounds(points(panel).map(&place)));
        let range = if options.colours == ColourScale::Panel { panel.range } else { shared };
        paint_panel(&mut svg, panel, [left, top], view, range, &place);
    }
    paint_legend(&mut svg, [MARGIN, top + SIDE + 3.0 * LINE + 14.0], options, joint);
    svg.push_str("</svg>\n");
    svg
}

fn points(panel: &Panel) -> impl Iterator<Item = &Point> {
    panel.prior.iter().chain(&panel.posterior).chain(std::iter::once(&panel.posterior_mean))
}

/// Centre and half the side of the square around the places.
fn bounds(places: impl Iterator<Item = [f64; 2]>) -> ([f64; 2], f64) {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for place in places {
        for axis in 0..2 {
            low[axis] = low[axis].min(place[axis]);
            high[axis] = high[axis].max(place[axis]);
        }
    }
    let half = ((high[0] - low[0]).max(high[1] - low[1]) / 2.0).max(f64::MIN_POSITIVE);
    ([(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0], half)
}

fn paint_panel(
    svg: &mut String,
    panel: &Panel,
    [left, top]: [f64; 2],
    (centre, half): ([f64; 2], f64),
    [low, high]: [f64; 2],
    place: &impl Fn(&Point) -> [f64; 2],
) {
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>\n<rect x=\"{left:.1}\" y=\"{top:.1}\" \
         width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"#888\"/>",
        top - 8.0,
        escaped(&panel.run)
    );
    let at = |point: &Point| {
        let scale = (SIDE / 2.0 - PADDING) / half;
        let [x, y] = place(point);
        [left + SIDE / 2.0 + (x - centre[0]) * scale, top + SIDE / 2.0 - (y - centre[1]) * scale]
    };
    let share = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
    // The most probable last, so that none hides them.
    let mut prior: Vec<&Point> = panel.prior.iter().collect();
    prior.sort_by(|a, b| a.log_probability.total_cmp(&b.log_probability));
    for point in prior {
        let ([x, y], fill) = (at(point), colour(share(point.log_probability)));
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{fill}\" stroke=\"#333\" stroke-width=\"0.5\"/>"
        );
    }
    for point in &panel.posterior {
        triangle(svg, at(point));
    }
    cross(svg, at(&panel.posterior_mean));
    let r = panel.correlation_with_distance.map_or("undefined".to_owned(), |r| format!("{r:+.2}"));
    let [lowest, highest] = panel.range;
    let lines = [
        format!("log p(y|x,z) per token: {lowest:.3} to {highest:.3} nats"),
        format!("correlation with distance to posterior mean: {r}"),
    ]
    .map(|line| line.replace('-', "−"));
    for (idx, line) in lines.iter().enumerate() {
        let y = top + SIDE + (idx as f64 + 1.0) * LINE;
        let _ = writeln!(svg, "<text x=\"{left:.1}\" y=\"{y:.1}\" font-size=\"11.5\">{}</text>", escaped(line));
    }
}

fn triangle(svg: &mut String, [x, y]: [f64; 2]) {
    let _ = writeln!(
        svg,
        "<path d=\"M{x:.1} {:.1}l4.6 8h-9.2z\" fill=\"{POSTERIOR}\" stroke=\"#fff\" stroke-width=\"0.8\"/>",
        y - 5.0
    );
}

fn cross(svg: &mut String, [x, y]: [f64; 2]) {
    for (colour, width) in [("#fff", 5.0), ("#111", 2.2)] {
        let _ = writeln!(
            svg,
            "<path d=\"M{:.1} {y:.1}h14M{x:.1} {:.1}v14\" stroke=\"{colour}\" stroke-width=\"{width}\" fill=\"none\"/>",
            x - 7.0,
            y - 7.0
        );
    }
}

/// What marks and colours mean.
fn paint_legend(svg: &mut String, [x, y]: [f64; 2], options: &LatentMapOptions, joint: bool) {
    let text = |svg: &mut String, x: f64, y: f64, text: &str| {
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"11.5\">{}</text>", escaped(text));
    };
    let _ = writeln!(
        svg,
        "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{}\" stroke=\"#333\" stroke-width=\"0.5\"/>",
        x + 5.0,
        colour(0.7)
    );
    text(svg, x + 14.0, y + 4.0, "prior");
    triangle(svg, [x + 62.0, y + 1.0]);
    text(svg, x + 72.0, y + 4.0, "posterior");
    cross(svg, [x + 142.0, y]);
    text(svg, x + 155.0, y + 4.0, "its mean");
    let below = y + 16.0;
    let n_steps = 30;
    for step in 0..n_steps {
        let (share, width) = (f64::from(step) / f64::from(n_steps - 1), 200.0 / f64::from(n_steps));
        let _ = writeln!(
            svg,
            "<rect x=\"{:.2}\" y=\"{below:.1}\" width=\"{:.2}\" height=\"10\" fill=\"{}\"/>",
            x + f64::from(step) * width,
            width + 0.3,
            colour(share)
        );
    }
    let scale = match options.colours {
        ColourScale::Panel => "lowest to highest log p of each panel's prior draws",
        ColourScale::Pair => "lowest to highest log p of all panels' prior draws",
    };
    text(svg, x + 208.0, below + 9.0, scale);
    let projection = match (options.projection, joint) {
        (Projection::Tsne, false) => "t-SNE of each panel's latents",
        (Projection::Tsne, true) => "one t-SNE of all panels' latents",
        (Projection::Pca, false) => "principal components of each panel's latents",
        (Projection::Pca, true) => "principal components of all panels' latents",
    };
    text(svg, x, below + 26.0, projection);
}

/// Makes PNG of SVG, with the fonts of the system.
pub(super) struct Painter {
    options: Options<'static>,
}

impl Painter {
    /// # Errors
    /// Says what is missing when the system has no fonts.
    pub(super) fn new() -> Result<Self, String> {
        let mut options = Options::default();
        let fonts = options.fontdb_mut();
        fonts.load_system_fonts();
        // Families that have the signs of the figure come first.
        let preferred = ["DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial", "Helvetica", "Segoe UI"];
        let has = |fonts: &fontdb::Database, family: &str| {
            fonts
                .query(&fontdb::Query { families: &[fontdb::Family::Name(family)], ..fontdb::Query::default() })
                .is_some()
        };
        let family = preferred.iter().find(|family| has(fonts, family)).map(|&family| family.to_owned());
        let any = fonts.faces().find_map(|face| face.families.first().map(|(name, _)| name.clone()));
        let Some(family) = family.or(any) else {
            return Err(
                "there is no PNG because the system has no fonts; install some, for instance fonts-dejavu-core \
                        and, for Japanese, fonts-noto-cjk"
                    .to_owned(),
            );
        };
        fonts.set_sans_serif_family(family);
        Ok(Self { options })
    }

    pub(super) fn png(&self, svg: &str) -> Vec<u8> {
        let tree = Tree::from_str(svg, &self.options).expect("our SVG is well-formed");
        let side = |length: f32| (length * PNG_SCALE).ceil() as u32;
        let mut pixels = Pixmap::new(side(tree.size().width()), side(tree.size().height())).expect("it has an area");
        resvg::render(&tree, Transform::from_scale(PNG_SCALE, PNG_SCALE), &mut pixels.as_mut());
        pixels.encode_png().expect("pixels can be encoded")
    }
}
