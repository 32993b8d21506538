//! A refusal of the engine, for people.

use leptos::prelude::*;
use repartee_wire::engine::{EngineError, EngineErrorCode as Code};

use crate::words::{Words, studio as w};

fn headline(code: Code) -> Words {
    match code {
        Code::Invalid => w::error_invalid,
        Code::Unauthorized => w::error_unauthorized,
        Code::NotFound => w::error_not_found,
        Code::NotOpen => w::error_not_open,
        Code::Unsupported => w::error_unsupported,
        Code::Corrupt => w::error_corrupt,
        Code::WrongVersion => w::error_wrong_version,
        Code::Unreachable => w::error_unreachable,
        Code::Quota => w::error_quota,
        Code::OutOfMemory => w::error_out_of_memory,
        Code::NoWebgpu => w::error_no_webgpu,
        Code::LostDevice => w::error_lost_device,
        Code::Busy => w::error_busy,
        Code::Stopped => w::error_stopped,
        Code::Internal => w::error_internal,
    }
}

/// What went wrong in the reader's language, and the engine's own line.
#[component]
pub(crate) fn Fault(error: EngineError) -> impl IntoView {
    let headline = headline(error.code);
    let code = serde_json::to_value(error.code).ok().and_then(|code| code.as_str().map(str::to_owned));
    view! {
        <div role="alert" class="error" data-code=code>
            <strong>{headline}</strong>
            <p lang="en">{error.message}</p>
        </div>
    }
}
