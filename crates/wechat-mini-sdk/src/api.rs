use wechat_auth::{AppToken, Endpoint};

// ANCHOR: api
/// One of this SDK's calls: an endpoint that takes the account's token, and what the SDK itself wants to
/// know of every call.
pub trait Api: Endpoint<Token = AppToken> {
    /// The path, with its leading slash: where the request goes, and the call's name in spans.
    const PATH: &'static str;
}
// ANCHOR_END: api
