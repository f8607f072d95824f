use std::future::Future;

use wechat_auth::keeper::{Fetch, TokenId};
use wechat_auth::{Credential, NoToken, Request};

use super::TokenSource;
use super::colour::Colour;
use crate::error::Against;
use crate::{Clock, TokenError};

/// What authorises the fetch itself: [`Nothing`], or another token's source.
pub trait Upstream<N>: Send + Sync + sealed::Sealed {
    /// The request with what it needs, and which token that was.
    fn authorize(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<(Request, Option<TokenId>), TokenError>> + Send;

    /// WeChat said this against that token.
    fn set_aside(&self, id: TokenId, against: Against);
}

/// The fetch needs no other token.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Upstream<NoToken> for Nothing {
    async fn authorize(&self, request: Request) -> Result<(Request, Option<TokenId>), TokenError> {
        Ok((request, None))
    }

    fn set_aside(&self, _: TokenId, _: Against) {}
}

impl<N, F, T, C, U, K> Upstream<N> for TokenSource<F, T, C, U, K>
where
    N: Credential + Send + Sync,
    F: Fetch<Token = N> + Send,
    T: Send + Sync,
    C: Clock,
    U: Upstream<F::Needs>,
    K: Colour<T>,
{
    async fn authorize(&self, request: Request) -> Result<(Request, Option<TokenId>), TokenError> {
        let kept = self.obtain().await?;
        Ok((kept.authorize(request), Some(kept.id())))
    }

    fn set_aside(&self, id: TokenId, against: Against) {
        TokenSource::set_aside(self, id, against);
    }
}

mod sealed {
    use wechat_auth::keeper::Fetch;

    pub trait Sealed {}
    impl Sealed for super::Nothing {}
    impl<F: Fetch, T, C, U, K> Sealed for super::TokenSource<F, T, C, U, K> {}
}
