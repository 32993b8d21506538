//! A file to keep: a plain link where a server sends it, a button where a worker of this tab makes it.

use js_sys::Array;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast as _;

use crate::{
    api::{self, Reply},
    words::Words,
};

/// The link or button.
#[component]
pub(crate) fn Download(
    /// What to ask for
    #[prop(into)]
    path: Signal<String>,
    /// What it says
    words: Words,
    /// An id of its own
    #[prop(optional)]
    id: Option<&'static str>,
) -> impl IntoView {
    if !api::tab::is_home() {
        return view! { <a href=path download="" id=id>{words}</a> }.into_any();
    }
    let is_busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let make = move |_| {
        is_busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match api::get_file(&path.get_untracked()).await {
                Ok(reply) => save(&reply),
                Err(failure) => problem.set(Some(failure.shown())),
            }
            is_busy.set(false);
        });
    };
    view! {
        <button type="button" class="ghost download" id=id disabled=is_busy aria-busy=move || is_busy.get().to_string() on:click=make>
            {words}
        </button>
        {move || problem.get().map(|text| view! { <span role="alert" class="error">{text}</span> })}
    }
    .into_any()
}

/// Hands a file to the reader.
fn save(reply: &Reply) {
    let parts = Array::of1(&reply.contents);
    let Ok(blob) = web_sys::Blob::new_with_u8_array_sequence(&parts) else { return };
    let Ok(address) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    if let Some(link) =
        document().create_element("a").ok().and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok())
    {
        _ = link.set_attribute("href", &address);
        _ = link.set_attribute("download", reply.name.as_deref().unwrap_or("study"));
        link.click();
    }
    // The browser begins to read after this turn.
    set_timeout(move || _ = web_sys::Url::revoke_object_url(&address), std::time::Duration::from_secs(60));
}
