//! What the engine computes on, and what it found on this device.

use leptos::prelude::*;
use repartee_wire::engine::{About, Adapter, Device, Home};

use super::{fault::Fault, state::Studio};
use crate::{
    desktop::{self, Desktop},
    words::{Words, common, studio as w},
};

/// Whole megabytes.
fn megabytes(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / 1e6)
}

/// The page.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let studio = Studio::get();
    view! {
        <header class="lead"><h1>{w::settings}</h1></header>
        {Desktop::get().map(|desktop| view! { <desktop::Project desktop /> })}
        {move || match studio.about.get() {
            None => view! { <p role="status">{common::loading}</p> }.into_any(),
            Some(Err(error)) => view! { <Fault error /> }.into_any(),
            Some(Ok(about)) => view! { <AboutView about /> }.into_any(),
        }}
    }
}

/// Why WebGPU is not used, if so.
fn missing(code: Option<&str>) -> Option<Words> {
    match code? {
        "no-webgpu" => Some(w::missing_no_webgpu),
        "no-timestamp-query" => Some(w::missing_no_timestamp_query),
        _ => Some(w::missing_no_adapter),
    }
}

#[component]
fn AboutView(about: About) -> impl IntoView {
    let studio = Studio::get();
    let first = about.devices.first().map(|device| device.name.clone()).unwrap_or_default();
    let option = move |device: &Device| {
        let id = device.id.clone();
        view! {
            <option value=device.id.clone() prop:selected=move || studio.device.get() == id>{device.name.clone()}</option>
        }
    };
    let home: Words = match about.home {
        Home::Browser => w::home_browser,
        Home::Desktop => w::home_desktop,
        Home::Server => w::home_server,
    };
    let storage = about.storage_bytes.map(|[used, of]| {
        view! { <dt>{w::storage}</dt><dd>{move || w::storage_of(megabytes(used), megabytes(of))}</dd> }
    });
    let is_offline_ready = window().navigator().service_worker().controller().is_some();
    let offline: Words = if is_offline_ready { w::offline_ready } else { w::offline_not };
    let is_browser = about.home == Home::Browser;
    let options = about.devices.iter().map(option).collect_view();
    view! {
        <section class="card">
            <h2>{w::engine}</h2>
            {missing(about.missing.as_deref()).map(|text| view! { <p class="note" id="no-webgpu">{text}</p> })}
            <div class="field device-field">
                <label for="device">{w::computes_on}</label>
                <select id="device" on:change=move |event| studio.choose_device(event_target_value(&event))>
                    <option value="" prop:selected=move || studio.device.get().is_empty()>
                        {move || w::by_itself(first.clone())}
                    </option>
                    {options}
                </select>
                <p class="hint">{w::devices_note}</p>
            </div>
            <dl class="pairs">
                <dt>{w::engine}</dt><dd>{home}</dd>
                <dt>{w::version}</dt><dd id="engine-version">{about.version.clone()}</dd>
                {storage}
            </dl>
            <Show when=move || is_browser><p class="hint" id="offline">{offline}</p></Show>
        </section>
        {about.devices.into_iter().filter_map(|device| Some((device.name, device.adapter?)))
            .map(|(name, adapter)| view! { <AdapterView name adapter /> }).collect_view()}
    }
}

#[component]
fn AdapterView(name: String, adapter: Adapter) -> impl IntoView {
    let Adapter { backend, vendor, driver, is_software, features, .. } = adapter;
    let driver = [vendor, driver].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    view! {
        <section class="card" id="adapter">
            <h2>{w::adapter}</h2>
            {is_software.then(|| view! { <p class="note">{w::software}</p> })}
            <dl class="pairs">
                <dt>{backend}</dt><dd>{name}</dd>
                <dt></dt><dd class="hint">{driver}</dd>
                <dt>{w::max_binding}</dt><dd>{megabytes(adapter.max_binding_bytes)} " MB"</dd>
                <dt>{w::max_buffer}</dt><dd>{megabytes(adapter.max_buffer_bytes)} " MB"</dd>
                <dt>{w::max_invocations}</dt><dd>{adapter.max_invocations_per_workgroup}</dd>
                <dt>{w::max_shared}</dt><dd>{adapter.max_workgroup_memory_bytes / 1024} " KiB"</dd>
            </dl>
            <details>
                <summary>{w::features}</summary>
                <ul class="features">
                    {features.into_iter().map(|feature| view! { <li><code>{feature}</code></li> }).collect_view()}
                </ul>
            </details>
        </section>
    }
}
