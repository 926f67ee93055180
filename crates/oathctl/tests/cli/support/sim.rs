//! The simulator as a process of its own, and the truth that it tells.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::{Home, PATIENCE, Token, text, unix};

/// `oathctl sim` on free ports; it ends when this is dropped.
pub(crate) struct Sim {
    child: Child,
    pub(crate) ready: Value,
    pub(crate) line: String,
    _home: Home,
}

impl Sim {
    /// Both services, with these logins.
    pub(crate) fn of(tokens: &[Token]) -> Self {
        Self::with(tokens, &[])
    }

    pub(crate) fn with(tokens: &[Token], options: &[&str]) -> Self {
        let logins: Vec<&str> = tokens.iter().map(|token| token.user.as_str()).collect();
        Self::of_people(&logins.join("\n"), options)
    }

    /// With the content of a file of users.
    pub(crate) fn of_people(users: &str, options: &[&str]) -> Self {
        let home = Home::new();
        let users = home.file("users", users);
        let free = "127.0.0.1:0";
        let mut args = vec!["sim", "--entra", free, "--okta", free, "--control", free];
        args.extend(["--users", &users]);
        args.extend(options);
        let mut command = home.command(&args);
        command.stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).expect("the line that says where it listens");
        Self {
            child,
            ready,
            line,
            _home: home,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.http("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.http("POST", path, &body.to_string())
    }

    fn http(&self, method: &str, path: &str, body: &str) -> Value {
        let address = text(&self.ready["control_url"]).trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    }

    /// A certificate that the application has, and its key, in PEM.
    pub(crate) fn new_certificate(&self) -> (String, String) {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        let act = json!({"act": "register-certificate", "certificate": certificate});
        self.post("/interfere", &act);
        (certificate, key.serialize_pem())
    }

    /// Sets the fault rules; none clears them.
    pub(crate) fn faults(&self, rules: Value) {
        self.post("/faults", &json!({"rules": rules}));
    }

    /// How many requests may have changed something.
    pub(crate) fn writes(&self) -> u64 {
        self.get("/calls")["writes"].as_u64().unwrap()
    }

    /// How many requests there were on a route.
    pub(crate) fn calls(&self, route: &str) -> u64 {
        let calls = self.get("/calls");
        let on_route = calls["calls"].as_array().unwrap().iter();
        on_route
            .filter(|call| call["route"] == route)
            .map(|call| call["count"].as_u64().unwrap())
            .sum()
    }

    /// Entra's devices as they are.
    pub(crate) fn devices(&self) -> Vec<Value> {
        self.get("/state")["entra"]["devices"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Okta's factors as they are.
    pub(crate) fn factors(&self) -> Vec<Value> {
        self.get("/state")["okta"]["factors"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// Nothing was created anywhere.
    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        assert_eq!(self.writes(), 0);
        assert!(self.devices().is_empty() && self.factors().is_empty());
    }

    /// Every token is there exactly once, at its user, activated exactly once; nothing else is there.
    #[track_caller]
    pub(crate) fn has_all(&self, idp: &str, tokens: &[Token]) {
        match idp {
            "entra" => self.entra_has_all(tokens),
            _ => self.okta_has_all(tokens),
        }
    }

    #[track_caller]
    fn entra_has_all(&self, tokens: &[Token]) {
        let devices = self.devices();
        assert_eq!(devices.len(), tokens.len());
        for token in tokens {
            let device = devices.iter().find(|d| d["serial"] == token.serial);
            let device = device.unwrap_or_else(|| panic!("no device {}", token.serial));
            assert_eq!(device["status"], "activated", "{device}");
            assert_eq!(device["assigned_to"], token.user, "{device}");
            assert_eq!(device["creations"], 1, "{device}");
            assert_eq!(device["activations"], 1, "{device}");
            assert_eq!(device["period"], token.period, "{device}");
            let hash = format!("hmac{}", token.algorithm);
            assert_eq!(device["hash"], hash, "{device}");
        }
    }

    #[track_caller]
    fn okta_has_all(&self, tokens: &[Token]) {
        let factors = self.factors();
        assert_eq!(factors.len(), tokens.len());
        for token in tokens {
            let factor = factors.iter().find(|f| f["user"] == token.user);
            let factor = factor.unwrap_or_else(|| panic!("no factor of {}", token.user));
            assert_eq!(factor["status"], "ACTIVE", "{factor}");
            assert_eq!(factor["enrollments"], 1, "{factor}");
        }
    }

    /// Every device signs its user in with the code that it shows next.
    #[track_caller]
    pub(crate) fn signs_all_in(&self, idp: &str, home: &Home, file: &str, tokens: &[Token]) {
        for token in tokens {
            let at = unix() + u64::from(token.period);
            let args = ["code", "--file", file, "--serial", &token.serial, "--at"];
            let code = home.oathctl(&[&args[..], &[&at.to_string()]].concat());
            let code = code.ends(0).stdout.trim().to_owned();
            let attempt = json!({"idp": idp, "user": token.user, "code": code, "at": at});
            let answer = self.post("/sign-in", &attempt);
            assert_eq!(answer["accepted"], true, "{} {answer}", token.serial);
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
