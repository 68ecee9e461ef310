//! Pages in a browser.

mod oauth;
mod public;
