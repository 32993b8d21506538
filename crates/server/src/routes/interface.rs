//! The pages: files that were built into the program, and the index for every path that the pages themselves interpret.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};

use crate::{
    App,
    assets::{self, Asset},
};

/// The page of a program that was built without its pages.
const NO_PAGES: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Repartee</title></head>\n\
    <body><h1>Repartee</h1>\n<p>This program was built without its pages. Build them with <code>cargo xtask ui</code>, then \
    build the program again. The programming interface works: see <a href=\"/api/openapi.json\">its description</a>.</p>\n\
    </body></html>\n";

/// What an index says that knows no engine; an engine's place is written over it.
const NO_ENGINE: &str = "<meta name=\"repartee-engine\" content=\"http\">";

/// The interface.
#[utoipa::path(get, path = "/", tag = "interface", responses((status = 200, description = "The index of the pages")))]
pub(crate) async fn index(State(app): State<App>, headers: HeaderMap) -> Response {
    serve(&app, "index.html", &headers)
}

/// The interface's files, and its index for all other paths.
#[utoipa::path(get, path = "/{path}", tag = "interface", params(("path" = String, Path)),
    responses((status = 200, description = "A file of the pages, or their index")))]
pub(crate) async fn any(State(app): State<App>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    // A path of the API that is no route is an error of the caller, not a page.
    if path == "api" || path.starts_with("api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if is_file { serve(&app, &path, &headers) } else { serve(&app, "index.html", &headers) }
}

fn serve(app: &App, path: &str, headers: &HeaderMap) -> Response {
    match (assets::find(path), &app.0.local) {
        (Some(index), Some(local)) if path == "index.html" => with_engine(index, &local.engine),
        (asset, _) => as_built(asset, path, headers),
    }
}

/// The index that says where the engine is.
fn with_engine(index: &Asset, engine: &str) -> Response {
    let text = String::from_utf8_lossy(index.bytes).replace(NO_ENGINE, &NO_ENGINE.replace("http", engine));
    Html(text).into_response()
}

fn as_built(asset: Option<&'static Asset>, path: &str, headers: &HeaderMap) -> Response {
    match asset {
        Some(asset) => file(asset, headers),
        None if path == "index.html" => Html(NO_PAGES).into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
    }
}

fn file(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let tag = asset.tag();
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|value| value.split(',')).any(|value| value.trim().trim_start_matches("W/") == tag);
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { asset.bytes.into_response() };
    let caching = if asset.is_immutable() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let all = [(header::CONTENT_TYPE, asset.content_type), (header::ETAG, tag), (header::CACHE_CONTROL, caching)];
    for (name, value) in all {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
