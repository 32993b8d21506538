//! The OpenAPI document, made from the handlers and the wire's types.

use utoipa::{
    Modify, OpenApi,
    openapi::{self, Ref, RefOr, content::ContentBuilder, response::ResponseBuilder},
};

use crate::routes::{admin, health, interface, rater};

#[derive(OpenApi)]
#[openapi(
    info(title = "Repartee studies", description = "Human evaluation of replies: raters and administrators."),
    paths(
        rater::session::open, rater::session::close, rater::study::show, rater::next::take, rater::pages::list,
        rater::page::show, rater::revision::save, rater::finish::finish,
        admin::session::login, admin::session::logout, admin::session::show, admin::studies::list,
        admin::studies::create, admin::study::show, admin::import::import, admin::freeze::freeze,
        admin::invites::list, admin::invites::create, admin::invites::revoke, admin::notes::list,
        admin::report::report, admin::export::export, admin::datasheet::datasheet, admin::verify::verify,
        health::openapi, health::health, interface::index, interface::any,
    ),
    components(schemas(
        repartee_wire::ApiError,
        // Those of queries are not found by themselves.
        repartee_wire::admin::ReportFormat,
        repartee_wire::admin::ExportFormat,
        repartee_wire::admin::DatasheetFormat,
    )),
    modifiers(&Refusals)
)]
struct Document;

/// Every operation may refuse, and always in the same form.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ApiError"))).build();
                let refusal = ResponseBuilder::new().description("A refusal").content("application/json", content);
                operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal.build()));
            }
        }
    }
}

/// The document.
#[must_use]
pub fn document() -> openapi::OpenApi {
    let mut document = Document::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document
}
