//! What WeChat does where its documents are silent, contradict each other, or give
//! a number: each a field, so that a test can ask "and what if it is the other way?".

use std::collections::BTreeMap;

use http::HeaderValue;
use serde::{Deserialize, Serialize};

use super::read::{self, Unreadable};

/// How the emulator behaves wherever the truth is a number or is in doubt.
///
/// Each field says how sure its default is: *documented* (an official page says
/// so), *observed* (seen in replies of the live service) or *assumed* (inferred,
/// and therefore to be varied in tests).
///
/// As JSON every field may be left out, and enums are written in snake case:
///
/// ```
/// use wechat_auth_emulator::{Behavior, Slots};
///
/// let behavior = Behavior::from_json(br#"{"classic_slots":"one","overlap_s":60}"#)?;
/// assert_eq!((behavior.classic_slots, behavior.overlap_s), (Slots::One, 60));
///
/// let unreadable = Behavior::from_json(br#"{"overlap_s":"long"}"#).unwrap_err();
/// assert_eq!(unreadable.field.as_deref(), Some("overlap_s"));
/// # Ok::<(), wechat_auth_emulator::Unreadable>(())
/// ```
///
/// The [ledger](crate::LEDGER) has one entry for each behaviour, with the test that shows it.
///
/// # Source
///
/// The official pages on the access token and the stable access token, on API quotas
/// and their clearing, on rid lookup, on web authorization and website login, and on
/// return codes; for what is *observed*, replies of the live service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Behavior {
    /// Life of a new app token in seconds: 7200. *Documented* as "at most 7200".
    pub app_token_life_s: u64,
    /// How long, in seconds, a replaced app token is still accepted: 300. *Documented*
    /// for the stable family; for the classic one the pages contradict each other and
    /// field reports agree with 300.
    pub overlap_s: u64,
    /// How many classic tokens of one account can be alive: two. *Assumed*.
    pub classic_slots: Slots,
    /// How many stable tokens of one account can be alive: two. *Assumed*, from the
    /// advice to force twice after a leak.
    pub stable_slots: Slots,
    /// Remaining life in seconds at or below which a normal stable fetch mints: 300.
    /// *Documented*.
    pub stable_renewal_window_s: u64,
    /// What one forced refresh does to the token it replaces. *Assumed*.
    pub force_effect: ForceEffect,
    /// Least time between two forced refreshes, in seconds: 30. *Documented*.
    pub force_spacing_s: u64,
    /// What that time counts from: the last one that took effect. *Assumed*.
    pub force_spacing_from: ForceSpacing,
    /// What a forced refresh gets that comes too soon. *Assumed*: the page only says
    /// that it does not refresh.
    pub force_too_soon: ForceTooSoon,
    /// What a forced refresh beyond the day's limit gets: 45009. *Assumed*.
    pub force_over_limit_errcode: i64,
    /// Classic fetches a day: 2000. *Documented*.
    pub classic_per_day: u64,
    /// Classic fetches a day of a sandbox account: 200. *Documented*.
    pub classic_per_day_sandbox: u64,
    /// Stable fetches a day: 500 000. *Documented*.
    pub stable_per_day: u64,
    /// Stable fetches a minute: 10 000. *Documented*.
    pub stable_per_minute: u64,
    /// When such a minute begins: with the clock's. *Assumed*.
    pub stable_minute: MinuteWindow,
    /// Forced refreshes a day that take effect: 20. *Documented*.
    pub forced_per_day: u64,
    /// Calls a day of every other interface: 10 000 000, each on its own. *Assumed*:
    /// the real numbers differ by interface and account; this one stays out of the way.
    pub api_per_day: u64,
    /// Quota clears a month, by token and by secret together: 10. *Documented*.
    pub quota_clears_per_month: u64,
    /// Whether a fetch that is refused counts against the quota all the same: no.
    /// *Assumed*.
    pub refused_fetches_count: bool,
    /// Where clearing by secret looks for its parameters: in the URL, then in the body.
    /// *Assumed*: one page says the one, another the other.
    pub clear_by_secret_in: ClearParameters,
    /// Whether clearing the quota also gives back the day's forced refreshes: no.
    /// *Assumed*.
    pub clear_quota_restores_forced: bool,
    /// The hour in Beijing at which a quota day begins: 0. *Assumed*.
    pub quota_reset_hour: u8,
    /// What a caller outside the allow-list gets: 40164. *Documented*, but other pages
    /// name other codes.
    pub allow_list_refusal: AllowListRefusal,
    /// Whether the allow-list is looked at before the secret: no. *Assumed*.
    pub allow_list_before_secret: bool,
    /// Whether tokens fetched before an account was frozen are still accepted: yes.
    /// *Assumed*.
    pub frozen_tokens_accepted: bool,
    /// What a replaced or unknown app token gets: 40001. *Observed*; 40014 is the other
    /// candidate.
    pub unknown_token_errcode: i64,
    /// What an app token past its own life gets: 42001. *Assumed*: 40001 is seen as well.
    pub expired_token_errcode: i64,
    /// What a path gets that WeChat does not have: 40066. *Assumed*.
    pub unknown_path_errcode: i64,
    /// Life of a ticket in seconds: 7200. *Documented*.
    pub ticket_life_s: u64,
    /// What a second ticket fetch gets: the same ticket. *Assumed*.
    pub ticket_repeat: TicketRepeat,
    /// Life of an unused code in seconds: 300. *Documented*; the website guide says 600.
    pub code_life_s: u64,
    /// What an expired code gets: 42003. *Assumed*; 40029 is the other candidate.
    pub expired_code_errcode: i64,
    /// Whether an exchange that is refused spends the code: no. *Assumed*.
    pub refused_exchange_spends_code: bool,
    /// Life of a user token in seconds: 7200. *Documented*.
    pub user_token_life_s: u64,
    /// Life of a refresh token in seconds, from the login and never prolonged:
    /// 30 days. *Documented*.
    pub refresh_token_life_s: u64,
    /// What an expired user token gets: 42001. *Assumed*.
    pub expired_user_token_errcode: i64,
    /// What `sns/userinfo` answers to a token of scope `snsapi_base`: 48001. *Assumed*.
    pub base_scope_userinfo_errcode: i64,
    /// Whether a new login voids the tokens of the same user's earlier ones: no.
    /// *Assumed*.
    pub new_login_voids_old: bool,
    /// Whether the code exchange names the scope: yes. *Observed*; the newest field
    /// table leaves it out.
    pub scope_in_exchange: bool,
    /// Whether the scope ends in a comma: no. *Observed* now and then.
    pub trailing_comma_in_scope: bool,
    /// Whether an `snsapi_base` exchange names the unionid: no. *Documented* as no,
    /// *observed* as yes.
    pub unionid_with_base_scope: bool,
    /// Content type of replies under `/cgi-bin`. *Observed*.
    pub cgi_content_type: ContentType,
    /// Content type of replies under `/sns`. *Observed*; `text/plain` was reported too.
    pub sns_content_type: ContentType,
    /// Whether a profile escapes slashes as `\/`: yes. *Documented* in the samples.
    pub escaped_slashes: bool,
    /// Whether control characters of a nickname go out raw inside the JSON: yes, which
    /// a strict JSON parser refuses. *Observed*.
    pub raw_control_characters: bool,
    /// What a rid older than seven days gets: 76004. *Documented*; a note on the same
    /// page says 76001.
    pub expired_rid_errcode: i64,
    /// What refusing a website QR login does: back with the state only. *Documented* by
    /// the older page; the newer one says no redirect happens.
    pub qr_refusal: QrRefusal,
    /// Whether the authorize parameters must stand in the documented order: yes.
    /// *Documented*.
    pub strict_parameter_order: bool,
    /// Whether `state` must be letters and digits: yes. *Documented*; the page for
    /// platforms allows any value. 128 bytes are the limit either way.
    pub strict_state: bool,
    /// How long a consent page can be answered, in seconds: 600. *Assumed*.
    pub consent_page_life_s: u64,
    /// Texts to send instead of the usual ones, by errcode, without what follows the
    /// head: none. The usual texts are *observed* where replies were seen, and *assumed*
    /// elsewhere.
    pub errmsgs: BTreeMap<i64, String>,
}

