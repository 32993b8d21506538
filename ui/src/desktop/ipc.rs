//! Tauri's bridge from the page to the app, as its own script lays it in `window.__TAURI_INTERNALS__`.

use std::{cell::RefCell, collections::BTreeMap};

use js_sys::{Function, JSON, Object, Promise, Reflect};
use leptos::prelude::window;
use repartee_wire::engine::{EngineError, EngineErrorCode};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// Calls a command of the app.
///
/// # Errors
/// The command's refusal, or that this page is in no app.
pub(crate) async fn invoke(command: &str, arguments: &[(&str, JsValue)]) -> Result<JsValue, EngineError> {
    let object = Object::new();
    for (name, value) in arguments {
        // A new object takes every property.
        _ = Reflect::set(&object, &(*name).into(), value);
    }
    let promise = bridge("invoke").and_then(|(bridge, invoke)| invoke.call2(&bridge, &command.into(), &object).ok());
    let promise = promise.and_then(|promise| promise.dyn_into::<Promise>().ok()).ok_or_else(no_app)?;
    JsFuture::from(promise).await.map_err(|error| refusal(&error))
}

/// As [`invoke`], with an answer of a known shape.
///
/// # Errors
/// As [`invoke`].
pub(crate) async fn ask<T: DeserializeOwned>(command: &str, arguments: &[(&str, JsValue)]) -> Result<T, EngineError> {
    let answer = invoke(command, arguments).await?;
    understood(&answer).ok_or_else(|| {
        let message = format!("the app's answer to `{command}` is not understood; start it again");
        EngineError::new(EngineErrorCode::Internal, message)
    })
}

/// A value of JavaScript as one of a known shape.
pub(crate) fn understood<T: DeserializeOwned>(value: &JsValue) -> Option<T> {
    let text = if value.is_undefined() { None } else { JSON::stringify(value).ok()?.as_string() };
    serde_json::from_str(text.as_deref().unwrap_or("null")).ok()
}

/// An argument of a command into which the app says things. They are heard in the order in which they were said; large ones
/// overtake each other on the way.
pub(crate) fn channel(hear: impl FnMut(JsValue) + 'static) -> JsValue {
    let Some((bridge_object, register)) = bridge("transformCallback") else { return JsValue::NULL };
    // What came too early, and the number of what is next.
    let state = RefCell::new((hear, BTreeMap::new(), 0_u32, JsValue::NULL));
    let state = std::rc::Rc::new(state);
    let ear = state.clone();
    let callback = Closure::<dyn FnMut(JsValue)>::new(move |message: JsValue| {
        let property = |name: &str| Reflect::get(&message, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let Some(index) = property("index").as_f64() else { return };
        let said = (property("end") != JsValue::TRUE).then(|| property("message"));
        let (hear, early, next, id) = &mut *ear.borrow_mut();
        early.insert(index as u32, said);
        while let Some(said) = early.remove(next) {
            *next += 1;
            match said {
                Some(said) => hear(said),
                None => forget(id),
            }
        }
    });
    // It lives as long as Tauri's script keeps it.
    let id = register.call1(&bridge_object, &callback.into_js_value()).unwrap_or(JsValue::NULL);
    state.borrow_mut().3 = id.clone();
    format!("__CHANNEL__:{}", id.as_f64().unwrap_or_default()).into()
}

/// A refusal of the app: an error in JSON, or whatever went wrong on the way.
pub(crate) fn refusal(error: &JsValue) -> EngineError {
    let text = error.as_string().unwrap_or_else(|| format!("{error:?}"));
    serde_json::from_str(&text).unwrap_or_else(|_| EngineError::new(EngineErrorCode::Internal, text))
}

fn forget(id: &JsValue) {
    if let Some((bridge, unregister)) = bridge("unregisterCallback") {
        _ = unregister.call1(&bridge, id);
    }
}

fn bridge(method: &str) -> Option<(JsValue, Function)> {
    let bridge = Reflect::get(&window(), &"__TAURI_INTERNALS__".into()).ok().filter(JsValue::is_object)?;
    let method = Reflect::get(&bridge, &method.into()).ok()?.dyn_into().ok()?;
    Some((bridge, method))
}

fn no_app() -> EngineError {
    EngineError::new(EngineErrorCode::Unsupported, "this page belongs into the app; start `repartee-desktop`")
}
