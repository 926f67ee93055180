//! A person signs in. Address and code go to standard error, where a terminal has to be.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use entra_graph::{
    Application, Authorization, Delegated, DeviceCode, DeviceCodeAnswer, Error, GraphOptions,
    Scopes, UserSignIn,
};
use idp_http::{BaseUrl, Body, Clock, Request, Retry, Transport};
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

/// Somebody has to sit here.
pub(crate) fn must_be_there(scopes: Scopes) -> Result<(), Failed> {
    if std::io::stderr().is_terminal() {
        return Ok(());
    }
    let next = match scopes {
        Scopes::Registration => "use a terminal, or sign in to az and give --sign-in az",
        _ => "use a terminal, or sign in with a certificate",
    };
    Err(Failed::new(Exit::Access, "nobody can be asked to sign in here").next(next))
}

impl Person {
    pub(crate) fn new(
        transport: &Arc<dyn Transport>,
        clock: &Arc<dyn Clock>,
        application: Application,
        options: &GraphOptions,
        scopes: Scopes,
    ) -> Self {
        let (transport, clock) = (Arc::clone(transport), Arc::clone(clock));
        let sign_in = UserSignIn::new(transport, Arc::clone(&clock), application, options.clone());
        let sign_in = sign_in.asking_for(scopes);
        Self { sign_in, clock }
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
        let authorization = self.authorization(&redirect)?;
        let address = &authorization.address;
        files::say(format_args!("To sign in, open {address}"));
        tokio::select! {
            delegated = self.redirected(&listener, &authorization) => delegated,
            () = self.clock.sleep(PATIENCE) => Err(ended("nobody signed in")),
        }
    }

    /// The person of a simulator, who accepts at once: no browser is needed for it.
    pub(crate) async fn of_a_sandbox(
        &self,
        transport: &dyn Transport,
    ) -> Result<Delegated, Failed> {
        let unexpected = |why: &str| Failed::internal(format!("the simulator's sign-in: {why}"));
        let redirect = BaseUrl::parse("http://localhost:1");
        let redirect = redirect.map_err(|error| unexpected(&error.to_string()))?;
        let authorization = self.authorization(&redirect)?;
        let mut request = Request::new(Body::empty());
        request.uri_mut().clone_from(&authorization.address);
        let answer = transport.send(request).await;
        let answer = answer.map_err(|error| unexpected(&error.to_string()))?;
        let place = answer.headers().get("location");
        let place = place.and_then(|place| place.to_str().ok()?.split_once('?'));
        let (_, query) = place.ok_or_else(|| unexpected("it leads nowhere"))?;
        let ended = self.sign_in.finish(&authorization, query).await;
        ended.map_err(|error| failed(&error))
    }

    fn authorization(&self, redirect: &BaseUrl) -> Result<Authorization, Failed> {
        let mut random = [0; 64];
        system::fill_randomly(&mut random).map_err(|error| Failed::internal(error.to_string()))?;
        Ok(self.sign_in.authorize(redirect, &random))
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

#[cfg(test)]
mod tests {
    use entra_graph::TenantId;
    use idp_sim::{Sim, SimConfig};

    use super::*;

    /// At a simulator, as if at a terminal.
    fn person(sim: &Sim) -> Person {
        let access = sim.entra();
        let url = |url: &str| BaseUrl::parse(url).unwrap();
        let (login, graph) = (url(&access.login_url), url(&access.graph_url));
        let options = GraphOptions::new(login, graph, system::request_ids());
        let tenant = TenantId::parse(&access.tenant_id).unwrap();
        let application = Application::new(tenant, access.client_id);
        let transport: Arc<dyn Transport> = Arc::new(sim.transport());
        let clock = system::clock();
        let sign_in = UserSignIn::new(transport, Arc::clone(&clock), application, options);
        Person { sign_in, clock }
    }

    fn sim(browser: &str) -> Sim {
        let mut config = SimConfig::with_people(1);
        config.set("browser", browser).unwrap();
        Sim::new(config, system::clock())
    }

    async fn ask(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // A connection that is reset after the answer has brought it.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    /// What the browser is told and how the sign-in ends, where the browser comes back with what the
    /// service told it.
    async fn come_back(sim: &Sim) -> (String, Result<Delegated, Failed>) {
        let person = person(sim);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let redirect = BaseUrl::parse(&format!("http://localhost:{port}")).unwrap();
        let authorization = person.sign_in.authorize(&redirect, &[7; 64]);
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = authorization.address.clone();
        let back = sim.transport().send(request).await.unwrap();
        let back = back.headers()["location"].to_str().unwrap().to_owned();
        let target = back.split_once(&format!(":{port}")).unwrap().1;
        let browser = async {
            for other in ["/favicon.ico", "/", "/?x=1"] {
                assert!(
                    ask(port, other).await.starts_with("HTTP/1.1 404"),
                    "{other}"
                );
            }
            ask(port, target).await
        };
        tokio::join!(browser, person.redirected(&listener, &authorization))
    }

    #[tokio::test]
    async fn a_browser_comes_back_and_others_are_turned_away() {
        let (page, ended) = come_back(&sim("accepts")).await;
        assert!(page.ends_with("You are signed in. You can close this window."));
        assert!(ended.is_ok());
        let (page, ended) = come_back(&sim("declines")).await;
        assert!(page.ends_with("The program says why."), "{page}");
        let said = format!("{:?}", ended.unwrap_err());
        assert!(said.contains("access_denied"), "{said}");
    }

    #[tokio::test]
    async fn an_application_for_no_person_is_told() {
        let mut config = SimConfig::with_people(1);
        config.set("public_client", "false").unwrap();
        let refused = person(&Sim::new(config, system::clock()));
        let said = format!("{:?}", refused.by_device_code().await.unwrap_err());
        assert!(said.contains("public client flows"), "{said}");
    }
}
