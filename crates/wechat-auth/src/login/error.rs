/// Why a callback logs nobody in. The pending login is as it was before, so the right callback can
/// still come; only [`Refused`](Self::Refused) is remembered in it.
///
/// The checks run in the order of these variants, so somebody who made a callback up learns nothing
/// beyond the first.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LoginError {
    /// The state is not this login's.
    #[error("the state belongs to no login begun here: forged, or an old link; let the user log in again")]
    ForeignState,
    /// The state is this login's with letters in another case or with text appended.
    #[error(
        "the state was changed on its way (case, or text appended): a browser, a link shortener or a \
         rewrite rule in front did it; let the user log in again, and look there if it happens often"
    )]
    StateMangled,
    /// The sealed state does not open.
    #[error(
        "the sealed state does not open: forged, of another browser or cookie, of another entry point, \
         or of a key that is no longer listed; let the user log in again"
    )]
    SealDoesNotOpen,
    /// The browser does not have the cookie of the login: it is another one, or it keeps no cookies.
    #[error("this browser did not begin the login, or lost its cookie: let the user log in again in it")]
    OtherBrowser,
    /// The login was begun for another account.
    #[error("the login was begun for another appid: each entry point needs its own callback path")]
    OtherAppId,
    /// The login was begun for another callback address.
    #[error("the login was begun for another redirect URI: each entry point needs its own callback path")]
    OtherRedirectUri,
    /// The login was begun for another scope.
    #[error("the login was begun for another scope: each entry point needs its own callback path")]
    OtherScope,
    /// More than ten minutes went by, or the clock was moved back since.
    #[error("the login took more than ten minutes, or the clock moved: let the user log in again")]
    Expired,
    /// The user said no, now or at an earlier callback of this login.
    #[error("the user refused: offer to log in again")]
    Refused,
    /// The login has its code already, and this callback does not bring that one.
    #[error("this login is over: another code was redeemed for it; let the user log in again")]
    AlreadyRedeemed,
}
