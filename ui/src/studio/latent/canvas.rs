//! The map as a picture, and what the pointer does on it.

use leptos::{ev, html, prelude::*};
use repartee_wire::engine::PointKind;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::{
    geometry::{colour, is_within, nearest, pixels},
    map::{Choice, Map, Tool, View},
};
use crate::words::latent as w;

/// A drag of less than this is a click, in pixels.
const CLICK: f64 = 5.0;

/// A drag under way.
#[derive(Clone, Debug, Default, PartialEq)]
struct Drag {
    start: [f64; 2],
    path: Vec<[f64; 2]>,
    /// The draw on which it began.
    from: Option<usize>,
    /// How the plane was looked at then.
    view: Option<View>,
}

/// The picture.
#[component]
pub(crate) fn Canvas(map: Map) -> impl IntoView {
    let node = NodeRef::<html::Canvas>::new();
    let drag = RwSignal::new(None::<Drag>);
    let size = RwSignal::new([0.0, 0.0]);
    // Whatever changes the page's width or colours.
    let resized = window_event_listener(ev::resize, move |_| size.set(measured(node)));
    on_cleanup(move || resized.remove());
    Effect::new(move |_| {
        if node.get().is_some() {
            request_animation_frame(move || size.set(measured(node)));
        }
    });
    Effect::new(move |_| {
        if let Some(canvas) = node.get() {
            paint(&canvas, map, size.get(), drag.get().as_ref());
        }
    });
    let shown =
        move || map.places.with_untracked(|places| pixels(places, map.view.get_untracked(), size.get_untracked()));
    let n_prior = move || {
        map.points.with_untracked(|points| points.iter().filter(|point| point.kind == PointKind::Prior).count())
    };
    let at = move |event: &ev::PointerEvent| [f64::from(event.offset_x()), f64::from(event.offset_y())];
    let hit = move |at: [f64; 2]| nearest(&shown(), n_prior(), at);

    let down = move |event: ev::PointerEvent| {
        if let Some(canvas) = node.get_untracked() {
            // Without it a drag ends at the edge.
            _ = canvas.set_pointer_capture(event.pointer_id());
        }
        let start = at(&event);
        let view = Some(map.view.get_untracked());
        drag.set(Some(Drag { start, path: vec![start], from: hit(start), view }));
    };
    let moved = move |event: ev::PointerEvent| {
        let here = at(&event);
        if drag.with_untracked(Option::is_none) {
            map.hovered.set(hit(here));
            return;
        }
        drag.update(|drag| {
            if let Some(drag) = drag {
                drag.path.push(here);
            }
        });
        if map.tool.get_untracked() == Tool::Move
            && let Some(Drag { start, view: Some(view), .. }) = drag.get_untracked()
        {
            let offset = [0, 1].map(|axis| view.offset[axis] + here[axis] - start[axis]);
            map.view.set(View { offset, ..view });
        }
    };
    let up = move |event: ev::PointerEvent| {
        let Some(Drag { start, path, from, .. }) = drag.try_update(Option::take).flatten() else { return };
        let here = at(&event);
        let is_click = (here[0] - start[0]).hypot(here[1] - start[1]) < CLICK && path.len() < 12;
        match (map.tool.get_untracked(), from, hit(here)) {
            (_, Some(number), _) if is_click => map.choose(number),
            (Tool::Line, Some(from), Some(to)) if from != to => map.walk(from, to),
            (Tool::Lasso, ..) if !is_click => {
                let pixels = shown();
                let inside = (0..n_prior()).filter(|&number| is_within(&path, pixels[number])).collect();
                map.choice.set(Choice::Within(inside));
            }
            _ => {}
        }
    };
    let wheel = move |event: ev::WheelEvent| {
        event.prevent_default();
        let at = [f64::from(event.offset_x()), f64::from(event.offset_y())];
        let [width, height] = size.get_untracked();
        let from_centre = [at[0] - width / 2.0, at[1] - height / 2.0];
        map.view.update(|view| {
            let scale = (view.scale * (-event.delta_y() * 0.0015).exp()).clamp(0.5, 40.0);
            let factor = scale / view.scale;
            let offset = [0, 1].map(|axis| from_centre[axis] - (from_centre[axis] - view.offset[axis]) * factor);
            *view = View { scale, offset };
        });
    };
    view! {
        <canvas
            node_ref=node
            id="map"
            class="map"
            class:pointing=move || map.hovered.get().is_some()
            role="img"
            aria-label=move || w::map_label(map.points.with(Vec::len))
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=move |_| drag.set(None)
            on:pointerleave=move |_| map.hovered.set(None)
            on:wheel=wheel
        ></canvas>
    }
}

fn measured(node: NodeRef<html::Canvas>) -> [f64; 2] {
    node.get_untracked()
        .map_or([0.0, 0.0], |canvas| [f64::from(canvas.client_width()), f64::from(canvas.client_height())])
}

