//! The frame of all pages: what lies above them, and which one is shown.

use leptos::prelude::*;

use crate::{
    admin::{Admin, place},
    api,
    locale::{self, Language},
    rater::Rater,
    route::{self, Link},
    studio,
    theme::ThemeSwitch,
    words::common as w,
};

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Rater,
    Admin,
    Studio,
    Elsewhere,
}

/// The pages.
#[component]
pub(crate) fn App() -> impl IntoView {
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
    route::listen();
    locale::keep_document();
    // A rater's link becomes another address at once, which must not begin the page anew.
    let side = Memo::new(|_| match route::path().split('/').nth(1) {
        Some("r" | "rate") => Side::Rater,
        Some("admin") if !api::tab::is_home() => Side::Admin,
        _ if studio::is_page(&route::path()) => Side::Studio,
        _ => Side::Elsewhere,
    });
    move || match side.get() {
        Side::Rater => view! { <Rater /> }.into_any(),
        Side::Admin => view! { <Admin /> }.into_any(),
        Side::Studio => view! { <studio::Pages /> }.into_any(),
        Side::Elsewhere => view! { <Elsewhere /> }.into_any(),
    }
}

/// Language and colours, for the bar above a page.
#[component]
pub(crate) fn Preferences() -> impl IntoView {
    let choose = |event| locale::choose(Language::from_code(&event_target_value(&event)));
    let option = |language: Language| {
        view! {
            <option value=language.code() lang=language.code() prop:selected=move || locale::get() == language>
                {language.name()}
            </option>
        }
    };
    view! {
        <div class="preferences">
            <select id="language" aria-label=w::language title=w::language on:change=choose>
                {Language::ALL.map(option).collect_view()}
            </select>
            <ThemeSwitch />
        </div>
    }
}

/// The bar and the frame around a page.
#[component]
pub(crate) fn Frame(
    /// What stands in the bar
    #[prop(into)]
    bar: ViewFn,
    /// A class for the page's width
    #[prop(optional)]
    class: &'static str,
    /// The page
    children: Children,
) -> impl IntoView {
    view! {
        <a class="skip-link" href="#main">{w::skip_to_content}</a>
        <header class="bar">
            <div class="bar-inside">{bar.run()} <Preferences /></div>
        </header>
        <main id="main" class=class tabindex="-1">{children()}</main>
    }
}

#[component]
fn Elsewhere() -> impl IntoView {
    view! {
        <Frame bar=|| view! { <span class="brand">"Repartee"</span> } class="narrow">
            <section class="card centred">
                <h1>{w::not_found}</h1>
                <p>{w::not_found_text}</p>
                <p class="actions"><Link to=place::list()>{w::to_studies}</Link></p>
            </section>
        </Frame>
    }
}
