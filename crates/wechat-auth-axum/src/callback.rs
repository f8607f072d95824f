//! Back from WeChat.

use std::sync::Arc;

use axum::response::Response;
use http::HeaderMap;
use http::header::SET_COOKIE;
use http::request::Parts;
use wechat_auth::Grant;
use wechat_auth::login::{Callback, CodeGrant, GetUserInfo, Identity, ReturnTo, Scope, UserInfo, UserToken};
use wechat_auth_client::{Clock, Transport};

use crate::answers::{Answer, Outcome};
use crate::keeping::{Arrival, Spendable};
use crate::routes::is_a_visit;
use crate::{Cause, EntryPoint, LoggedIn, LoginStore};

impl<T, C, K> EntryPoint<T, C, K>
where
    T: Transport + 'static,
    C: Clock + 'static,
    K: LoginStore,
{
    /// Answers a callback. If it is genuine and the first, `sign_in` is the application's part.
    pub(crate) async fn arrive<W, F>(self: &Arc<Self>, parts: &Parts, sign_in: W) -> Result<Response, Cause>
    where
        W: FnOnce(LoggedIn) -> F + Send + 'static,
        F: Future<Output = Response> + Send + 'static,
    {
        is_a_visit(parts)?;
        let callback = Callback::from_uri(&parts.uri)?;
        let id = callback.login_id();
        let cookie = self.site.read(&parts.headers, &id);
        let now = self.now_unix();
        let awaited = match self.keeping.judge(&self.login, &callback, &cookie, now).await? {
            Arrival::Open(code) => {
                let (awaited, teller) = self.answers.enter(&id, now);
                if let Some(teller) = teller {
                    let finishing = Arc::clone(self).finish(code, sign_in);
                    // A task of its own: a browser that hangs up must not leave the code half spent.
                    tokio::spawn(async move { teller.send_replace(Some(finishing.await)) });
                }
                awaited
            }
            Arrival::Again(return_to) => match self.answers.find(&id) {
                Some(awaited) => awaited,
                // Finished by another machine, or too long ago: nothing to hand out, but the way on.
                None => return Ok(Answer::away(HeaderMap::new(), &return_to, now).in_full()),
            },
        };
        let answer = awaited.outcome().await?;
        if cookie.is_answered() || answer.is_old(self.now_unix()) {
            return Ok(answer.without_cookies());
        }
        let mut response = answer.in_full();
        let answered = self.site.note_answered(&id, &cookie);
        let answered = answered.map(|cookie| (SET_COOKIE, cookie));
        response.headers_mut().extend(answered);
        Ok(response)
    }

    /// Spends the code, once, and signs the user in.
    async fn finish<W, F>(self: Arc<Self>, code: Spendable, sign_in: W) -> Outcome
    where
        W: FnOnce(LoggedIn) -> F + Send,
        F: Future<Output = Response> + Send,
    {
        let return_to = code.return_to.clone();
        let answer = match self.keeping.claim(code).await? {
            Some(grant) => {
                let user = self.identify(grant, return_to.clone()).await?;
                Answer::of(sign_in(user).await, &return_to, self.now_unix()).await?
            }
            // Another machine was faster, and hands out the session.
            None => Answer::away(HeaderMap::new(), &return_to, self.now_unix()),
        };
        Ok(Arc::new(answer))
    }

    async fn identify(&self, grant: CodeGrant, return_to: ReturnTo) -> Result<LoggedIn, Cause> {
        let token = self.client.exchange(grant).await?;
        let profile = self.profile(&token).await?;
        let identity = match &profile {
            Some(profile) => profile.identity(&token.token)?,
            None => token.token.identity(),
        };
        let Identity::Person { openid, unionid } = identity else {
            return Err(Cause::Snapshot);
        };
        Ok(LoggedIn {
            openid: openid.clone(),
            unionid: unionid.cloned(),
            profile,
            token,
            return_to,
        })
    }

    /// What the scope allows to ask.
    async fn profile(&self, token: &Grant<UserToken>) -> Result<Option<UserInfo>, Cause> {
        if self.login.scope() == Scope::Base || token.token.identity().openid().is_none() {
            return Ok(None);
        }
        let user = self
            .client
            .user_token(self.login.account().appid(), token.clone());
        Ok(Some(user.call(&GetUserInfo::default()).await?))
    }
}
