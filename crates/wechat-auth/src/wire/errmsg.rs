//! What an `errmsg` says, apart from its tails, and what the tails say.

use core::net::IpAddr;

use crate::Rid;

/// The message without its tails (`rid: …`, `hint: […]`, `hints: [ req_id: … ]`, `requestIP: …`) and
/// without anything that could be a secret.
pub(super) fn head(said: &str) -> String {
    let end = ["rid:", "hint:", "hints:", "requestIP:"]
        .iter()
        .filter_map(|tail| start_of(tail, said))
        .min()
        .unwrap_or(said.len());
    let kept = said.get(..end).unwrap_or_default();
    let kept = kept.trim_end_matches([' ', ',', '.']).trim_start();
    redact(kept).chars().take(200).collect()
}

/// Where `word` stands on its own, and is not the end of another word.
fn start_of(word: &str, said: &str) -> Option<usize> {
    let on_its_own = |at: &usize| {
        !said
            .get(..*at)
            .unwrap_or_default()
            .ends_with(char::is_alphanumeric)
    };
    said.match_indices(word).map(|(at, _)| at).find(on_its_own)
}

/// The request's number, the last one where a message has several.
pub(super) fn rid(said: &str) -> Option<Rid> {
    const LEN: usize = 26;
    let tails = said
        .rmatch_indices("rid:")
        .filter_map(|(at, tag)| said.get(at + tag.len()..));
    tails
        .filter_map(|tail| tail.trim_start().get(..LEN))
        .find_map(Rid::parse)
}

/// The first thing that reads as an address, an IPv4 one wherever it can be written so:
/// `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist`, `requestIP: 1.2.3.4`.
pub(super) fn seen_ip(said: &str) -> Option<IpAddr> {
    let words = said.split(|c: char| c.is_whitespace() || ",;=()[]\"".contains(c));
    words
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter_map(|word| address(word).or_else(|| address(word.split_once(':')?.1)))
        .find(|ip| !ip.is_unspecified())
}

fn address(word: &str) -> Option<IpAddr> {
    word.parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

/// A run of this many token characters could be a secret that somebody in between echoes to us.
/// WeChat's own words, links and addresses are shorter, but for a few.
const SUSPICIOUS_RUN: usize = 20;

/// The words of WeChat's own messages that are as long as that.
const LONG_WORDS: [&str; 8] = [
    "getStableAccessToken",
    "api_authorizer_token",
    "api_create_preauthcode",
    "authorizer_access_token",
    "authorizer_refresh_token",
    "component_access_token",
    "component_verify_ticket",
    "provider_access_token",
];

fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = rest.find(|c| !is_token_char(c)).unwrap_or(rest.len());
        if run == 0 {
            out.push(if c.is_control() { ' ' } else { c });
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (token, after) = rest.split_at(run);
        let harmless = run < SUSPICIOUS_RUN || LONG_WORDS.contains(&token);
        out.push_str(if harmless { token } else { "[redacted]" });
        rest = after;
    }
    out
}

