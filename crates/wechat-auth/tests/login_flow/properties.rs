//! What holds for every sequence of callbacks, and for every text.

use proptest::prelude::*;
use wechat_auth::login::{Callback, LoginError, PendingLogin, Redeemed};

use crate::site::{NOW, Site};

/// One thing that can arrive at the callback address while three logins are open.
#[derive(Clone, Debug)]
struct Arrival {
    login: usize,
    cookie_of: Option<usize>,
    state: StateAs,
    code: Option<u8>,
    entry: Entry,
    at: u64,
}

#[derive(Clone, Copy, Debug)]
enum StateAs {
    Sent,
    Shouted,
    Longer,
    OfLogin(usize),
    Forged,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    Own,
    Other,
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let state = prop_oneof![
        6 => Just(StateAs::Sent),
        1 => Just(StateAs::Shouted),
        1 => Just(StateAs::Longer),
        1 => (0usize..3).prop_map(StateAs::OfLogin),
        1 => Just(StateAs::Forged),
    ];
    let cookie = prop_oneof![6 => Just(3), 1 => 0usize..3, 1 => Just(4)];
    let code = prop_oneof![1 => Just(None), 5 => (0u8..3).prop_map(Some)];
    let entry = prop_oneof![8 => Just(Entry::Own), 1 => Just(Entry::Other)];
    let at = prop_oneof![6 => 0u64..600, 1 => 0u64..2_000_000_000];
    let arrival =
        (0usize..3, cookie, state, code, entry, at).prop_map(|(login, cookie, state, code, entry, at)| {
            Arrival {
                login,
                cookie_of: match cookie {
                    3 => Some(login),
                    4 => None,
                    other => Some(other),
                },
                state,
                code,
                entry,
                at: if at < 600 { NOW + at } else { at },
            }
        });
    prop::collection::vec(arrival, 1..24)
}

proptest! {
    /// No order, repetition or mixture of callbacks spends a login's code twice, spends one for another
    /// browser, entry point or time, or (when a check fails) changes what is stored.
    #[test]
    fn one_login_spends_one_code_in_its_own_browser(arrivals in arrivals()) {
        let (site, other) = (Site::new(), Site::at("https://shop.example/vip/callback"));
        let mut visits = [0xa1, 0xb2, 0xc3].map(|seed| site.click("/", seed));
        let mut spent: [Option<u8>; 3] = [None; 3];
        for arrival in arrivals {
            let own = &visits[arrival.login];
            let state = match arrival.state {
                StateAs::Sent => own.state.clone(),
                StateAs::Shouted => own.state.to_uppercase(),
                StateAs::Longer => format!("{}0", own.state),
                StateAs::OfLogin(which) => visits[which].state.clone(),
                StateAs::Forged => "f".repeat(32),
            };
            let genuine = state == own.state
                && arrival.cookie_of == Some(arrival.login)
                && matches!(arrival.entry, Entry::Own)
                && (NOW - 60..NOW + 600).contains(&arrival.at);
            let cookie = arrival.cookie_of.map(|which| visits[which].cookie.clone());
            let query = match arrival.code {
                Some(code) => format!("code=C{code}&state={state}"),
                None => format!("state={state}"),
            };
            let callback = Callback::from_query(&query).unwrap();
            let visit = &mut visits[arrival.login];
            let before = visit.stored.clone();
            let own_cookie = std::mem::replace(&mut visit.cookie, cookie.unwrap_or_default());
            let entry = match arrival.entry { Entry::Own => &site, Entry::Other => &other };
            let result = entry.redeem(visit, &callback, arrival.at);
            visit.cookie = own_cookie;
            let had = spent[arrival.login];
            match result {
                Ok(Redeemed::Exchange(_)) => {
                    prop_assert!(genuine && had.is_none() && arrival.code.is_some());
                    spent[arrival.login] = arrival.code;
                }
                Ok(Redeemed::Repeated) => {
                    prop_assert!(genuine && had.is_some() && had == arrival.code);
                    prop_assert_eq!(&visit.stored, &before);
                }
                Err(LoginError::Refused) => prop_assert!(genuine && had.is_none()),
                Err(error) => {
                    prop_assert!(!genuine || error == LoginError::AlreadyRedeemed);
                    prop_assert_eq!(&visit.stored, &before);
                }
            }
        }
    }

    /// Any text is read as a callback or refused, without a panic; what is read has a name.
    #[test]
    fn reading_a_callback_is_total(query in ".*|(&?(code|state|co%64e|%)=?[%a-f0-9+&=]{0,9}){0,6}") {
        if let Ok(callback) = Callback::from_query(&query) {
            prop_assert_eq!(callback.login_id().as_str().len(), 64);
        }
    }

    /// Any bytes that are text decode or are refused, without a panic.
    #[test]
    fn decoding_a_pending_login_is_total(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(PendingLogin::decode(&String::from_utf8_lossy(&bytes)).is_err());
    }
}