impl Behavior {
    /// Reads a JSON object; what it leaves out is as by default.
    ///
    /// # Errors
    ///
    /// When it is no JSON object, or a field is unknown or of the wrong type. The error
    /// names the field and repeats no value.
    pub fn from_json(json: &[u8]) -> Result<Self, Unreadable> {
        read::json(json)
    }
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            app_token_life_s: 7_200,
            overlap_s: 300,
            classic_slots: Slots::Two,
            stable_slots: Slots::Two,
            stable_renewal_window_s: 300,
            force_effect: ForceEffect::LeavesOverlap,
            force_spacing_s: 30,
            force_spacing_from: ForceSpacing::LastEffective,
            force_too_soon: ForceTooSoon::CurrentToken,
            force_over_limit_errcode: 45009,
            classic_per_day: 2_000,
            classic_per_day_sandbox: 200,
            stable_per_day: 500_000,
            stable_per_minute: 10_000,
            stable_minute: MinuteWindow::OfTheClock,
            forced_per_day: 20,
            api_per_day: 10_000_000,
            quota_clears_per_month: 10,
            refused_fetches_count: false,
            clear_by_secret_in: ClearParameters::Either,
            clear_quota_restores_forced: false,
            quota_reset_hour: 0,
            allow_list_refusal: AllowListRefusal::InvalidIp40164,
            allow_list_before_secret: false,
            frozen_tokens_accepted: true,
            unknown_token_errcode: 40001,
            expired_token_errcode: 42001,
            unknown_path_errcode: 40066,
            ticket_life_s: 7_200,
            ticket_repeat: TicketRepeat::SameTicket,
            code_life_s: 300,
            expired_code_errcode: 42003,
            refused_exchange_spends_code: false,
            user_token_life_s: 7_200,
            refresh_token_life_s: 30 * 86_400,
            expired_user_token_errcode: 42001,
            base_scope_userinfo_errcode: 48001,
            new_login_voids_old: false,
            scope_in_exchange: true,
            trailing_comma_in_scope: false,
            unionid_with_base_scope: false,
            cgi_content_type: ContentType::JsonEncoding,
            sns_content_type: ContentType::JsonEncoding,
            escaped_slashes: true,
            raw_control_characters: true,
            expired_rid_errcode: 76004,
            qr_refusal: QrRefusal::StateOnly,
            strict_parameter_order: true,
            strict_state: true,
            consent_page_life_s: 600,
            errmsgs: BTreeMap::new(),
        }
    }
}

