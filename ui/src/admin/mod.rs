//! An administrator's side: studies, a new one, and all about one.

mod charts;
mod create;
mod examples;
mod export;
mod files;
mod freeze;
mod invites;
mod login;
mod notes;
pub(crate) mod place;
mod planner;
mod progress;
mod quality;
mod report;
mod studies;
mod study;

use leptos::{prelude::*, task::spawn_local};
use repartee_wire::admin;

use place::Place;

pub(crate) use create::Create;
pub(crate) use studies::Tile;
pub(crate) use study::StudyPage;

use crate::{
    api::{self, Failure},
    app::Frame,
    route::Link,
    words::{admin as w, common},
};

/// Whether someone is logged in.
#[derive(Clone, Debug, PartialEq)]
enum Session {
    Unknown,
    Out,
    In,
    Failed(String),
}

/// Everything that an administrator sees.
#[component]
pub(crate) fn Admin() -> impl IntoView {
    let session = RwSignal::new(Session::Unknown);
    spawn_local(async move {
        session.set(match api::get::<admin::Admin>("/api/admin/session").await {
            Ok(_) => Session::In,
            Err(failure) if failure.is_unauthorized() => Session::Out,
            Err(failure) => Session::Failed(failure.shown()),
        });
    });
    provide_context(SessionEnd(session));
    Effect::new(|_| document().set_title(&format!("{} – Repartee", w::studies())));
    let log_out = move |_| {
        spawn_local(async move {
            match api::command(repartee_wire::Method::Post, "/api/admin/logout").await {
                Ok(()) => session.set(Session::Out),
                Err(failure) => session.set(Session::Failed(failure.shown())),
            }
        });
    };
    let bar = move || {
        view! {
            <Link to="/admin"><span class="brand">"Repartee"</span></Link>
            <Show when=move || session.get() == Session::In>
                <nav class="bar-links">
                    <button type="button" class="ghost" on:click=log_out>{w::log_out}</button>
                </nav>
            </Show>
        }
    };
    // A study's tabs share what the study's page has loaded.
    let place = Memo::new(|_| place::here());
    view! {
        <Frame bar=bar class="wide">
            {move || match session.get() {
                Session::Unknown => view! { <p role="status">{common::loading}</p> }.into_any(),
                Session::Failed(reason) => view! { <p role="alert" class="error">{reason}</p> }.into_any(),
                Session::Out => view! { <login::Login on_login=move || session.set(Session::In) /> }.into_any(),
                Session::In => {
                    (move || match place.get() {
                        Place::List => view! { <studies::List /> }.into_any(),
                        Place::New => view! { <create::Create /> }.into_any(),
                        Place::Study(id) => view! { <study::StudyPage id /> }.into_any(),
                    })
                        .into_any()
                }
            }}
        </Frame>
    }
}

/// What to tell when the session is found to have ended.
#[derive(Clone, Copy)]
pub(crate) struct SessionEnd(RwSignal<Session>);

/// Where an error is shown, unless it is that the session has ended: then the login is.
#[derive(Clone, Copy)]
pub(crate) struct Errors {
    pub(crate) shown: RwSignal<Option<String>>,
    session: Option<SessionEnd>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { shown: RwSignal::new(None), session: use_context() }
    }

    /// The value, or nothing and an error on the screen.
    pub(crate) fn take<T>(self, answer: Result<T, Failure>) -> Option<T> {
        match answer {
            Ok(value) => {
                self.shown.set(None);
                Some(value)
            }
            Err(failure) => {
                if let (true, Some(SessionEnd(session))) = (failure.is_unauthorized(), self.session) {
                    session.set(Session::Out);
                }
                self.shown.set(Some(failure.shown()));
                None
            }
        }
    }

    pub(crate) fn view(self) -> impl IntoView {
        move || self.shown.get().map(|text| view! { <p role="alert" class="error">{text}</p> })
    }
}

/// A number with two decimals, or a dash.
fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}

/// A p value with three decimals; never 0.
fn p_value(p: Option<f64>) -> String {
    match p {
        None => "–".to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

/// A time in the reader's own form.
fn shown_time(ms: i64) -> String {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64));
    let options = js_sys::Object::new();
    for (key, value) in [("dateStyle", "medium"), ("timeStyle", "short")] {
        let _ = js_sys::Reflect::set(&options, &key.into(), &value.into());
    }
    date.to_locale_string(crate::locale::get().code(), &options).into()
}
