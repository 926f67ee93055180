//! Which requests go through a proxy of the environment. The environment is given to a child process.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use idp_http::Transport;

use crate::server::Server;
use crate::{post, transport};

const VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Sends one request to the root on standard input and prints how it ended.
#[tokio::test]
#[ignore = "the child of the tests below"]
async fn child() {
    let mut root = String::new();
    std::io::stdin().read_to_string(&mut root).unwrap();
    match transport().send(post(root.trim())).await {
        Ok(answer) => println!("ended: {}", answer.status().as_u16()),
        Err(error) => println!("ended: {:?} {error}", error.sent()),
    }
}

async fn send_in_child(root: String, proxy: String) -> String {
    tokio::task::spawn_blocking(move || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "proxy::child", "--ignored", "--nocapture"]);
        command.envs(VARIABLES.map(|name| (name, &proxy)));
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(root.as_bytes()).unwrap();
        drop(stdin);
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn plain_http_never_goes_through_a_proxy() {
    let proxy = Server::saying("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    let server = Server::saying("HTTP/1.1 204 No Content\r\n\r\n").await;
    let ended = send_in_child(server.root(), proxy.root()).await;
    assert!(ended.contains("ended: 204"), "{ended}");
    assert_eq!((server.requests(), proxy.connections()), (1, 0));
}

#[tokio::test]
async fn a_loopback_host_is_reached_directly_over_https_too() {
    let proxy = Server::saying("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    // It speaks no TLS: what counts is who was asked.
    let server = Server::saying("HTTP/1.1 204 No Content\r\n\r\n").await;
    let root = server.root().replace("http://", "https://");
    let ended = send_in_child(root, proxy.root()).await;
    assert!(ended.contains("ended: No no connection"), "{ended}");
    assert_eq!((server.connections(), proxy.connections()), (1, 0));
}

#[tokio::test]
async fn https_does_and_a_proxy_that_refuses_has_got_nothing_else() {
    let proxy = Server::saying("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    let ended = send_in_child("https://idp.invalid".to_owned(), proxy.root()).await;
    assert!(ended.contains("ended: No no connection"), "{ended}");
    // CONNECT, and nothing behind it.
    assert_eq!((proxy.connections(), proxy.requests()), (1, 1));
}
