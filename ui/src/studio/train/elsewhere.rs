//! Where training is done that cannot be done here.

use leptos::prelude::*;

use crate::{studio::card::CopyButton, words::studio as w};

const COMMAND: &str = "repartee demo\nrepartee train --config small --corpus corpus --run runs/first\nrepartee export --run runs/first --out ui/models/first --weights int8";

/// The page of an engine in a browser.
#[component]
pub(crate) fn Elsewhere() -> impl IntoView {
    view! {
        <header class="lead"><h1>{w::train}</h1></header>
        <section class="card elsewhere">
            <h2>{w::train_browser}</h2>
            <p>{w::train_browser_text}</p>
            <pre><code>{COMMAND}</code></pre>
            <CopyButton text=COMMAND.to_owned() />
            <p class="hint">{w::train_here}</p>
        </section>
    }
}
