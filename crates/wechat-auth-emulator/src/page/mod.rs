//! What every page has: the notice that it is not WeChat, one style sheet, and a policy
//! that lets nothing else in.
//!
//! Everything is inside the page: no file, no font, no picture from elsewhere. A script is
//! one of the texts in this folder, named to the browser by its hash, so that nothing that
//! came in a request can ever run. No page needs one to do its work.

use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

/// One of our own texts that a page may run.
#[derive(Clone, Copy)]
pub(crate) enum Script {
    /// Shows what has changed, and copies.
    Live,
    /// Looks whether the link had the fragment that only a browser sees.
    Fragment,
}

impl Script {
    const fn text(self) -> &'static str {
        match self {
            Self::Live => include_str!("live.js"),
            Self::Fragment => include_str!("fragment.js"),
        }
    }
}

/// How wide the page is on a wide screen.
#[derive(Clone, Copy)]
pub(crate) enum Width {
    Phone,
    Wide,
}

/// A page that looks again by itself: with a script at what has changed, and without one
/// at the whole page.
pub(crate) struct Watch {
    /// Where it looks.
    pub(crate) address: String,
    /// How often the script looks.
    pub(crate) every_ms: u32,
    /// How often a browser without scripts loads the page again; `None` is never.
    pub(crate) reload_s: Option<u32>,
}

/// A page before it is written.
pub(crate) struct Page<'a> {
    title: &'a str,
    width: Width,
    script: Option<Script>,
    watch: Option<Watch>,
    forms_lead: Forms,
}

/// Where the forms of a page may lead.
#[derive(Clone, Copy)]
enum Forms {
    /// Chromium holds a form to `form-action` on every redirect that follows, and the app
    /// at the other end may redirect on to a third origin: so a form may lead to any http
    /// address, as a link may.
    Anywhere,
    Here,
}

impl<'a> Page<'a> {
    pub(crate) const fn phone(title: &'a str) -> Self {
        Self {
            title,
            width: Width::Phone,
            script: None,
            watch: None,
            forms_lead: Forms::Anywhere,
        }
    }

    pub(crate) fn wide(title: &'a str) -> Self {
        Self {
            width: Width::Wide,
            ..Self::phone(title)
        }
    }

    pub(crate) fn script(mut self, script: Script) -> Self {
        self.script = Some(script);
        self
    }

    /// Its parts marked `data-live` are brought up to date.
    pub(crate) fn watching(mut self, watch: Watch) -> Self {
        self.script = Some(Script::Live);
        self.watch = Some(watch);
        self
    }

    /// No form of it leads to another site.
    pub(crate) fn staying_here(mut self) -> Self {
        self.forms_lead = Forms::Here;
        self
    }

    pub(crate) fn respond(self, status: StatusCode, body: &Markup) -> Response<Vec<u8>> {
        let class = match self.width {
            Width::Phone => "phone",
            Width::Wide => "wide",
        };
        let watch = self.watch.as_ref();
        let reload = watch.and_then(|watch| Some((watch.reload_s?, &watch.address)));
        let document = html! {
            (DOCTYPE)
            html lang="zh-CN" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) " · 这不是微信" }
                    style { (PreEscaped(STYLE)) }
                    @if let Some((seconds, address)) = reload {
                        noscript { meta http-equiv="refresh" content={ (seconds) ";url=" (address) }; }
                    }
                }
                body {
                    main class=(class)
                        data-watch=[watch.map(|watch| watch.address.as_str())]
                        data-every-ms=[watch.map(|watch| watch.every_ms)] {
                        p.not-wechat id="not-wechat" role="note" {
                            "模拟器：这不是微信 / Emulator: This is not WeChat"
                        }
                        (body)
                    }
                    @if let Some(script) = self.script {
                        script { (PreEscaped(script.text())) }
                    }
                }
            }
        };
        let mut response = Response::new(document.into_string().into_bytes());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if let Ok(policy) = HeaderValue::try_from(self.content_security_policy()) {
            headers.insert(HeaderName::from_static("content-security-policy"), policy);
        }
        response
    }

    fn content_security_policy(&self) -> String {
        let hash = |text: &str| BASE64.encode(&Sha256::digest(text));
        let script = self.script.map(|script| {
            let hash = hash(script.text());
            format!("script-src 'sha256-{hash}'; connect-src 'self'; ")
        });
        let forms = match self.forms_lead {
            Forms::Anywhere => "'self' http: https:",
            Forms::Here => "'self'",
        };
        format!(
            "default-src 'none'; style-src 'sha256-{}'; {}form-action {forms}; \
             frame-ancestors 'none'; base-uri 'none'",
            hash(STYLE),
            script.unwrap_or_default(),
        )
    }
}

/// Control characters as their pictures, so that a page shows what is there.
pub(crate) fn shown(text: &str) -> String {
    let picture = |c: char| match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(c),
        '\x7f' => '\u{2421}',
        c => c,
    };
    text.chars().map(picture).collect()
}
