//! Calls of the account itself: obtain its tokens and tickets, look after its quota, find out why a
//! call failed.
//!
//! | endpoint | what it is for | needs |
//! |---|---|---|
//! | [`GetStableAccessToken`] | the app token, the same one until shortly before its end: the default choice | appsecret |
//! | [`GetAccessToken`] | the app token, a new one at every fetch: the classic way | appsecret |
//! | [`GetTicket`] | the ticket that signs pages (`jsapi`) or cards (`wx_card`) | app token |
//! | [`GetApiQuota`] | how many calls of an API are left today | app token |
//! | [`ClearQuota`], [`ClearQuotaByAppSecret`] | today's counters back to zero, ten times a month | app token, or appsecret |
//! | [`GetRidInfo`] | what WeChat recorded of one request | app token |
//! | [`GetApiDomainIp`], [`GetCallbackIp`] | WeChat's own addresses, for firewalls | app token |

mod access_token;
mod api_domain_ip;
mod api_quota;
mod callback_ip;
mod clear_quota;
mod clear_quota_by_app_secret;
mod rid_info;
mod stable_access_token;
#[cfg(test)]
mod testing;
mod ticket;

pub use access_token::GetAccessToken;
pub use api_domain_ip::GetApiDomainIp;
pub use api_quota::{ApiQuota, DailyQuota, GetApiQuota, InvalidApiPath, RateLimit};
pub use callback_ip::GetCallbackIp;
pub use clear_quota::ClearQuota;
pub use clear_quota_by_app_secret::ClearQuotaByAppSecret;
pub use rid_info::{GetRidInfo, RidInfo};
pub use stable_access_token::GetStableAccessToken;
pub use ticket::{GetTicket, Ticket, TicketType};
