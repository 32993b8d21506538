//! What is asked for: how many replies, made how.

use leptos::prelude::*;
use repartee_wire::engine::Strategy;

use crate::words::studio as w;

/// Most replies at once.
const MOST: usize = 24;

/// The controls of a generation.
#[derive(Clone, Copy)]
pub(crate) struct Controls {
    pub(crate) n_replies: RwSignal<usize>,
    pub(crate) seed: RwSignal<u64>,
    kind: RwSignal<&'static str>,
    beam_size: RwSignal<usize>,
    temperature: RwSignal<f64>,
    top_p: RwSignal<f64>,
}

impl Controls {
    pub(crate) fn new() -> Self {
        Self {
            n_replies: RwSignal::new(6),
            seed: RwSignal::new(1),
            kind: RwSignal::new("beam"),
            beam_size: RwSignal::new(5),
            temperature: RwSignal::new(0.8),
            top_p: RwSignal::new(0.9),
        }
    }

    /// As they stand.
    pub(crate) fn strategy(self, length_penalty: f64) -> Strategy {
        match self.kind.get_untracked() {
            "greedy" => Strategy::Greedy,
            "sample" => Strategy::Sample {
                temperature: self.temperature.get_untracked() as f32,
                top_k: 0,
                top_p: self.top_p.get_untracked(),
                min_p: 0.0,
            },
            _ => Strategy::Beam { size: self.beam_size.get_untracked(), length_penalty, n_best: 1 },
        }
    }
}

/// A number that is kept within bounds.
#[component]
pub(crate) fn NumberField(
    /// Of the element
    id: &'static str,
    /// Its name
    label: fn() -> &'static str,
    /// What is chosen
    #[prop(into)]
    value: Signal<f64>,
    /// Lowest, highest and between neighbours
    bounds: [f64; 3],
    /// Hears another choice
    #[prop(into)]
    on_change: Callback<f64>,
) -> impl IntoView {
    let [low, high, step] = bounds;
    let change = move |event: leptos::ev::Event| {
        // What is no number is put back.
        let number = event_target_value(&event).parse().ok().filter(|number: &f64| number.is_finite());
        on_change.run(number.map_or(value.get_untracked(), |number| number.clamp(low, high)));
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                type="number"
                id=id
                min=low.to_string()
                max=high.to_string()
                step=step.to_string()
                prop:value=move || value.get().to_string()
                on:change=change
            />
        </div>
    }
}

/// The controls, folded away.
#[component]
pub(crate) fn ControlsView(controls: Controls) -> impl IntoView {
    let Controls { n_replies, seed, kind, beam_size, temperature, top_p } = controls;
    let option = move |value: &'static str, name: fn() -> &'static str| {
        view! { <option value=value prop:selected=move || kind.get() == value>{name}</option> }
    };
    let choose = move |event| {
        let chosen = event_target_value(&event);
        kind.set(["beam", "sample", "greedy"].into_iter().find(|kind| *kind == chosen).unwrap_or("beam"));
    };
    view! {
        <details class="controls">
            <summary>{w::controls}</summary>
            <div class="grid small-fields">
                <NumberField
                    id="n-replies"
                    label=w::n_replies
                    value=Signal::derive(move || n_replies.get() as f64)
                    bounds=[1.0, MOST as f64, 1.0]
                    on_change=move |n: f64| n_replies.set(n.round() as usize)
                />
                <div class="field">
                    <label for="strategy">{w::strategy}</label>
                    <select id="strategy" on:change=choose>
                        {option("beam", w::beam)} {option("sample", w::sampling)} {option("greedy", w::greedy)}
                    </select>
                </div>
                <Show when=move || kind.get() == "beam">
                    <NumberField
                        id="beam-size"
                        label=w::beam_size
                        value=Signal::derive(move || beam_size.get() as f64)
                        bounds=[1.0, 12.0, 1.0]
                        on_change=move |n: f64| beam_size.set(n.round() as usize)
                    />
                </Show>
                <Show when=move || kind.get() == "sample">
                    <NumberField
                        id="temperature"
                        label=w::temperature
                        value=temperature
                        bounds=[0.1, 3.0, 0.1]
                        on_change=move |value| temperature.set(value)
                    />
                    <NumberField
                        id="top-p"
                        label=w::top_p
                        value=top_p
                        bounds=[0.05, 1.0, 0.05]
                        on_change=move |value| top_p.set(value)
                    />
                </Show>
                <NumberField
                    id="seed"
                    label=w::seed
                    value=Signal::derive(move || seed.get() as f64)
                    bounds=[0.0, 9_007_199_254_740_991.0, 1.0]
                    on_change=move |value: f64| seed.set(value as u64)
                />
            </div>
            <p class="hint">{w::strategy_note}</p>
        </details>
    }
}