/// The value of one of the style sheet's colours.
fn token(canvas: &HtmlCanvasElement, name: &str) -> String {
    let style = window().get_computed_style(canvas).ok().flatten();
    style.and_then(|style| style.get_property_value(name).ok()).unwrap_or_default()
}

fn paint(canvas: &HtmlCanvasElement, map: Map, size: [f64; 2], drag: Option<&Drag>) {
    let [width, height] = size;
    if width < 1.0 || height < 1.0 {
        return;
    }
    let ratio = window().device_pixel_ratio().max(1.0);
    canvas.set_width((width * ratio) as u32);
    canvas.set_height((height * ratio) as u32);
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok()) else { return };
    // Pixels of the page are the unit of all that follows. Calls of a context that exists do not fail.
    _ = context.scale(ratio, ratio);
    let [low, high] = map.range();
    let share = |value: f64| if high > low { (value - low) / (high - low) } else { 0.5 };
    let (choice, hovered) = (map.choice.get(), map.hovered.get());
    // `currentColor` of the canvas is that of the page's text, light or dark.
    let (ink, posterior) = (token(canvas, "color"), token(canvas, "accent-color"));
    let pixels = map.places.with(|places| pixels(places, map.view.get(), size));
    map.points.with(|points| {
        if points.len() != pixels.len() {
            return;
        }
        let mut prior: Vec<usize> = (0..points.len()).filter(|&n| points[n].kind == PointKind::Prior).collect();
        // The most probable last, so that none hides them.
        prior.sort_by(|&a, &b| points[a].log_probability.total_cmp(&points[b].log_probability));
        for &number in &prior {
            dot(&context, pixels[number], 4.5, &colour(share(points[number].log_probability)), &ink);
        }
        for (point, &pixel) in points.iter().zip(&pixels) {
            match point.kind {
                PointKind::Prior => {}
                PointKind::Posterior => triangle(&context, pixel, &posterior),
                PointKind::PosteriorMean => cross(&context, pixel, &ink),
            }
        }
        let ringed = match &choice {
            Choice::Nothing => Vec::new(),
            Choice::Draw(number) => vec![*number],
            Choice::Line(from, to) => {
                line(&context, &[pixels[*from], pixels[*to]], &ink, false);
                vec![*from, *to]
            }
            Choice::Within(inside) => inside.clone(),
        };
        for number in ringed.into_iter().chain(hovered) {
            ring(&context, pixels[number], &ink);
        }
    });
    if let Some(drag) = drag {
        match map.tool.get_untracked() {
            Tool::Lasso => line(&context, &drag.path, &ink, true),
            Tool::Line if drag.from.is_some() => {
                let ends = [drag.start, *drag.path.last().unwrap_or(&drag.start)];
                line(&context, &ends, &ink, true);
            }
            _ => {}
        }
    }
}

fn circle(context: &CanvasRenderingContext2d, [x, y]: [f64; 2], radius: f64) {
    context.begin_path();
    _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
}

fn dot(context: &CanvasRenderingContext2d, at: [f64; 2], radius: f64, fill: &str, edge: &str) {
    circle(context, at, radius);
    context.set_fill_style_str(fill);
    context.fill();
    context.set_stroke_style_str(edge);
    context.set_global_alpha(0.45);
    context.set_line_width(0.75);
    context.stroke();
    context.set_global_alpha(1.0);
}

fn ring(context: &CanvasRenderingContext2d, at: [f64; 2], ink: &str) {
    circle(context, at, 8.0);
    context.set_stroke_style_str(ink);
    context.set_line_width(2.0);
    context.stroke();
}

fn triangle(context: &CanvasRenderingContext2d, [x, y]: [f64; 2], fill: &str) {
    context.begin_path();
    context.move_to(x, y - 5.5);
    context.line_to(x + 5.0, y + 3.5);
    context.line_to(x - 5.0, y + 3.5);
    context.close_path();
    context.set_fill_style_str(fill);
    context.fill();
    context.set_stroke_style_str("#fff");
    context.set_line_width(0.8);
    context.stroke();
}

fn cross(context: &CanvasRenderingContext2d, [x, y]: [f64; 2], ink: &str) {
    context.set_stroke_style_str(ink);
    context.set_line_width(2.5);
    context.begin_path();
    context.move_to(x - 8.0, y);
    context.line_to(x + 8.0, y);
    context.move_to(x, y - 8.0);
    context.line_to(x, y + 8.0);
    context.stroke();
}

fn line(context: &CanvasRenderingContext2d, path: &[[f64; 2]], ink: &str, is_open: bool) {
    let Some(&[x, y]) = path.first() else { return };
    context.begin_path();
    context.move_to(x, y);
    for &[x, y] in &path[1..] {
        context.line_to(x, y);
    }
    context.set_stroke_style_str(ink);
    context.set_line_width(if is_open { 1.25 } else { 2.0 });
    context.stroke();
}
