use core::fmt;

use wechat_auth::keeper::{Fetch, StableApp};
use wechat_auth::login::OpenId;
use wechat_auth::{Account, AppId, AppToken, NoToken};
use wechat_auth_client::{CallError, Client, Clock, MonotonicClock, TokenSource, Transport};

#[cfg(feature = "tracing")]
use crate::span;
use crate::{Api, CentralServer, Follower, GetFollower, Media, MessageId, TemplateMessage, UploadMedia};

// ANCHOR: official_account
/// One official account (公众号) and everything this SDK can do with it. Cheap to clone: clones share one
/// token.
///
/// No method takes a token, and none gives one to another account: as many accounts as there are values
/// of this type live side by side, and none can be called with another's token.
pub struct OfficialAccount<T, F: Fetch = StableApp, C = MonotonicClock> {
    appid: AppId,
    tokens: TokenSource<F, T, C>,
}

impl<T: Transport, C: Clock> OfficialAccount<T, StableApp, C> {
    /// With the appsecret, by the stable token: safe on any number of machines.
    pub fn new(client: &Client<T, C>, account: Account) -> Self {
        let appid = account.appid().clone();
        let tokens = client.stable_token(account);
        Self { appid, tokens }
    }
}

impl<T: Transport, C: Clock> OfficialAccount<T, CentralServer, C> {
    /// Without the appsecret, by the tokens of a central server.
    pub fn from_central_server(client: &Client<T, C>, server: CentralServer) -> Self {
        let appid = server.appid().clone();
        let tokens = client.keep(server);
        Self { appid, tokens }
    }
}

impl<T, F, C> OfficialAccount<T, F, C>
where
    T: Transport,
    F: Fetch<Token = AppToken, Needs = NoToken> + Send,
    C: Clock,
{
    /// What the account may know of a user; `None` for somebody who does not follow it.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn follower(&self, openid: OpenId) -> Result<Option<Follower>, CallError> {
        self.call(&GetFollower::new(openid)).await
    }

    /// Sends a template message.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn send(&self, message: &TemplateMessage) -> Result<MessageId, CallError> {
        self.call(message).await
    }

    /// Uploads a file for three days. Ten megabytes take a while: give the client more time than the usual
    /// ten seconds by [`Client::with_limits`].
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn upload(&self, file: &UploadMedia) -> Result<Media, CallError> {
        self.call(file).await
    }

    /// Makes any call. A token that WeChat refuses is replaced, and the call repeated once; one that
    /// brought no answer is never repeated.
    ///
    /// # Errors
    /// [`CallError`], whose advice says what to do.
    pub async fn call<E: Api>(&self, endpoint: &E) -> Result<E::Response, CallError> {
        let call = self.tokens.call(endpoint);
        #[cfg(feature = "tracing")]
        let call = span::around::<E>(&self.appid, call);
        call.await
    }
}
// ANCHOR_END: official_account

impl<T, F: Fetch, C> OfficialAccount<T, F, C> {
    /// Whose account this is.
    pub fn appid(&self) -> &AppId {
        &self.appid
    }

    /// Where its token comes from: for the core's own calls, for tickets, for events and snapshots.
    pub fn tokens(&self) -> &TokenSource<F, T, C> {
        &self.tokens
    }
}

impl<T, F: Fetch, C> Clone for OfficialAccount<T, F, C> {
    fn clone(&self) -> Self {
        Self {
            appid: self.appid.clone(),
            tokens: self.tokens.clone(),
        }
    }
}

impl<T, F: Fetch, C> fmt::Debug for OfficialAccount<T, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfficialAccount({})", self.appid)
    }
}
