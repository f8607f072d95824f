use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::Policy;
use crate::app::{GetAccessToken, GetStableAccessToken, GetTicket, Ticket};
use crate::login::{RefreshUserToken, UserToken};
use crate::{
    Account, ApiError, AppId, AppToken, Credential, Endpoint, Grant, NoToken, Origin, Request, Secret,
};

/// Where a token comes from: how it is asked for, how the answer is read, and by which rules.
///
/// [`StableApp`], [`ClassicApp`], [`TicketFetch`] and [`UserRenewal`] are WeChat's own. An SDK whose
/// tokens come from elsewhere, such as a central server, implements it by hand.
pub trait Fetch {
    /// What is kept.
    type Token: Clone;
    /// What the request must be authorised with.
    type Needs: Credential;

    /// The rules of this kind of token.
    fn policy(&self) -> Policy;

    /// The request, without what it [`Needs`](Self::Needs).
    fn request(&self, ask: Ask, to: &Origin) -> Request;

    /// Reads the answer.
    ///
    /// # Errors
    /// [`ApiError`]; its advice decides how the keeper goes on.
    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<Self::Token>, ApiError>;

    /// Whether WeChat answered with the token that is held already.
    fn is_same(&self, held: &Self::Token, got: &Self::Token) -> bool;

    /// What is fetched, for whom, such as `stable wx0123456789abcdef`: a snapshot of one is refused by
    /// another. Not secret.
    fn name(&self) -> String;

    /// The token as text, for a snapshot: the one place where it leaves on purpose.
    fn save(&self, token: &Self::Token) -> Secret;

    /// The token from the text that [`save`](Self::save) gave; `None` when it is none.
    fn load(&self, saved: &Secret) -> Option<Self::Token>;

    /// Takes note of the token now held, where the next request depends on it.
    fn learn(&mut self, _held: &Self::Token) {}
}

/// How to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// For a token, whichever WeChat gives.
    Normal,
    /// For another token than the current one. Only where the policy says so.
    Force,
}

/// The app token by `cgi-bin/stable_token`: the default. Several machines may ask, each by itself.
#[derive(Clone, Debug)]
pub struct StableApp(Account);

impl StableApp {
    /// For this account.
    pub fn new(account: Account) -> Self {
        Self(account)
    }

    fn endpoint(&self, ask: Ask) -> GetStableAccessToken {
        let normal = GetStableAccessToken::new(self.0.clone());
        match ask {
            Ask::Normal => normal,
            Ask::Force => normal.force_refresh(),
        }
    }
}

impl Fetch for StableApp {
    type Token = AppToken;
    type Needs = NoToken;

    fn policy(&self) -> Policy {
        Policy::stable()
    }

    fn request(&self, ask: Ask, to: &Origin) -> Request {
        self.endpoint(ask).request(to)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<AppToken>, ApiError> {
        self.endpoint(Ask::Normal).parse(response)
    }

    fn is_same(&self, held: &AppToken, got: &AppToken) -> bool {
        held == got
    }

    fn name(&self) -> String {
        format!("stable {}", self.0.appid())
    }

    fn save(&self, token: &AppToken) -> Secret {
        token.secret().clone()
    }

    fn load(&self, saved: &Secret) -> Option<AppToken> {
        Some(AppToken::new(saved.clone()))
    }
}

/// The app token by `cgi-bin/token`: one machine only, since each fetch starts the death of the token
/// before.
#[derive(Clone, Debug)]
pub struct ClassicApp(GetAccessToken);

impl ClassicApp {
    /// For this account.
    pub fn new(account: Account) -> Self {
        Self(GetAccessToken::new(account))
    }
}

impl Fetch for ClassicApp {
    type Token = AppToken;
    type Needs = NoToken;

    fn policy(&self) -> Policy {
        Policy::classic()
    }

    fn request(&self, _: Ask, to: &Origin) -> Request {
        self.0.request(to)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<AppToken>, ApiError> {
        self.0.parse(response)
    }

    fn is_same(&self, held: &AppToken, got: &AppToken) -> bool {
        held == got
    }

    fn name(&self) -> String {
        format!("classic {}", self.0.account().appid())
    }

    fn save(&self, token: &AppToken) -> Secret {
        token.secret().clone()
    }

    fn load(&self, saved: &Secret) -> Option<AppToken> {
        Some(AppToken::new(saved.clone()))
    }
}

/// A JS-SDK or card ticket, which costs an app token to ask for.
#[derive(Clone, Debug)]
pub struct TicketFetch(GetTicket);

impl TicketFetch {
    /// By this call.
    pub fn new(endpoint: GetTicket) -> Self {
        Self(endpoint)
    }
}

impl Fetch for TicketFetch {
    type Token = Ticket;
    type Needs = AppToken;

    fn policy(&self) -> Policy {
        Policy::ticket()
    }

    fn request(&self, _: Ask, to: &Origin) -> Request {
        self.0.request(to)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<Ticket>, ApiError> {
        self.0.parse(response)
    }

    fn is_same(&self, held: &Ticket, got: &Ticket) -> bool {
        held == got
    }

    fn name(&self) -> String {
        format!("ticket {}", self.0.kind().as_str())
    }

    fn save(&self, token: &Ticket) -> Secret {
        token.secret().clone()
    }

    fn load(&self, saved: &Secret) -> Option<Ticket> {
        Some(Ticket::new(saved.clone()))
    }
}

/// A user token's renewal by its refresh token. It cannot start from nothing: the first token comes from
/// a login, and after the refresh token's end the user must log in again.
#[derive(Clone, Debug)]
pub struct UserRenewal {
    appid: AppId,
    /// Tells users apart, and tells nobody who they are.
    user: String,
    endpoint: RefreshUserToken,
}

impl UserRenewal {
    /// Renews `token`, which a login of `appid` brought.
    pub fn new(appid: &AppId, token: &UserToken) -> Self {
        let digest = Sha256::digest(token.parts().openid.as_str());
        Self {
            appid: appid.clone(),
            user: HEXLOWER.encode(&digest),
            endpoint: RefreshUserToken::new(appid, token),
        }
    }
}

impl Fetch for UserRenewal {
    type Token = UserToken;
    type Needs = NoToken;

    fn policy(&self) -> Policy {
        Policy::user()
    }

    fn request(&self, _: Ask, to: &Origin) -> Request {
        self.endpoint.request(to)
    }

    fn parse(&self, response: http::Response<&[u8]>) -> Result<Grant<UserToken>, ApiError> {
        self.endpoint.parse(response)
    }

    fn is_same(&self, held: &UserToken, got: &UserToken) -> bool {
        held.access_token() == got.access_token()
    }

    fn name(&self) -> String {
        format!("user {} {}", self.appid, self.user)
    }

    fn save(&self, token: &UserToken) -> Secret {
        token.save()
    }

    fn load(&self, saved: &Secret) -> Option<UserToken> {
        UserToken::load(saved)
    }

    fn learn(&mut self, held: &UserToken) {
        self.endpoint = RefreshUserToken::new(&self.appid, held);
    }
}