/// How many tokens of one family can be alive at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Slots {
    /// Only the current one: a fetch kills the last token at once.
    One,
    /// Current and previous: a second fetch inside the overlap kills the grandparent.
    Two,
    /// Every replaced token lives out its own overlap (the newest 32 are remembered).
    Overlapping,
}

/// What one forced refresh does to the token it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ForceEffect {
    /// It lives on as the previous token; a second force, 30 s later, ends it.
    LeavesOverlap,
    /// It dies at once.
    KillsAtOnce,
}

/// What the least time between two forced refreshes counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ForceSpacing {
    /// The last one that took effect.
    LastEffective,
    /// The last one that was asked for, so that asking too often never takes effect.
    LastAsked,
}

/// When a minute of a limit begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MinuteWindow {
    /// With the clock's minute.
    OfTheClock,
    /// With the first call after the last minute ended.
    FromTheFirstCall,
}

/// What a forced refresh gets that comes too soon after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ForceTooSoon {
    /// The current token, unchanged, with its remaining life.
    CurrentToken,
    /// A refusal with this errcode.
    Refused(i64),
}

/// Where clearing the quota by secret looks for its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClearParameters {
    /// In the URL, and if they are not there in the body.
    Either,
    /// In the URL only.
    Url,
    /// In the body only.
    Body,
}

/// What a caller outside the allow-list gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AllowListRefusal {
    /// 40164, whose text names the address: the account page.
    InvalidIp40164,
    /// 61004, whose text names the address: the service-account guide and old replies.
    NotRegistered61004,
    /// 45035, which names no address: the shop page.
    NotRegistered45035,
}

/// What a ticket fetch gets while an earlier ticket is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TicketRepeat {
    /// The same ticket with its remaining life.
    SameTicket,
    /// A new ticket; the earlier one dies at once.
    NewTicket,
}

/// What refusing a website QR login does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum QrRefusal {
    /// Redirects back with the state and no code.
    StateOnly,
    /// Stays on a page that says so.
    NoRedirect,
}

/// The content types WeChat has been seen to call its JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContentType {
    /// `application/json; encoding=utf-8`, with that odd parameter.
    JsonEncoding,
    /// `application/json`.
    Json,
    /// `text/plain`.
    TextPlain,
}

impl ContentType {
    pub(crate) fn header(self) -> HeaderValue {
        static JSON_ENCODING: HeaderValue = HeaderValue::from_static("application/json; encoding=utf-8");
        static JSON: HeaderValue = HeaderValue::from_static("application/json");
        static TEXT_PLAIN: HeaderValue = HeaderValue::from_static("text/plain");
        match self {
            Self::JsonEncoding => JSON_ENCODING.clone(),
            Self::Json => JSON.clone(),
            Self::TextPlain => TEXT_PLAIN.clone(),
        }
    }
}
