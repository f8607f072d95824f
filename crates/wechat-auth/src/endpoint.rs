use crate::{ApiError, Origin, Request, Secret};

/// One call of WeChat's API: how it is asked, and how the answer is read.
///
/// One value carries both halves. The token is not part of the request: it is added last, by the
/// driver, and its kind is part of the type, so that a call can never go out with the wrong one.
/// SDKs add their own endpoints by implementing this trait by hand:
///
/// ```
/// use wechat_auth::{ApiError, AppToken, Endpoint, Origin, Reply, Request};
///
/// /// Whether somebody follows the account.
/// struct Follows { openid: String }
///
/// impl Endpoint for Follows {
///     type Token = AppToken;
///     type Response = bool;
///
///     fn request(&self, to: &Origin) -> Request {
///         Request::get(to.api(), "/cgi-bin/user/info", &[("openid", &self.openid)])
///     }
///
///     fn parse(&self, response: http::Response<&[u8]>) -> Result<bool, ApiError> {
///         Ok(Reply::read(&response)?.u64("subscribe")? == 1)
///     }
/// }
///
/// let follows = Follows { openid: "oABC".into() };
/// let reply = http::Response::new(br#"{"subscribe":1,"openid":"oABC"}"#.as_slice());
/// assert_eq!(follows.parse(reply), Ok(true));
/// ```
pub trait Endpoint {
    /// The credential the call needs: [`AppToken`], [`UserToken`](crate::login::UserToken), or
    /// [`NoToken`].
    type Token: Credential;
    /// What a successful answer says.
    type Response;

    /// The request, without the token.
    fn request(&self, to: &Origin) -> Request;

    /// Reads the answer.
    ///
    /// # Errors
    /// [`ApiError`], which says who must act. Implementations start with
    /// [`Reply::read`](crate::Reply::read), where everything that is the same for all endpoints is
    /// judged.
    fn parse(&self, response: http::Response<&[u8]>) -> Result<Self::Response, ApiError>;
}

/// Something that a request is authorised with.
pub trait Credential {
    /// Adds itself to the request, where WeChat looks for it.
    fn authorize(&self, request: Request) -> Request;
}

/// The call needs no token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoToken;

impl Credential for NoToken {
    fn authorize(&self, request: Request) -> Request {
        request
    }
}

/// The app token (全局接口调用凭证): stands for the account itself, and opens `/cgi-bin/…`.
///
/// A call that needs one takes no other:
///
/// ```
/// use wechat_auth::{AppToken, Endpoint, app::GetCallbackIp, login::GetUserInfo};
/// fn with_app_token<E: Endpoint<Token = AppToken>>(_: E) {}
/// with_app_token(GetCallbackIp::new());
/// ```
///
/// ```compile_fail
/// use wechat_auth::{AppToken, Endpoint, app::GetCallbackIp, login::GetUserInfo};
/// fn with_app_token<E: Endpoint<Token = AppToken>>(_: E) {}
/// with_app_token(GetUserInfo::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppToken(Secret);

impl AppToken {
    /// A token that came from elsewhere, such as a central server. WeChat asks to reserve 512
    /// characters for it.
    pub fn new(value: impl Into<Secret>) -> Self {
        Self(value.into())
    }

    /// The token, as WeChat sent it.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl Credential for AppToken {
    /// Puts `access_token=…` at the front of the query, the only place where WeChat accepts it.
    fn authorize(&self, request: Request) -> Request {
        request.query_first(&[("access_token", self.0.expose())])
    }
}
