//! Who may ask: programs on this machine, and not a web page elsewhere.
//!
//! A page on another site can make a browser send requests to loopback, and with a name
//! that is rebound to 127.0.0.1 it can even read the replies. Such requests carry a
//! foreign Host or a foreign Origin, and cannot carry `application/json` without asking
//! first. So WeChat's paths take loopback names, WeChat's own (a proxy or a hosts file may
//! lead them here) and those the emulator was told; the admin API takes no name of
//! WeChat's, no foreign Origin, and only JSON; the forms of the dashboard must come from the
//! dashboard, and carry what only its own pages hold.
//!
//! An exposed emulator takes addresses as Host too, whatever they are: nobody can rebind an
//! address. As Origin it takes only the address that the request itself is for, which is
//! its own page; a page at any other address is a stranger's.

use std::net::IpAddr;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::problem::Problem;

/// What the emulator answers to beside loopback names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    /// The names that it was told.
    pub(crate) told: Vec<String>,
    /// Any address, because other machines may ask.
    pub(crate) addresses: bool,
}

impl Hosts {
    /// A Host that leads here.
    fn admits(&self, authority: &str) -> bool {
        self.is_ours(authority) || self.addresses && address(authority).is_some()
    }

    /// The place of a page that may use the admin API: on this machine, under a name that
    /// was told, or at the very Host that it asks.
    fn admits_page(&self, authority: &str, host: &str) -> bool {
        self.is_ours(authority) || host.eq_ignore_ascii_case(authority)
    }

    fn is_ours(&self, authority: &str) -> bool {
        is_loopback(authority) || self.told.iter().any(|host| is_host(authority, host))
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
    let host = own_host(hosts, uri, headers)?;
    for origin in headers.get_all(header::ORIGIN) {
        let page = origin.to_str().ok().and_then(host_of_origin);
        if !page.is_some_and(|page| hosts.admits_page(page, host)) {
            return Err(forbidden(
                "the Origin must be a loopback name or address, or one the emulator was told to answer to",
            ));
        }
    }
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    if has_body && !is_of_type(headers, "application/json") {
        let detail = "the Content-Type must be application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(())
}

/// Refuses a request for the dashboard that did not come from the dashboard itself. A form
/// can be sent from any page: so the browser must say that this one was not, in the Origin
/// or in Sec-Fetch-Site. A browser that says neither can use the admin API.
pub(crate) fn check_page(
    hosts: &Hosts,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let host = own_host(hosts, uri, headers)?;
    if *method != Method::POST {
        return Ok(());
    }
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let mut sites = headers.get_all("sec-fetch-site").iter();
    let is_ours = |origin: &HeaderValue| {
        let named = origin.to_str().ok().and_then(host_of_origin);
        named.is_some_and(|named| named.eq_ignore_ascii_case(host))
    };
    let says_so = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if !says_so || !origins.all(is_ours) || !sites.all(|site| site == "same-origin") {
        return Err(forbidden(
            "the form must be sent from the dashboard itself; programs use the admin API",
        ));
    }
    if !is_of_type(headers, "application/x-www-form-urlencoded") {
        let detail = "the Content-Type must be application/x-www-form-urlencoded";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Ok(())
}

/// The one Host of a request, when it is ours.
fn own_host<'a>(hosts: &Hosts, uri: &Uri, headers: &'a HeaderMap) -> Result<&'a str, Problem> {
    let mut named = headers.get_all(header::HOST).iter();
    let host = named.next().and_then(|host| host.to_str().ok());
    let elsewhere = uri.authority().is_some_and(|uri| !hosts.admits(uri.as_str()));
    match host.filter(|host| hosts.admits(host)) {
        Some(host) if named.next().is_none() && !elsewhere => Ok(host),
        _ => Err(forbidden(
            "the Host must be a loopback name or address, or one the emulator was told to answer to",
        )),
    }
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, detail)
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
    match address(authority) {
        Some(address) => address.to_canonical().is_loopback(),
        None => host(authority).is_some_and(|host| is_or_is_under(host, "localhost")),
    }
}

/// The address that is written there instead of a name.
fn address(authority: &str) -> Option<IpAddr> {
    host(authority)?.parse().ok()
}

/// Without the port, and without the brackets of an IPv6 address.
fn host(authority: &str) -> Option<&str> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    is_port(rest).then_some(host)
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

fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wechat_and_what_was_told_are_told_from_names_that_look_like_it() {
        let hosts = Hosts {
            told: vec!["wechat.test".to_owned()],
            addresses: false,
        };
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

    #[test]
    fn an_address_is_told_from_names_that_look_like_it() {
        for host in ["192.0.2.7", "192.0.2.7:8787", "[2001:db8::7]:8787", "0.0.0.0"] {
            assert!(address(host).is_some(), "{host}");
        }
        for host in [
            "",
            "192.0.2.7.evil.example",
            "192.0.2.7@evil.example",
            "192.0.2",
            "2001:db8::7",
            "[2001:db8::7].evil.example",
            "[2001:db8::7",
        ] {
            assert!(address(host).is_none(), "{host}");
        }
    }
}
