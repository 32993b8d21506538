//! Personal links for raters.

use leptos::{ev, prelude::*, task::spawn_local};
use repartee_wire::admin::{CreatedInvite, Invite, Invites as Answer, NewInvite, Study};

use super::{Errors, shown_time};
use crate::{
    api,
    locale::{self, Language},
    words::{admin as w, common},
};

/// Invitations, old and new.
#[component]
pub(crate) fn Invites(
    /// The study's path in the interface
    path: String,
    /// The study
    study: RwSignal<Option<Study>>,
) -> impl IntoView {
    let path = StoredValue::new(format!("{path}/invites"));
    let invites = RwSignal::new(Vec::<Invite>::new());
    let fresh = RwSignal::new(Vec::<CreatedInvite>::new());
    let errors = Errors::new();
    let look = move || {
        let Some(path) = path.try_get_value() else { return };
        spawn_local(async move {
            if let Some(answer) = errors.take(api::get::<Answer>(&path).await) {
                invites.set(answer.invites);
            }
        });
    };
    look();
    let names = RwSignal::new(String::new());
    let days = RwSignal::new(String::new());
    let of_study = study.with_untracked(|study| study.as_ref().and_then(|study| study.design.language.clone()));
    let language = RwSignal::new(of_study.map_or(locale::get(), |code| Language::from_code(&code)));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let all: Vec<String> =
            names.get_untracked().lines().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        let path = path.get_value();
        let (language, days) = (language.get_untracked(), days.get_untracked().trim().parse().ok());
        spawn_local(async move {
            for rater in all {
                let body = NewInvite { rater, language: Some(language.code().to_owned()), days };
                let Some(invite) = errors.take(api::post::<CreatedInvite>(&path, &body).await) else { break };
                fresh.update(|fresh| fresh.push(invite));
            }
            names.set(String::new());
            look();
        });
    };
    let revoke = Callback::new(move |id: String| {
        spawn_local(async move {
            let answer = api::command(repartee_wire::Method::Delete, &format!("{}/{id}", path.get_value())).await;
            if errors.take(answer).is_some() {
                look();
            }
        });
    });
    let option = move |choice: Language| {
        view! { <option value=choice.code() prop:selected=move || language.get() == choice>{choice.name()}</option> }
    };
    view! {
        <section class="card">
            <h2>{w::invite_title}</h2>
            <form on:submit=submit class="grid">
                <div class="field">
                    <label for="invite-names">{w::invite_names}</label>
                    <textarea
                        id="invite-names"
                        rows="3"
                        required
                        aria-describedby="invite-hint"
                        prop:value=names
                        on:input=move |event| names.set(event_target_value(&event))
                    ></textarea>
                    <p class="hint" id="invite-hint">{w::invite_hint}</p>
                </div>
                <div class="field">
                    <label for="invite-language">{w::invite_language}</label>
                    <select
                        id="invite-language"
                        on:change=move |event| language.set(Language::from_code(&event_target_value(&event)))
                    >
                        {Language::ALL.map(option).collect_view()}
                    </select>
                    <label for="invite-days">{w::invite_days}</label>
                    <input id="invite-days" type="number" min="1" max="3650" inputmode="numeric" bind:value=days />
                </div>
                <p class="actions"><button type="submit" class="primary">{w::invite}</button></p>
            </form>
            {errors.view()}
            <Fresh fresh />
            <InviteList invites revoke />
        </section>
    }
}

/// Links that were just made.
#[component]
fn Fresh(fresh: RwSignal<Vec<CreatedInvite>>) -> impl IntoView {
    let link = |invite: &CreatedInvite| format!("{}{}", window().location().origin().unwrap_or_default(), invite.path);
    let all = move || {
        let line = |invite: &CreatedInvite| format!("{}\t{}", invite.invite.rater, link(invite));
        fresh.with_untracked(|fresh| fresh.iter().map(line).collect::<Vec<_>>().join("\n"))
    };
    let row = move |invite: CreatedInvite| {
        let (link, rater) = (link(&invite), invite.invite.rater.clone());
        let text = link.clone();
        let name = rater.clone();
        view! {
            <li>
                <b>{rater}</b>
                <code class="link">{link}</code>
                <CopyButton text=move || text.clone() label=move || w::copy_link(name.clone()) />
            </li>
        }
    };
    view! {
        <Show when=move || fresh.with(|fresh| !fresh.is_empty())>
            <div class="note" role="status" id="fresh-links">
                <p>{w::links_once}</p>
                <ul class="links">{move || fresh.get().into_iter().map(row).collect_view()}</ul>
                <CopyButton text=all label=|| w::copy_all().to_owned() with_label=true />
            </div>
        </Show>
    }
}

/// Copies a text and says so.
#[component]
fn CopyButton(
    text: impl Fn() -> String + Send + 'static,
    label: impl Fn() -> String + Clone + Send + Sync + 'static,
    #[prop(optional)] with_label: bool,
) -> impl IntoView {
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        let promise = window().navigator().clipboard().write_text(&text());
        spawn_local(async move {
            if wasm_bindgen_futures::JsFuture::from(promise).await.is_ok() {
                is_copied.set(true);
                set_timeout(move || is_copied.set(false), std::time::Duration::from_secs(2));
            }
        });
    };
    let name = label.clone();
    let words = move || match (is_copied.get(), with_label) {
        (true, _) => common::copied().to_owned(),
        (false, true) => name(),
        (false, false) => common::copy().to_owned(),
    };
    view! { <button type="button" aria-label=label on:click=copy>{words}</button> }
}

#[component]
fn InviteList(invites: RwSignal<Vec<Invite>>, revoke: Callback<String>) -> impl IntoView {
    let row = move |invite: Invite| {
        let (id, rater) = (invite.id.clone(), invite.rater.clone());
        let (revoked, expires, opened) = (invite.revoked_ms.is_some(), invite.expires_ms, invite.opened_ms);
        let is_over = expires.is_some_and(|expires| (expires as f64) < js_sys::Date::now());
        let state = move || match (revoked, is_over, opened) {
            (true, ..) => w::revoked().to_owned(),
            (_, true, _) => w::expired().to_owned(),
            (.., Some(ms)) => format!("{} {}", w::opened(), shown_time(ms)),
            _ => w::not_opened().to_owned(),
        };
        let until = move || expires.map(|ms| w::until(shown_time(ms)));
        view! {
            <tr>
                <th scope="row">{invite.rater}</th>
                <td class="text">{Language::from_code(&invite.language).name()}</td>
                <td class="text">{state}" "{until}</td>
                <td class="text">
                    {(!revoked)
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="ghost"
                                    aria-label=move || w::revoke_of(rater.clone())
                                    on:click=move |_| revoke.run(id.clone())
                                >
                                    {w::revoke}
                                </button>
                            }
                        })}
                </td>
            </tr>
        }
    };
    view! {
        <Show when=move || invites.with(|invites| !invites.is_empty())>
            <div class="scroll" tabindex="0" role="region" aria-label=w::invites>
                <table>
                    <caption class="unseen">{w::invites}</caption>
                    <tbody>{move || invites.get().into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </Show>
    }
}
