//! Training, where the engine trains; elsewhere, where it can be done.

use leptos::prelude::*;

use super::card::CopyButton;
use crate::words::studio as w;

const COMMAND: &str = "repartee demo\nrepartee train --config small --corpus corpus --run runs/first\nrepartee export --run runs/first --out ui/models/first --weights int8";

/// The page.
#[component]
pub(crate) fn Train() -> impl IntoView {
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
