//! A rater's side: the link, the guidelines, one page after the other, thanks.

mod card;
mod desk;
mod dialogs;
mod feedback;
mod flow;
mod guidelines;
mod keys;
mod queue;
mod work;

use leptos::prelude::*;

use crate::{
    api,
    app::Frame,
    parts::Meter,
    route::{self, Link},
    tab::Banner,
    words::{rater as w, tab},
};
use desk::{Desk, Overlay, Stage};

/// Where the browser remembers whose changes it keeps.
const SCOPE: &str = "repartee.scope";

/// Everything that a rater sees.
#[component]
pub(crate) fn Rater() -> impl IntoView {
    let desk = Desk::new();
    desk.watch();
    keys::listen(desk);
    let path = untrack(route::path);
    match path.strip_prefix("/r/") {
        Some(token) if !token.is_empty() => desk.open(token.trim_end_matches('/').to_owned()),
        _ => desk.resume(),
    }
    Effect::new(move |_| {
        let study = desk.study.with(|study| study.as_ref().map(|study| study.name.clone()));
        document().set_title(&study.unwrap_or_else(|| "Repartee".to_owned()));
    });
    // A page of the work and one of the guidelines are things to look at anew; the work itself follows its place.
    Effect::new(move |_| {
        if desk.stage.get() != Stage::Work {
            window().scroll_to_with_x_and_y(0.0, 0.0);
            keys::focus("main");
        }
    });
    let stage = move || match desk.stage.get() {
        Stage::Opening => message(w::opening, None, ().into_any()).into_any(),
        Stage::BadLink => message(w::bad_link, Some(w::bad_link_text), ().into_any()).into_any(),
        Stage::NotYet => message(w::not_yet, Some(w::not_yet_text), ().into_any()).into_any(),
        Stage::NoSession => no_session().into_any(),
        Stage::OutOfReach => out_of_reach(desk),
        Stage::Guidelines => view! { <guidelines::Guidelines desk /> }.into_any(),
        Stage::Work => view! { <work::Work desk /> }.into_any(),
        Stage::Feedback(feedback) => view! { <feedback::Results desk feedback /> }.into_any(),
        Stage::Waiting => message(w::wait_title, Some(w::wait_text), look_through(desk).into_any()).into_any(),
        Stage::Done => thanks(desk).into_any(),
        Stage::Left => message(w::thanks, Some(w::left), to_studies().into_any()).into_any(),
    };
    view! {
        <Frame bar=move || view! { <Bar desk /> }>
            {api::tab::is_home().then(|| view! { <Banner /> })}
            {stage}
        </Frame>
        <dialogs::Dialogs desk />
    }
}

/// Title, progress and whether all is saved.
#[component]
fn Bar(desk: Desk) -> impl IntoView {
    let title = move || desk.study.with(|study| study.as_ref().map_or_else(String::new, |study| study.name.clone()));
    let done = Signal::derive(move || desk.progress.get().n_done);
    let all = Signal::derive(move || desk.progress.get().n_done + desk.progress.get().n_left);
    let is_working = move || {
        !matches!(
            desk.stage.get(),
            Stage::Opening | Stage::BadLink | Stage::NotYet | Stage::NoSession | Stage::OutOfReach | Stage::Left
        )
    };
    view! {
        {api::tab::is_home().then(|| view! { <Link to="/studies">{crate::words::admin::studies}</Link> })}
        <span class="brand" title=title>{move || if desk.study.with(Option::is_some) { title() } else { "Repartee".to_owned() }}</span>
        <Show when=is_working>
            <div class="bar-progress">
                <Meter value=done max=all label=Signal::derive(move || w::progress(done.get(), all.get())) />
                <span class="count" aria-hidden="true">{move || format!("{} / {}", done.get(), all.get())}</span>
            </div>
            <SaveMark desk />
        </Show>
    }
}

/// Whether everything is saved, as a mark with words.
#[component]
fn SaveMark(desk: Desk) -> impl IntoView {
    let state = Memo::new(move |_| match (desk.queue.len(), desk.queue.is_offline.get()) {
        (1.., _) if desk.queue.is_full.get() => "full",
        (0, false) => "saved",
        (0, true) => "offline",
        (_, false) => "saving",
        (_, true) => "waiting",
    });
    let is_tab = api::tab::is_home();
    let words = move || match state.get() {
        "saved" => w::saved().to_owned(),
        "full" => w::full(desk.queue.len()),
        "offline" if is_tab => tab::offline().to_owned(),
        "offline" => w::offline().to_owned(),
        "saving" => w::saving().to_owned(),
        _ if is_tab => tab::waiting(desk.queue.len()),
        _ => w::waiting(desk.queue.len()),
    };
    view! {
        <span id="save-mark" class="save-mark" data-state=state role="status" aria-live="off">
            <span class="save-dot" aria-hidden="true"></span>
            <span class="save-words">{words}</span>
        </span>
    }
}

fn message(title: fn() -> &'static str, text: Option<fn() -> &'static str>, more: AnyView) -> impl IntoView {
    view! {
        <section class="card centred" role="status">
            <h1>{title}</h1>
            {text.map(|text| view! { <p>{text}</p> })}
            {more}
        </section>
    }
}

fn no_session() -> AnyView {
    if api::tab::is_home() {
        return message(tab::no_seat, Some(tab::no_seat_text), to_studies().into_any()).into_any();
    }
    message(w::no_session, Some(w::no_session_text), ().into_any()).into_any()
}

fn out_of_reach(desk: Desk) -> AnyView {
    if api::tab::is_home() {
        return message(tab::out_of_reach, Some(w::out_of_reach_text), notice(desk).into_any()).into_any();
    }
    message(w::out_of_reach, Some(w::out_of_reach_text), notice(desk).into_any()).into_any()
}

/// Where whoever rates in a tab came from.
fn to_studies() -> impl IntoView {
    api::tab::is_home().then(|| view! { <p class="actions"><Link to="/studies">{tab::to_studies}</Link></p> })
}

fn notice(desk: Desk) -> impl IntoView {
    view! { <p class="hint">{move || desk.notice.get().text}</p> }
}

fn look_through(desk: Desk) -> impl IntoView {
    let open = move |_| desk.overlay.set(Some(Overlay::Pages));
    view! { <p class="actions"><button type="button" on:click=open>{w::look_through}</button></p> }
}

fn thanks(desk: Desk) -> impl IntoView {
    let open = move |_| desk.overlay.set(Some(Overlay::Pages));
    view! {
        <section class="card centred" id="thanks">
            <p class="big-mark" aria-hidden="true">"✓"</p>
            <h1>{w::thanks}</h1>
            <p>{move || w::thanks_text(desk.progress.get().n_done)}</p>
            <p class="hint">{w::thanks_back}</p>
            <p class="actions">
                <button type="button" on:click=open>{w::look_through}</button>
                <button type="button" class="ghost" on:click=move |_| desk.leave()>{w::leave}</button>
            </p>
            {to_studies()}
        </section>
    }
}
