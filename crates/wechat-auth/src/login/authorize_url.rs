use core::fmt;

use super::percent::encode_into;
use super::{RedirectUri, Scope};
use crate::{AppId, BaseUrl, Secret};

/// The page of WeChat's that a browser is sent to: the link behind "log in with WeChat".
///
/// It is its own type because WeChat matches the link as text, parameter by parameter in a fixed
/// order and with `#wechat_redirect` at the end, which URL types drop. It holds the login's state, so
/// `Debug` stops at the query and there is no `Display`: [`as_str`](Self::as_str) is for the
/// `Location` header, the link or the QR page, and for nothing that is logged.
///
/// # Source
/// Official account documentation, "Web authorisation", step 1; Open Platform documentation, "WeChat
/// login for website apps", step 1 (documented).
#[must_use = "the login begins when a browser is sent here"]
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizeUrl(Secret);

impl AuthorizeUrl {
    pub(crate) fn new(link: &Link<'_>) -> Self {
        Self(link.write().into())
    }

    /// The whole URL, state and fragment included.
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for AuthorizeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.as_str().split('?').next().unwrap_or_default();
        write!(f, "{place}?[redacted]")
    }
}

/// Whether WeChat shows its consent page even where it could skip it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Popup {
    AsUsual,
    Forced,
}

/// What goes into the link. `state` is optional for the sake of WeChat's own samples only; a login
/// always has one.
pub(crate) struct Link<'a> {
    pub(crate) open: &'a BaseUrl,
    pub(crate) appid: &'a AppId,
    pub(crate) redirect_uri: &'a RedirectUri,
    pub(crate) scope: Scope,
    pub(crate) state: Option<&'a str>,
    pub(crate) popup: Popup,
}

impl Link<'_> {
    fn write(&self) -> String {
        let mut url = String::with_capacity(1024);
        url.push_str(self.open.as_str());
        url.push_str(self.scope.page());
        url.push_str("?appid=");
        url.push_str(self.appid.as_str());
        url.push_str("&redirect_uri=");
        encode_into(&mut url, self.redirect_uri.as_str());
        url.push_str("&response_type=code&scope=");
        url.push_str(self.scope.as_str());
        if let Some(state) = self.state {
            url.push_str("&state=");
            encode_into(&mut url, state);
        }
        // Known to the page inside WeChat only; the QR page has no consent to skip.
        if self.popup == Popup::Forced && self.scope != Scope::Login {
            url.push_str("&forcePopup=true");
        }
        url.push_str("#wechat_redirect");
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    fn url(appid: &str, uri: &str, scope: Scope, state: Option<&str>, popup: Popup) -> AuthorizeUrl {
        AuthorizeUrl::new(&Link {
            open: Origin::wechat().open(),
            appid: &AppId::new(appid).unwrap(),
            redirect_uri: &RedirectUri::parse(uri).unwrap(),
            scope,
            state,
            popup,
        })
    }

    #[test]
    fn the_link_without_a_state_is_what_another_library_writes() {
        assert_eq!(
            url("123456", "http://localhost", Scope::Base, None, Popup::AsUsual).as_str(),
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=123456\
             &redirect_uri=http%3A%2F%2Flocalhost&response_type=code&scope=snsapi_base#wechat_redirect"
        );
    }

    #[test]
    fn the_link_is_the_documented_sample_to_the_byte() {
        let redirect_uri = "https://chong.qq.com/php/index.php?d=&c=wxAdapter&m=mobileDeal\
                            &showwxpaytitle=1&vb2ctag=4_2030_5_1194_60";
        let sample = url(
            "wx520c15f417810387",
            redirect_uri,
            Scope::Base,
            Some("123"),
            Popup::AsUsual,
        );
        assert_eq!(
            sample.as_str(),
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx520c15f417810387\
             &redirect_uri=https%3A%2F%2Fchong.qq.com%2Fphp%2Findex.php%3Fd%3D%26c%3DwxAdapter%26m\
             %3DmobileDeal%26showwxpaytitle%3D1%26vb2ctag%3D4_2030_5_1194_60\
             &response_type=code&scope=snsapi_base&state=123#wechat_redirect"
        );
    }

    #[test]
    fn force_popup_stands_between_state_and_fragment() {
        assert_eq!(
            url("APPID", "http://R", Scope::UserInfo, Some("STATE"), Popup::Forced).as_str(),
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=APPID&redirect_uri=http%3A%2F%2FR\
             &response_type=code&scope=snsapi_userinfo&state=STATE&forcePopup=true#wechat_redirect"
        );
    }

    #[test]
    fn a_website_gets_the_qr_page_which_knows_no_popup() {
        assert_eq!(
            url(
                "wx1",
                "https://a.example/cb",
                Scope::Login,
                Some("s"),
                Popup::Forced
            )
            .as_str(),
            "https://open.weixin.qq.com/connect/qrconnect?appid=wx1\
             &redirect_uri=https%3A%2F%2Fa.example%2Fcb&response_type=code&scope=snsapi_login&state=s\
             #wechat_redirect"
        );
    }

    #[test]
    fn debug_stops_before_the_state() {
        let url = url("wx1", "http://a", Scope::Base, Some("S3CRET"), Popup::AsUsual);
        assert_eq!(
            format!("{url:?}"),
            "https://open.weixin.qq.com/connect/oauth2/authorize?[redacted]"
        );
    }
}
