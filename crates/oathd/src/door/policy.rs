//! Whether the server may listen where it is told to.

use std::net::SocketAddr;

use super::served::Origin;

/// Who can reach this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// People on this machine: the one-time address opens it.
    Desk,
    /// Others, too: they sign in.
    Network,
}

/// Whether the server may listen so. Where not, what to do.
pub(crate) fn policy(
    listen: SocketAddr,
    tls: bool,
    proxy: Option<&str>,
    has_admin: bool,
) -> Result<Mode, String> {
    let loopback = listen.ip().to_canonical().is_loopback();
    if let Some(proxy) = proxy {
        Origin::of_proxy(proxy)?;
    } else if loopback {
        return Ok(Mode::Desk);
    }
    if !loopback && !tls && proxy.is_none() {
        return Err(format!(
            "{listen} can be reached from other machines, and passwords would travel in clear. Give \
             a certificate and its key, or declare the proxy that serves https in front of this \
             server, or listen on 127.0.0.1"
        ));
    }
    if !has_admin {
        return Err(
            "other machines can reach this server, and nobody has an account with the role admin to \
             sign in with. Make one with oathd account add NAME --role admin, or listen on 127.0.0.1"
                .to_owned(),
        );
    }
    Ok(Mode::Network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine_it_takes_encryption_and_an_account() {
        let (here, there) = (
            ["127.0.0.1:1", "127.8.9.1:1", "[::1]:1"],
            ["0.0.0.0:1", "[::]:1", "192.168.1.2:1"],
        );
        let policy = |listen: &str, tls, proxy, accounts| {
            policy(listen.parse().unwrap(), tls, proxy, accounts)
        };
        for listen in here {
            assert_eq!(policy(listen, false, None, false), Ok(Mode::Desk));
            assert_eq!(policy(listen, true, None, true), Ok(Mode::Desk));
            let proxy = Some("https://oath.example.com");
            assert_eq!(policy(listen, false, proxy, true), Ok(Mode::Network));
            assert!(policy(listen, false, proxy, false).is_err());
        }
        for listen in there {
            for (tls, proxy) in [(true, None), (false, Some("https://oath.example.com/"))] {
                assert_eq!(policy(listen, tls, proxy, true), Ok(Mode::Network));
                assert!(
                    policy(listen, tls, proxy, false)
                        .unwrap_err()
                        .contains("account")
                );
            }
            assert!(
                policy(listen, false, None, true)
                    .unwrap_err()
                    .contains("certificate")
            );
            for proxy in [
                "http://a.example",
                "a.example",
                "https://u@a.example",
                "https://a/b",
                "",
            ] {
                assert!(policy(listen, false, Some(proxy), true).is_err(), "{proxy}");
            }
        }
    }
}
