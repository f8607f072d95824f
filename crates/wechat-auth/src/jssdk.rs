//! Signatures that let a page in WeChat's browser use the JS-SDK, made from a [`Ticket`].
//!
//! The ticket stays on the server; the page gets the signature. [`js_config`] is for `wx.config` and
//! takes a `jsapi` ticket; [`card_ext`] and [`invoice_sign`] are for cards and invoices and take a
//! `wx_card` ticket.
//!
//! Time and randomness are arguments: `timestamp` is now, in Unix seconds, and `nonce` is any fresh
//! text of 1 to 32 characters of `[A-Za-z0-9]`.

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha1::{Digest, Sha1};

use crate::AppId;
use crate::app::Ticket;

/// What the page hands to `wx.config`, beside its own `debug`, `jsApiList` and `openTagList`. It is
/// public: serialise it into the page.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JsConfig {
    /// The account's public name.
    pub app_id: String,
    /// When it was signed, in Unix seconds.
    pub timestamp: u64,
    /// The random text that was signed.
    pub nonce_str: String,
    /// 40 hexadecimal digits in lower case.
    pub signature: String,
}

/// Signs one page of the account for `wx.config`.
///
/// `url` is the page as its browser names it, `location.href`: with the query, percent-encoded as it is
/// there. The fragment, from `#` on, is cut off here. A signature is for that one address; a page that
/// changes its address without loading needs another.
///
/// # Errors
/// [`InvalidPart`] names the argument that WeChat's browser would answer with `invalid signature`.
///
/// # Source
/// Official documentation of the JS-SDK, appendix on signatures (documented), with its own example.
///
/// ```
/// use wechat_auth::{AppId, app::Ticket, jssdk::js_config};
///
/// let appid = AppId::new("wx0123456789abcdef")?;
/// let ticket = Ticket::new("sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg");
/// let page = "http://mp.weixin.qq.com?params=value#top";
/// let config = js_config(&appid, &ticket, page, "Wm3WZYTPz0wzccnW", 1_414_587_457)?;
/// assert_eq!(config.signature, "0f9de62fce790f9a083d5c99e95740ceb90c27ed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn js_config(
    appid: &AppId,
    ticket: &Ticket,
    url: &str,
    nonce: &str,
    timestamp: u64,
) -> Result<JsConfig, InvalidPart> {
    let url = page(url)?;
    let nonce_str = fresh(nonce)?.to_owned();
    let seconds = timestamp.to_string();
    let ticket = ticket.secret().expose();
    let parts = [
        "jsapi_ticket=",
        ticket,
        "&noncestr=",
        nonce,
        "&timestamp=",
        &seconds,
        "&url=",
        url,
    ];
    Ok(JsConfig {
        app_id: appid.as_str().to_owned(),
        timestamp,
        nonce_str,
        signature: sha1_of(&parts),
    })
}

/// The card that a page wants to hand out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Card<'a> {
    /// The kind of card.
    pub card_id: &'a str,
    /// The card's own code, where the account chooses it.
    pub code: Option<&'a str>,
    /// The one person who may take it, where it is not for everybody.
    pub openid: Option<&'a str>,
}

/// What the page hands to `wx.addCard` as `cardExt`, which wants it as a JSON *text*: serialise it, and
/// put the text into the page's JSON. It is public.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardExt {
    /// The card's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The one person who may take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<String>,
    /// When it was signed, in Unix seconds; text, as the official sample has it.
    pub timestamp: String,
    /// The random text that was signed.
    pub nonce_str: String,
    /// 40 hexadecimal digits in lower case.
    pub signature: String,
}

