//! Addresses of what is probed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
}

/// Where an HTTP request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) address: Address,
    /// Host and port as they were written.
    pub(crate) authority: String,
    /// The path with its query.
    pub(crate) path: String,
}

impl Address {
    /// Reads `host:port` or `[::1]:port`; the port may be left out where there is a usual one.
    pub(crate) fn parse(text: &str, usual: Option<u16>) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an address such as `localhost:5432`");
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
            _ => (text, usual),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match port {
            Some(port) if !host.is_empty() => Ok(Self { host: host.to_owned(), port }),
            _ => Err(wrong()),
        }
    }

    /// All that the name stands for. `localhost` is known where there is nobody to ask, and a server may listen on
    /// either of its addresses alone.
    pub(crate) fn look_up(&self) -> Result<Vec<SocketAddr>, String> {
        if self.host.eq_ignore_ascii_case("localhost") {
            let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(loopback.into_iter().map(|ip| SocketAddr::new(ip, self.port)).collect());
        }
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        found.map(Iterator::collect).map_err(|error| format!("{}: {error}", self.host))
    }
}

impl Url {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rest =
            text.strip_prefix("http://").ok_or_else(|| format!("`{text}` does not start with `http://`"))?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            address: Address::parse(authority, Some(80))?,
            authority: authority.to_owned(),
            path: format!("{slash}{path}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_port_and_a_path_at_least() {
        for (text, host, port, path) in [
            ("http://localhost:8080/healthz?full=1", "localhost", 8080, "/healthz?full=1"),
            ("http://web", "web", 80, "/"),
            ("http://web?x", "web", 80, "/?x"),
            ("http://[::1]:81/", "::1", 81, "/"),
            ("http://[::1]/", "::1", 80, "/"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((url.address.host.as_str(), url.address.port, url.path.as_str()), (host, port, path));
        }
        for text in ["https://web/", "web", "http://", "http://:80/", "http://web:x/", "http://web:65536/"] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn localhost_is_both_of_its_addresses() {
        let address = Address::parse("localhost:5432", None).unwrap();
        let texts: Vec<String> = address.look_up().unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["127.0.0.1:5432", "[::1]:5432"]);
    }
}
