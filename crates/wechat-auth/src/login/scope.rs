/// What a login asks the user for. It also decides which page the browser is sent to.
///
/// # Source
/// Official account documentation, "Web authorisation"; Open Platform documentation, "WeChat login for
/// website apps" (documented).
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `snsapi_base`: silent, inside WeChat's browser; the openid and nothing else.
    Base,
    /// `snsapi_userinfo`: asks for consent, inside WeChat's browser; opens the profile.
    UserInfo,
    /// `snsapi_login`: a QR code on a website, scanned with the phone; opens the profile.
    Login,
}

impl Scope {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
            Self::Login => "snsapi_login",
        }
    }

    /// Reads the name on the wire; `None` for a scope this crate does not know.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Base, Self::UserInfo, Self::Login]
            .into_iter()
            .find(|scope| scope.as_str() == name)
    }

    /// Where a browser is sent for it, below [`Origin::open`](crate::Origin::open).
    pub(crate) const fn page(self) -> &'static str {
        match self {
            Self::Base | Self::UserInfo => "/connect/oauth2/authorize",
            Self::Login => "/connect/qrconnect",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_others_do_not() {
        for scope in [Scope::Base, Scope::UserInfo, Scope::Login] {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(Scope::parse("snsapi_privateinfo"), None);
        assert_eq!(Scope::parse(""), None);
    }
}
