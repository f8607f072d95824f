//! Who may ask: programs on this machine, and not a web page elsewhere.
//!
//! A page on another site can make a browser send requests to loopback, and with a name
//! that is rebound to 127.0.0.1 it can even read the replies. Such requests carry a
//! foreign Host or a foreign Origin, and cannot carry `application/json` without asking
//! first. So WeChat's paths take loopback names, WeChat's own (a proxy or a hosts file may
//! lead them here) and those the emulator was told; the admin API takes no name of
//! WeChat's, no foreign Origin, and only JSON.

use std::net::IpAddr;

use http::{HeaderMap, Method, StatusCode, Uri, header};

use super::problem::Problem;

/// The names, beside loopback ones, that the emulator was told to answer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts(pub(crate) Vec<String>);

impl Hosts {
    fn admits(&self, authority: &str) -> bool {
        is_loopback(authority) || self.0.iter().any(|host| is_host(authority, host))
    }
}

/// Refuses a request for WeChat whose Host is a stranger's. A request without one, as
/// HTTP/1.0 allows, comes from no browser.
pub(crate) fn check_host(hosts: &Hosts, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let admitted = |authority: &str| hosts.admits(authority) || is_wechat(authority);
    let hosts_named = headers.get_all(header::HOST).iter();
    let mut authorities = hosts_named.map(|host| host.to_str().unwrap_or_default());
    if authorities.all(admitted) && uri.authority().is_none_or(|uri| admitted(uri.as_str())) {
        return Ok(());
    }
    let detail =
        "the Host must be a loopback name, one of WeChat's, or one the emulator was told to answer to";
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

/// Refuses a request for the admin API that a foreign page could have sent.
pub(crate) fn check_admin(
    hosts: &Hosts,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let forbidden = |detail| Err(Problem::new(StatusCode::FORBIDDEN, detail));
    let mut named = headers.get_all(header::HOST).iter();
    let host = named.next().and_then(|host| host.to_str().ok());
    let elsewhere = |uri: &Uri| uri.authority().is_some_and(|uri| !hosts.admits(uri.as_str()));
    if named.next().is_some() || !host.is_some_and(|host| hosts.admits(host)) || elsewhere(uri) {
        return forbidden("the Host must be a loopback name or address");
    }
    for origin in headers.get_all(header::ORIGIN) {
        let host = origin.to_str().ok().and_then(host_of_origin);
        if !host.is_some_and(|host| hosts.admits(host)) {
            return forbidden("the Origin must be a loopback name or address");
        }
    }
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    if has_body && !is_json(headers) {
        let detail = "the Content-Type must be application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(())
}

/// `weixin.qq.com` or a name under it, with or without a port.
fn is_wechat(authority: &str) -> bool {
    is_or_is_under(authority.split(':').next().unwrap_or_default(), "weixin.qq.com")
}

/// The same host, with any port.
fn is_host(authority: &str, host: &str) -> bool {
    let rest = match authority.get(..host.len()) {
        Some(head) if head.eq_ignore_ascii_case(host) => authority.get(host.len()..),
        _ => None,
    };
    rest.is_some_and(is_port)
}

fn host_of_origin(origin: &str) -> Option<&str> {
    origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"))
}

/// `localhost`, a name under it, or a loopback address; with or without a port.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => match v6.split_once(']') {
            Some((v6, rest)) if is_port(rest) => v6,
            _ => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            Some(_) => return false,
            None => authority,
        },
    };
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => is_or_is_under(host, "localhost"),
    }
}

/// The name, or one under it, in letters of any size.
fn is_or_is_under(host: &str, name: &str) -> bool {
    let split = host.len().checked_sub(name.len());
    let Some((above, end)) = split.and_then(|split| host.split_at_checked(split)) else {
        return false;
    };
    end.eq_ignore_ascii_case(name) && (above.is_empty() || above.ends_with('.'))
}

fn is_port(rest: &str) -> bool {
    rest.is_empty()
        || rest
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wechat_and_what_was_told_are_told_from_names_that_look_like_it() {
        let hosts = Hosts(vec!["wechat.test".to_owned()]);
        for host in ["wechat.test", "WeChat.test:8787"] {
            assert!(hosts.admits(host), "{host}");
        }
        for host in [
            "wechat.test.evil",
            "evil.wechat.test",
            "wechat.tes",
            "wechat.test:x",
        ] {
            assert!(!hosts.admits(host), "{host}");
        }
        assert!(is_wechat("api.weixin.qq.com:443") && is_wechat("API2.weixin.qq.com"));
        assert!(!is_wechat("api.weixin.qq.com.evil") && !is_wechat("evilweixin.qq.com"));
    }

    #[test]
    fn loopback_is_told_from_names_that_look_like_it() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:8787",
            "127.9.9.9",
            "[::1]:80",
            "[::1]",
            "app.localhost",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "10.0.0.1",
            "[::2]",
            "::1",
            "127.0.0.1:80@evil",
            "127.0.0.1@evil.example",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
