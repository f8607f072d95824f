//! Secrets in what a program said.

use std::collections::BTreeSet;

use wechat_auth_emulator::{Handle, Standing};

use crate::score::{Finding, Leaked, Place};

/// The shortest of what WeChat mints is a code of 32 characters.
const SHORTEST: usize = 32;

/// Each kind of secret that stands in `text`, once.
///
/// What looks like a token is shown to the emulator, which knows each one that it minted. So nothing
/// needs to be remembered, and a token that was cut short does not count.
pub(crate) fn find(text: &str, place: Place, secret: &str, wechat: &Handle) -> Vec<Finding> {
    let mut leaked = BTreeSet::new();
    if text.contains(secret) {
        leaked.insert(Leaked::Appsecret);
    }
    let in_token = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let words: BTreeSet<&str> = text
        .split(|c| !in_token(c))
        .filter(|word| word.len() >= SHORTEST)
        .collect();
    for word in words {
        let known = wechat.introspect(word);
        // A code that was exchanged opens nothing any more.
        if let Some(family) = known.family
            && known.standing != Standing::Used
        {
            leaked.insert(Leaked::Minted(family));
        }
    }
    leaked
        .into_iter()
        .map(|leaked| Finding::Leak { leaked, place })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat_auth_emulator::{Emulator, Family};

    #[test]
    fn a_secret_is_found_wherever_it_stands_and_a_stranger_is_none() {
        let wechat = Emulator::builder()
            .app("wx1", "not-a-real-secret")
            .build()
            .unwrap();
        let fetch = "/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=not-a-real-secret";
        let request = http::Request::get(fetch).body(Vec::new()).unwrap();
        let answer = wechat.with(|wechat, now| wechat.handle(now, &request, [127, 0, 0, 1].into()));
        let answer = answer.response().unwrap().into_body();
        let body: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let token = body["access_token"].as_str().unwrap();

        let find = |text: &str| find(text, Place::Log, "not-a-real-secret", &wechat);
        let stranger = "x".repeat(token.len());
        assert_eq!(find(&format!("GET {fetch}?access_token={stranger}")).len(), 1);
        let leak = |leaked| Finding::Leak {
            leaked,
            place: Place::Log,
        };
        assert_eq!(
            find(&format!("url=https://h/p?access_token={token}&x=1 {token}")),
            [leak(Leaked::Minted(Family::Classic))]
        );
        assert_eq!(find(fetch), [leak(Leaked::Appsecret)]);
        assert_eq!(find(&token[..token.len() - 1]), []);
    }
}
