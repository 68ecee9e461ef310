//! Who is at the other end of a request, before anyone signs in.

use std::net::IpAddr;

/// The address a request came from, after trusted proxies were looked through. The server puts
/// it into each request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

/// Finds the client behind proxies: walks `forwarded` (the values of `X-Forwarded-For`, in
/// order) from its end while the address at hand is trusted.
pub fn behind_proxies(peer: IpAddr, forwarded: &str, trusted: &[ipnet::IpNet]) -> ClientIp {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let mut client = peer.to_canonical();
    for hop in forwarded.rsplit(',') {
        if !is_trusted(client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(ip) => client = ip.to_canonical(),
            Err(_) => break,
        }
    }
    ClientIp(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = ["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let found = |peer, forwarded| behind_proxies(ip(peer), forwarded, &trusted).0;
        assert_eq!(found("127.0.0.1", "1.2.3.4, 10.0.0.1"), ip("1.2.3.4"));
        assert_eq!(found("127.0.0.1", "6.6.6.6, 1.2.3.4"), ip("1.2.3.4"));
        assert_eq!(found("8.8.8.8", "1.2.3.4"), ip("8.8.8.8"));
        assert_eq!(found("127.0.0.1", "nonsense"), ip("127.0.0.1"));
        assert_eq!(found("::ffff:127.0.0.1", "1.2.3.4"), ip("1.2.3.4"));
    }
}