/// Signs a card for `wx.addCard`, with a ticket of type `wx_card`.
///
/// # Errors
/// [`InvalidPart::Nonce`]; [`InvalidPart::Card`] for an empty `card_id`, or blanks in a part.
///
/// # Source
/// Official documentation of the JS-SDK, appendix on cards (documented); that the values are sorted as
/// bytes and joined with nothing between them is what other implementations do (assumed).
pub fn card_ext(
    ticket: &Ticket,
    card: Card<'_>,
    nonce: &str,
    timestamp: u64,
) -> Result<CardExt, InvalidPart> {
    let given = [Some(card.card_id), card.code, card.openid];
    let readable = given
        .iter()
        .flatten()
        .all(|part| part.bytes().all(|b| b.is_ascii_graphic()));
    if card.card_id.is_empty() || !readable {
        return Err(InvalidPart::Card);
    }
    let nonce = fresh(nonce)?;
    let timestamp = timestamp.to_string();
    let mut values = [
        ticket.secret().expose(),
        &timestamp,
        card.card_id,
        nonce,
        card.code.unwrap_or_default(),
        card.openid.unwrap_or_default(),
    ];
    let signature = sha1_of_sorted(&mut values);
    Ok(CardExt {
        code: card.code.map(str::to_owned),
        openid: card.openid.map(str::to_owned),
        timestamp,
        nonce_str: nonce.to_owned(),
        signature,
    })
}

/// The `cardSign` of `chooseInvoice`, with a ticket of type `wx_card`; its `signType` is `SHA1`.
///
/// # Errors
/// [`InvalidPart::Nonce`].
///
/// # Source
/// What other implementations sign: the word `INVOICE`, timestamp, appid, nonce and ticket, sorted as
/// bytes (assumed).
pub fn invoice_sign(
    appid: &AppId,
    ticket: &Ticket,
    nonce: &str,
    timestamp: u64,
) -> Result<String, InvalidPart> {
    let timestamp = timestamp.to_string();
    let ticket = ticket.secret().expose();
    Ok(sha1_of_sorted(&mut [
        "INVOICE",
        &timestamp,
        appid.as_str(),
        fresh(nonce)?,
        ticket,
    ]))
}

/// The argument that cannot be signed. It is not repeated here.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPart {
    /// The page's address.
    #[error("not a page's address: give location.href, an absolute http or https URL, percent-encoded")]
    Url,
    /// The random text.
    #[error("the nonce must have 1 to 32 characters of A-Z a-z 0-9")]
    Nonce,
    /// A part of the card.
    #[error("a card needs a card_id, and its parts are printable without blanks")]
    Card,
}

/// The address up to its fragment. `location.href` is ASCII without blanks: an address that is not was
/// decoded on its way here, and its signature could never match.
fn page(url: &str) -> Result<&str, InvalidPart> {
    let url = url.split('#').next().unwrap_or_default();
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?']).next());
    if host.is_none_or(str::is_empty) || !url.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(InvalidPart::Url);
    }
    Ok(url)
}

fn fresh(nonce: &str) -> Result<&str, InvalidPart> {
    let plain = nonce.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain && (1..=32).contains(&nonce.len()) {
        Ok(nonce)
    } else {
        Err(InvalidPart::Nonce)
    }
}

fn sha1_of_sorted(values: &mut [&str]) -> String {
    values.sort_unstable();
    sha1_of(values)
}