/// What tokens, codes, openids, base64 and percent-encoding are made of.
fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    const RID: &str = "6aac005a-01bfdbee-79769285";

    #[test]
    fn the_head_is_what_stands_before_every_known_tail() {
        for (said, expected) in [
            ("invalid appid rid: 6aac005a-01bfdbee-79769285", "invalid appid"),
            ("invalid appid, rid: 6aac007a-6c02c771-26bf69c4", "invalid appid"),
            ("invalid credential hint: [ZMsjDa0202vr43!]", "invalid credential"),
            ("invalid credential hint: [ZMsjDa0202vr43]", "invalid credential"),
            (
                "invalid code, hints: [ req_id: RjibRqaLRa-Rlzova ]",
                "invalid code",
            ),
            (
                "invalid code hint: [ohAeTVNre-9] rid: 6311b0eb-79cfe4d7-4c39fc44",
                "invalid code",
            ),
            (
                "access clientip is not registered hint: [x] requestIP: 1.2.3.4",
                "access clientip is not registered",
            ),
            (
                "access clientip is not registered requestIP: 1.2.3.4",
                "access clientip is not registered",
            ),
            ("ok", "ok"),
            ("", ""),
            ("rid: 6aac005a-01bfdbee-79769285", ""),
        ] {
            assert_eq!(head(said), expected, "{said}");
        }
    }

    #[test]
    fn a_word_that_ends_like_a_tail_is_none() {
        assert_eq!(head("no such grid: mend it"), "no such grid: mend it");
    }

    #[test]
    fn wechats_own_long_message_stays_whole() {
        let said = "invalid credential, access_token is invalid or not latest, could get access_token by \
                    getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r";
        assert_eq!(head(&format!("{said} rid: {RID}")), said);
        let said = "component_access_token expired";
        assert_eq!(head(said), said);
    }

    #[test]
    fn the_rid_is_found_after_a_blank_a_comma_or_a_hint() {
        let expected = Rid::parse(RID);
        assert!(expected.is_some());
        for said in [
            "invalid appid rid: 6aac005a-01bfdbee-79769285",
            "invalid appid, rid: 6aac005a-01bfdbee-79769285",
            "invalid appid rid:6aac005a-01bfdbee-79769285 ",
            "invalid code hint: [ohAeTVNre-9] rid: 6aac005a-01bfdbee-79769285",
            "rid: of another form, rid: 6aac005a-01bfdbee-79769285, hints: [x]",
            "rid: 6aac005a-01bfdbee-79769285, and rid: of another form, twice as long",
        ] {
            assert_eq!(rid(said), expected, "{said}");
        }
        for said in [
            "",
            "rid:",
            "rid: 6aac005a",
            "rid: 6aac005a-01bfdbee-7976928中",
            "6aac005a-01bfdbee-79769285",
        ] {
            assert_eq!(rid(said), None, "{said}");
        }
    }

    #[test]
    fn the_address_is_found_in_every_known_form_and_shown_as_ipv4_where_it_is_one() {
        for (said, expected) in [
            (
                "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: x",
                "1.2.3.4",
            ),
            ("invalid ip ::ffff:1.2.3.4, not in whitelist", "1.2.3.4"),
            (
                "invalid ip 2001:db8::1 ipv6 2001:db8::1, not in whitelist",
                "2001:db8::1",
            ),
            (
                "invalid ip 0.0.0.0 ipv6 2001:db8::1, not in whitelist",
                "2001:db8::1",
            ),
            (
                "access clientip is not registered hint: [a:b] requestIP: 1.2.3.4",
                "1.2.3.4",
            ),
            ("access clientip is not registered requestIP:1.2.3.4.", "1.2.3.4"),
            (
                "not allow to access from your ip, hint: [1], from ip: 1.2.3.4, more info",
                "1.2.3.4",
            ),
        ] {
            assert_eq!(seen_ip(said), Some(expected.parse().unwrap()), "{said}");
        }
        for said in [
            "",
            "invalid ip , not in whitelist",
            "1.2.3",
            "std::error",
            "at 12:30",
        ] {
            assert_eq!(seen_ip(said), None, "{said}");
        }
    }

    #[test]
    fn what_could_be_a_secret_is_redacted_and_words_are_not() {
        for (said, expected) in [
            (
                "bad secret 0123456789abcdef0123456789abcdef!",
                "bad secret [redacted]!",
            ),
            ("access_token=70_aB-c0123456789", "[redacted]"),
            ("key HyVFkGl5F5/QWJZZaNzBBg==", "key [redacted]"),
            ("openid oABCDEFGHIJKLMNOPQRSTUVWXYZ12", "openid [redacted]"),
            ("接口未授权 api unauthorized", "接口未授权 api unauthorized"),
        ] {
            assert_eq!(head(said), expected, "{said}");
        }
    }

    #[test]
    fn a_message_is_one_line_of_at_most_200_characters() {
        assert_eq!(head("a\r\nb\u{7}c"), "a  b c");
        assert_eq!(head(&"字 ".repeat(1000)).chars().count(), 200);
    }
}
