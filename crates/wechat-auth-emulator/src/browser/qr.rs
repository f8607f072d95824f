//! A website's QR login: the website waits while a phone scans and answers.

use http::StatusCode;
use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

use super::Browsed;
use super::complaint::Complaint;
use super::consent::back_with_code;
use super::open_pages::{Place, Step};
use super::pages;
use super::request::Door;
use crate::machine::{Call, WeChat};

/// White modules around a QR code, which readers need.
const QUIET_ZONE: usize = 4;

impl WeChat {
    /// The phone opens what the QR code holds.
    pub(super) fn scan(&mut self, call: &Call<'_>) -> Result<Browsed, Complaint> {
        let nonce = call.param("uuid").unwrap_or_default();
        let page = self.open_pages.find(nonce, Door::Website, call.now);
        let page = page.filter(|page| page.step.can_be_answered());
        let page = page.ok_or_else(Complaint::stale_page)?;
        page.step = Step::Scanned;
        let request = page.request.clone();
        let asking = self.asking(call, &request, nonce, Place::Phone);
        Ok(pages::consent(&asking, pages::Opened::Again(None)).into())
    }

    /// The website looks how far the phone is. Asking again gets the same answer, so that a
    /// page and its script can both ask.
    pub(super) fn wait(&mut self, call: &Call<'_>) -> Result<Browsed, Complaint> {
        let nonce = call.param("uuid").unwrap_or_default();
        let page = self.open_pages.find(nonce, Door::Website, call.now);
        let page = page.ok_or_else(Complaint::stale_page)?;
        let (request, step) = (page.request.clone(), page.step.clone());
        Ok(match &step {
            Step::Waiting | Step::Scanned => Browsed {
                unremarkable: true,
                ..pages::website(&self.asking(call, &request, nonce, Place::Website), &step).into()
            },
            Step::Confirmed { code } => back_with_code(&request, code, StatusCode::SEE_OTHER),
            Step::Cancelled => self.back_refused(&request),
        })
    }
}

/// The QR code of an address; `None` when the address does not fit into one.
pub(super) fn picture(address: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M).ok()?;
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(code.width()).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            path += &format!("M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
        }
    }
    let side = code.width() + 2 * QUIET_ZONE;
    Some(html! {
        svg.qr id="qr" viewBox={ "0 0 " (side) " " (side) } role="img" aria-label="二维码 / QR code"
            shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}
