//! How somebody wants to see the dashboard: in the address, so that a reload keeps it.

use http::Request;

use super::PATH;
use crate::machine::{Mount, Secrets};

#[derive(Clone)]
pub(super) struct View {
    /// What stands before the paths of this namespace.
    pub(super) mount: String,
    /// Where requests of this namespace go, by the name the browser used.
    pub(super) origin: String,
    pub(super) secrets: Secrets,
    /// Without scripts, the page loads itself again.
    pub(super) reloads: bool,
}

impl View {
    /// Whatever else is in the query is ignored.
    pub(super) fn read<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let mount = request.extensions().get::<Mount>().map(|mount| mount.0.clone());
        let mount = mount.unwrap_or_default();
        let host = request.headers().get(http::header::HOST);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
        Self {
            origin: format!("http://{host}{mount}"),
            mount,
            secrets: match query.split('&').any(|pair| pair == "secrets=show") {
                true => Secrets::Show,
                false => Secrets::Hide,
            },
            reloads: query.split('&').any(|pair| pair == "reload=on"),
        }
    }

    pub(super) fn shows_secrets(&self) -> bool {
        self.secrets == Secrets::Show
    }

    pub(super) fn with_other_secrets(&self) -> Self {
        let secrets = match self.secrets {
            Secrets::Show => Secrets::Hide,
            Secrets::Hide => Secrets::Show,
        };
        Self {
            secrets,
            ..self.clone()
        }
    }

    pub(super) fn with_other_reloading(&self) -> Self {
        Self {
            reloads: !self.reloads,
            ..self.clone()
        }
    }

    /// The page seen like this.
    pub(super) fn address(&self, fragment: &str) -> String {
        format!("{}{PATH}{}{fragment}", self.mount, self.query())
    }

    /// Where a button is pressed, which leads back to the page seen like this.
    pub(super) fn button(&self, name: &str) -> String {
        format!("{}{PATH}{name}{}", self.mount, self.query())
    }

    fn query(&self) -> &'static str {
        match (self.secrets, self.reloads) {
            (Secrets::Hide, false) => "",
            (Secrets::Show, false) => "?secrets=show",
            (Secrets::Hide, true) => "?reload=on",
            (Secrets::Show, true) => "?secrets=show&reload=on",
        }
    }
}