/// The digest of the parts in a row; they are not joined first, so that no copy of a ticket stays behind.
fn sha1_of(parts: &[&str]) -> String {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: &str = "Wm3WZYTPz0wzccnW";
    const NOW: u64 = 1_414_587_457;

    fn appid() -> AppId {
        AppId::new("wx0123456789abcdef").unwrap()
    }

    fn ticket() -> Ticket {
        Ticket::new("sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg")
    }

    fn signed(url: &str) -> Result<String, InvalidPart> {
        js_config(&appid(), &ticket(), url, NONCE, NOW).map(|config| config.signature)
    }

    #[test]
    fn the_official_example_is_met_with_and_without_a_fragment() {
        let expected = Ok("0f9de62fce790f9a083d5c99e95740ceb90c27ed".to_owned());
        assert_eq!(signed("http://mp.weixin.qq.com?params=value"), expected);
        assert_eq!(signed("http://mp.weixin.qq.com?params=value#xxxx"), expected);
        assert_eq!(signed("http://mp.weixin.qq.com?params=value#a#中 b"), expected);
    }

    #[test]
    fn the_config_serialises_under_the_names_that_wx_config_reads() {
        let config = js_config(&appid(), &ticket(), "https://a.example/", "n1", 7).unwrap();
        let json = serde_json::to_string(&config).unwrap();
        let expected = format!(
            r#"{{"appId":"wx0123456789abcdef","timestamp":7,"nonceStr":"n1","signature":"{}"}}"#,
            config.signature
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn another_query_is_another_signature() {
        assert_ne!(signed("https://a.example/?x=1"), signed("https://a.example/?x=2"));
        assert_ne!(signed("https://a.example"), signed("https://a.example/"));
    }

    #[test]
    fn an_address_that_no_browser_reports_is_refused() {
        for bad in [
            "",
            "#top",
            "/pay",
            "a.example/pay",
            "ftp://a.example",
            "https://",
            "https://?x",
            "https://a.example/支付",
            "https://a.example/a b",
            "https://a.example/\n",
        ] {
            assert_eq!(signed(bad), Err(InvalidPart::Url), "{bad}");
        }
    }

    #[test]
    fn a_nonce_is_short_and_plain() {
        let long = "x".repeat(33);
        for bad in ["", "a b", "a&b", "中", "a-b", &long] {
            let config = js_config(&appid(), &ticket(), "https://a.example", bad, NOW);
            assert_eq!(config, Err(InvalidPart::Nonce), "{bad}");
            let sign = invoice_sign(&appid(), &ticket(), bad, NOW);
            assert_eq!(sign, Err(InvalidPart::Nonce), "{bad}");
        }
    }

    #[test]
    fn values_are_sorted_as_bytes_whatever_order_they_come_in() {
        let expected = "89a0e60888a9471f75dc5eb0ee86431ddbec1fd9";
        for mut values in [
            ["aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"],
            ["ffff", "bbbb", "aaaa", "dddd", "eeee", "cccc"],
        ] {
            assert_eq!(sha1_of_sorted(&mut values), expected);
        }
    }

    #[test]
    fn a_card_is_signed_with_and_without_its_optional_parts() {
        let card = Card {
            card_id: "random_card_id",
            ..Card::default()
        };
        let ext = card_ext(&ticket(), card, NONCE, NOW).unwrap();
        assert_eq!(ext.signature, "22dce6bad4db532d4a2ef82ca2ca7bbe1e10ef28");

        let coded = Card {
            code: Some("random_code"),
            ..card
        };
        let ext = card_ext(&ticket(), coded, NONCE, NOW).unwrap();
        assert_eq!(ext.signature, "2e9c6d12952246e071717d7baeab20c30420b5cd");
        let json = serde_json::to_string(&ext).unwrap();
        let expected = r#"{"code":"random_code","timestamp":"1414587457","nonce_str":"Wm3WZYTPz0wzccnW","signature":"2e9c6d12952246e071717d7baeab20c30420b5cd"}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_card_without_an_id_or_with_blanks_is_refused() {
        for (card_id, code) in [("", None), ("a b", None), ("a", Some("c\n"))] {
            let card = Card {
                card_id,
                code,
                openid: None,
            };
            assert_eq!(card_ext(&ticket(), card, NONCE, NOW), Err(InvalidPart::Card));
        }
    }

    #[test]
    fn an_invoice_is_signed_over_the_sorted_values() {
        let sign = invoice_sign(&appid(), &Ticket::new("zzz"), NONCE, NOW).unwrap();
        let joined = "1414587457INVOICEWm3WZYTPz0wzccnWwx0123456789abcdefzzz";
        assert_eq!(sign, sha1_of(&[joined]));
    }
}
