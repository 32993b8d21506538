//! The engine's pages: generate, compare, latent space, train, studies, models, settings.

mod ask;
mod card;
mod compare;
mod examples;
mod fault;
mod generate;
mod latent;
mod markdown;
mod model;
mod models;
mod panel;
mod pinned;
mod settings;
mod state;
mod studies;
mod train;

use leptos::prelude::*;

pub(crate) use self::fault::Fault;
use self::state::Studio;
use crate::{
    api,
    app::Frame,
    desktop::{self, Desktop},
    engine,
    route::{self, Link},
    words::{Words, studio as w},
};

/// The pages with their addresses, in the order of the bar.
const PAGES: [(&str, Words); 7] = [
    ("/generate", w::generate),
    ("/compare", w::compare),
    ("/latent-space", w::latent_space),
    ("/train", w::train),
    ("/studies", w::studies),
    ("/models", w::models),
    ("/settings", w::settings),
];

/// Whether an address is one of these pages; the root is the first of them.
pub(crate) fn is_page(path: &str) -> bool {
    place(path).is_some()
}

/// Which of the pages an address is; studies have pages of their own below them.
fn place(path: &str) -> Option<usize> {
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        return Some(0);
    }
    let is_below = |page: &str| page == "/studies" && api::tab::is_home() && path.starts_with("/studies/");
    PAGES.iter().position(|(page, _)| *page == path || is_below(page))
}

/// Pinned replies as a file for a study; none if there are none.
pub(crate) fn pinned_replies() -> Option<(usize, String)> {
    pinned::as_replies()
}

/// All of them.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    let Some(engine) = engine::get() else { return view! { <NoEngine /> }.into_any() };
    let desktop = Desktop::attend();
    if let Some(desktop) = desktop {
        provide_context(desktop);
    }
    provide_context(Studio::start(engine));
    let here = Memo::new(|_| place(&route::path()).unwrap_or(0));
    Effect::new(move |_| document().set_title(&format!("{} – Repartee", PAGES[here.get()].1())));
    view! {
        <Frame bar=move || view! { <Bar here /> } class="wide">
            {move || match here.get() {
                1 => view! { <compare::Compare /> }.into_any(),
                2 => view! { <latent::LatentSpace /> }.into_any(),
                3 => view! { <train::Train /> }.into_any(),
                4 => view! { <studies::Studies /> }.into_any(),
                5 => view! { <models::Models /> }.into_any(),
                6 => view! { <settings::Settings /> }.into_any(),
                _ => view! { <generate::Generate /> }.into_any(),
            }}
        </Frame>
        {desktop.map(|desktop| view! { <desktop::Dialogs desktop /> })}
    }
    .into_any()
}

#[component]
fn Bar(here: Memo<usize>) -> impl IntoView {
    let link = |(number, (path, name)): (usize, (&'static str, Words))| {
        view! { <Link to=path is_here=Signal::derive(move || here.get() == number)>{name}</Link> }
    };
    // On a narrow screen the bar is wider than the page: the link to where one is comes into sight.
    Effect::new(move |_| {
        here.track();
        request_animation_frame(|| {
            let link = document().query_selector(".pages [aria-current]").ok().flatten();
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            options.set_inline(web_sys::ScrollLogicalPosition::Center);
            if let Some(link) = link {
                link.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
    });
    view! {
        <Link to="/"><span class="brand">"Repartee"</span></Link>
        <nav class="pages" aria-label=w::pages>{PAGES.into_iter().enumerate().map(link).collect_view()}</nav>
    }
}

#[component]
fn NoEngine() -> impl IntoView {
    view! {
        <Frame bar=|| view! { <span class="brand">"Repartee"</span> } class="narrow">
            <section class="card centred">
                <h1>{w::no_engine}</h1>
                <p>{w::no_engine_text}</p>
                <p class="actions"><Link to="/admin">{w::studies_open}</Link></p>
            </section>
        </Frame>
    }
}
