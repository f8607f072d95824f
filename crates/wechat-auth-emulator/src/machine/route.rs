//! The paths WeChat answers, in one table.

use http::Method;
use serde::{Deserialize, Serialize};

/// A path the emulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Route {
    Token,
    StableToken,
    GetTicket,
    GetApiDomainIp,
    GetCallbackIp,
    ClearQuota,
    ClearQuotaV2,
    QuotaGet,
    RidGet,
    SnsAccessToken,
    SnsRefreshToken,
    SnsUserinfo,
    SnsAuth,
    Authorize,
    QrConnect,
    QrScan,
    QrWait,
    Index,
}

impl Route {
    pub(crate) const ALL: [Self; 18] = [
        Self::Token,
        Self::StableToken,
        Self::GetTicket,
        Self::GetApiDomainIp,
        Self::GetCallbackIp,
        Self::ClearQuota,
        Self::ClearQuotaV2,
        Self::QuotaGet,
        Self::RidGet,
        Self::SnsAccessToken,
        Self::SnsRefreshToken,
        Self::SnsUserinfo,
        Self::SnsAuth,
        Self::Authorize,
        Self::QrConnect,
        Self::QrScan,
        Self::QrWait,
        Self::Index,
    ];

    pub(crate) fn of(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|route| route.path() == path)
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Token => "/cgi-bin/token",
            Self::StableToken => "/cgi-bin/stable_token",
            Self::GetTicket => "/cgi-bin/ticket/getticket",
            Self::GetApiDomainIp => "/cgi-bin/get_api_domain_ip",
            Self::GetCallbackIp => "/cgi-bin/getcallbackip",
            Self::ClearQuota => "/cgi-bin/clear_quota",
            Self::ClearQuotaV2 => "/cgi-bin/clear_quota/v2",
            Self::QuotaGet => "/cgi-bin/openapi/quota/get",
            Self::RidGet => "/cgi-bin/openapi/rid/get",
            Self::SnsAccessToken => "/sns/oauth2/access_token",
            Self::SnsRefreshToken => "/sns/oauth2/refresh_token",
            Self::SnsUserinfo => "/sns/userinfo",
            Self::SnsAuth => "/sns/auth",
            Self::Authorize => "/connect/oauth2/authorize",
            Self::QrConnect => "/connect/qrconnect",
            // Our own: what lies behind WeChat's QR code is nobody's affair but WeChat's.
            Self::QrScan => "/connect/qrconnect/scan",
            Self::QrWait => "/connect/qrconnect/wait",
            Self::Index => "/",
        }
    }

    pub(crate) const fn method(self) -> Method {
        match self {
            Self::StableToken | Self::ClearQuota | Self::ClearQuotaV2 | Self::QuotaGet | Self::RidGet => {
                Method::POST
            }
            _ => Method::GET,
        }
    }

    /// Whether a browser shows the reply.
    pub(crate) const fn is_page(self) -> bool {
        matches!(
            self,
            Self::Authorize | Self::QrConnect | Self::QrScan | Self::QrWait | Self::Index
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_back_to_its_route() {
        for route in Route::ALL {
            assert_eq!(Route::of(route.path()), Some(route));
        }
        assert_eq!(Route::of("/cgi-bin/token/"), None);
    }
}
