//! The door.

use leptos::{ev, prelude::*, task::spawn_local};
use repartee_wire::admin;

use super::Errors;
use crate::{api, words::admin as w};

/// Asks for the password.
#[component]
pub(crate) fn Login(
    /// Runs once it was right
    on_login: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let password = RwSignal::new(String::new());
    let is_busy = RwSignal::new(false);
    let errors = Errors::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        is_busy.set(true);
        spawn_local(async move {
            let body = admin::Login { password: password.get_untracked() };
            let answer = api::post::<admin::Admin>("/api/admin/login", &body).await;
            is_busy.set(false);
            if errors.take(answer).is_some() {
                on_login();
            }
        });
    };
    view! {
        <section class="card narrow-card">
            <h1>{w::log_in}</h1>
            <form on:submit=submit>
                <label for="password">{w::password}</label>
                <input
                    id="password"
                    type="password"
                    autocomplete="current-password"
                    required
                    aria-describedby="password-hint"
                    bind:value=password
                />
                <p class="hint" id="password-hint">{w::password_hint}</p>
                {errors.view()}
                <p class="actions">
                    <button type="submit" class="primary" disabled=is_busy>{w::log_in}</button>
                </p>
            </form>
        </section>
    }
}
