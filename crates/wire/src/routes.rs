//! The routes. The server is tested against this list, and so is its OpenAPI document.

/// How a route is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or starts.
    Post,
    /// Writes under a name that the client chose; repeating it changes nothing.
    Put,
    /// Takes away.
    Delete,
}

impl Method {
    /// As in a request.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A method and a path, whose parts in braces vary.
pub type Route = (Method, &'static str);

/// All routes of the API. Every other path is one of the interface's own, such as `/r/{token}`, `/rate` and `/admin`.
pub const ROUTES: [Route; 28] = [
    // A rater; all but the first need the cookie that the first gives.
    (Method::Post, "/api/rater/session"),    // OpenSession -> Study, and the cookie
    (Method::Delete, "/api/rater/session"),  // -> 204; this device forgets the rater
    (Method::Get, "/api/rater/study"),       // -> Study
    (Method::Get, "/api/rater/next"),        // -> Next
    (Method::Get, "/api/rater/pages"),       // -> Pages
    (Method::Get, "/api/rater/page/{page}"), // -> Page
    (Method::Put, "/api/rater/revision/{revision}"), // Change -> Saved
    (Method::Post, "/api/rater/finish/{page}"), // -> Finished
    // An administrator; all but the first need the cookie that the first gives.
    (Method::Post, "/api/admin/login"),          // Login -> Admin, and the cookie
    (Method::Post, "/api/admin/logout"),         // -> 204
    (Method::Get, "/api/admin/session"),         // -> Admin
    (Method::Get, "/api/admin/studies"),         // -> Studies
    (Method::Post, "/api/admin/studies"),        // NewStudy -> 201 Study
    (Method::Get, "/api/admin/studies/{study}"), // -> Study
    (Method::Post, "/api/admin/studies/{study}/import"), // Import -> Imported
    (Method::Post, "/api/admin/studies/{study}/freeze"), // -> Frozen
    (Method::Get, "/api/admin/studies/{study}/invites"), // -> Invites
    (Method::Post, "/api/admin/studies/{study}/invites"), // NewInvite -> 201 CreatedInvite
    (Method::Delete, "/api/admin/studies/{study}/invites/{invite}"), // -> 204
    (Method::Get, "/api/admin/studies/{study}/notes"), // -> Notes
    (Method::Get, "/api/admin/studies/{study}/report"), // ?format= -> HTML, JSON, Markdown or LaTeX
    (Method::Get, "/api/admin/studies/{study}/export"), // ?format= -> a file
    (Method::Get, "/api/admin/studies/{study}/datasheet"), // ?format= -> JSON or Markdown
    (Method::Get, "/api/admin/studies/{study}/verify"), // -> Verified
    // Anyone.
    (Method::Get, "/api/openapi.json"), // -> this interface as an OpenAPI document
    (Method::Get, "/healthz"),          // -> Health
    (Method::Get, "/"),                 // -> the interface
    (Method::Get, "/{*path}"),          // -> the interface: its files, else its index
];
