//! Everything that the pages say, in English and Japanese. A message without one of them does not compile.
//!
//! Each message is a function, so that it can stand in a view as it is and changes with the language.

/// Writes a function for each message.
macro_rules! messages {
    ($($name:ident($($argument:ident: $type:ty),*) { $english:literal, $japanese:literal })*) => {
        $(messages!(@one $name($($argument: $type),*) $english, $japanese);)*
    };
    (@one $name:ident() $english:literal, $japanese:literal) => {
        pub(crate) fn $name() -> &'static str {
            match crate::locale::get() {
                crate::locale::Language::English => $english,
                crate::locale::Language::Japanese => $japanese,
            }
        }
    };
    (@one $name:ident($($argument:ident: $type:ty),+) $english:literal, $japanese:literal) => {
        pub(crate) fn $name($($argument: $type),+) -> String {
            match crate::locale::get() {
                crate::locale::Language::English => format!($english),
                crate::locale::Language::Japanese => format!($japanese),
            }
        }
    };
}

/// A message without arguments.
pub(crate) type Words = fn() -> &'static str;

pub(crate) mod admin;
pub(crate) mod common;
pub(crate) mod create;
pub(crate) mod desktop;
pub(crate) mod latent;
pub(crate) mod rater;
pub(crate) mod report;
pub(crate) mod studio;
pub(crate) mod tab;
pub(crate) mod train;
