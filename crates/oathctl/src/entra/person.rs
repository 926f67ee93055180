//! A person signs in. Address and code go to standard error, where a terminal has to be.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use entra_graph::{
    Application, Authorization, Delegated, DeviceCode, DeviceCodeAnswer, Error, GraphOptions,
    UserSignIn,
};
use idp_http::{BaseUrl, Clock, Retry, Transport};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::exit::{Exit, Failed};
use crate::{files, system};

/// How long a browser is waited for.
const PATIENCE: Duration = Duration::from_secs(900);
/// The longest first line of a browser's request.
const MAX_LINE: u64 = 16 * 1024;

pub(crate) struct Person {
    sign_in: UserSignIn,
    clock: Arc<dyn Clock>,
}

impl Person {
    pub(crate) fn new(
        transport: &Arc<dyn Transport>,
        clock: &Arc<dyn Clock>,
        application: Application,
        options: &GraphOptions,
    ) -> Result<Self, Failed> {
        if !std::io::stderr().is_terminal() {
            let failed = Failed::new(Exit::Access, "nobody can be asked to sign in here");
            return Err(failed.next("use a terminal, or sign in with a certificate"));
        }
        let (transport, clock) = (Arc::clone(transport), Arc::clone(clock));
        let sign_in = UserSignIn::new(transport, Arc::clone(&clock), application, options.clone());
        Ok(Self { sign_in, clock })
    }

    pub(crate) async fn by_device_code(&self) -> Result<Delegated, Failed> {
        let mut code = self.sign_in.begin().await.map_err(|error| failed(&error))?;
        let DeviceCode {
            verification_uri,
            user_code,
            ..
        } = &code;
        files::say(format_args!(
            "To sign in, open {verification_uri} in a browser and enter {user_code}"
        ));
        let end = self.clock.monotonic().saturating_add(code.expires_in);
        while self.clock.monotonic() < end {
            self.clock.sleep(code.interval).await;
            match self.sign_in.poll(&mut code).await {
                Ok(DeviceCodeAnswer::Done(delegated)) => return Ok(delegated),
                Ok(DeviceCodeAnswer::Declined) => return Err(ended("the sign-in was declined")),
                Ok(DeviceCodeAnswer::Expired) => break,
                Ok(_) => {}
                // The answer was lost: the interval is wait enough, unless another was asked for.
                Err(error) if error.retry() != Retry::Never => {
                    self.clock
                        .sleep(error.retry().wait().unwrap_or_default())
                        .await;
                }
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(ended("the code has expired"))
    }

    pub(crate) async fn in_browser(&self) -> Result<Delegated, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.map_err(|error| Failed::internal(error.to_string()))?;
        let port = listener.local_addr().map(|address| address.port());
        let port = port.map_err(|error| Failed::internal(error.to_string()))?;
        let redirect = BaseUrl::parse(&format!("http://localhost:{port}"))
            .map_err(|error| Failed::internal(error.to_string()))?;
        let mut random = [0; 64];
        system::fill_randomly(&mut random).map_err(|error| Failed::internal(error.to_string()))?;
        let authorization = self.sign_in.authorize(&redirect, &random);
        let address = &authorization.address;
        files::say(format_args!("To sign in, open {address}"));
        tokio::select! {
            delegated = self.redirected(&listener, &authorization) => delegated,
            () = self.clock.sleep(PATIENCE) => Err(ended("nobody signed in")),
        }
    }

    /// Waits for the browser. What else comes to this port is turned away.
    async fn redirected(
        &self,
        listener: &TcpListener,
        authorization: &Authorization,
    ) -> Result<Delegated, Failed> {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                continue;
            };
            let query = tokio::select! {
                query = query(&mut stream) => query,
                // Who connects and says nothing must not keep the browser out.
                () = self.clock.sleep(Duration::from_secs(5)) => None,
            };
            let Some(query) = query else {
                answer(&mut stream, "404 Not Found", "There is nothing here.").await;
                continue;
            };
            let ended = self.sign_in.finish(authorization, &query).await;
            let text = match &ended {
                Ok(_) => "You are signed in. You can close this window.",
                Err(_) => "The sign-in failed. The program says why.",
            };
            answer(&mut stream, "200 OK", text).await;
            return ended.map_err(|error| failed(&error));
        }
    }
}

/// The query of a request for the root with a state.
async fn query(stream: &mut TcpStream) -> Option<String> {
    let mut line = String::new();
    let mut head = BufReader::new(stream.take(MAX_LINE));
    head.read_line(&mut line).await.ok()?;
    let target = line.strip_prefix("GET ")?.split(' ').next()?;
    let query = target.strip_prefix("/?")?;
    query.contains("state=").then(|| query.to_owned())
}

/// A browser that closes early has read enough.
async fn answer(stream: &mut TcpStream, status: &str, text: &str) {
    let length = text.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{text}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn ended(why: &str) -> Failed {
    Failed::new(Exit::Access, why).next("begin again")
}

fn failed(error: &Error) -> Failed {
    Failed::new(Exit::Access, error.to_string()).next(error.next_step())
}
