//! WebKitWebDriver: looks into the pages of the program and clicks in them (W3C WebDriver).

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use super::screen::{PATIENCE, Screen, eventually, free_port, sidetone};
use crate::interop::program::Program;

/// How WebDriver names a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A program whose pages can be looked into; it ends with this.
pub(crate) struct Driver {
    port: u16,
    session: String,
    _driver: Program,
}

impl Driver {
    /// Starts the program on `screen` by the driver; `None`, and said so, where there is no driver.
    pub(crate) fn start(screen: &Screen, arguments: &[&str]) -> Option<Self> {
        let port = free_port();
        let mut command = screen.command("WebKitWebDriver");
        command.arg(format!("--port={port}")).env("TAURI_WEBVIEW_AUTOMATION", "true");
        // As under a service: a kiosk then keeps no guard of its own between the driver and the page.
        command.env("INVOCATION_ID", "driver");
        if command.get_program() != "WebKitWebDriver"
            || std::process::Command::new("WebKitWebDriver").arg("--version").output().is_err()
        {
            eprintln!("skipped: WebKitWebDriver is not installed (cargo xtask test window installs it)");
            return None;
        }
        let driver = Program::start("WebKitWebDriver", &mut command);
        eventually("driver", || TcpStream::connect(("127.0.0.1", port)).ok());
        let data = screen.data();
        let mut all = vec!["--data", data.to_str().expect("a path that is text")];
        all.extend(arguments);
        let options = json!({ "binary": sidetone(), "args": all });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let answer = request(port, "POST", "/session", &wanted);
        let session = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}")).to_owned();
        Some(Self { port, session, _driver: driver })
    }

    /// Runs a function's body in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression of the page is true.
    pub(crate) fn wait_until(&self, what: &str, expression: &str) {
        eventually(what, || (self.run(&format!("return !!({expression})")) == json!(true)).then_some(()));
    }

    /// Clicks the first element an XPath finds.
    pub(crate) fn click(&self, xpath: &str) {
        let element = self.element(xpath);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Types into an element.
    pub(crate) fn type_into(&self, xpath: &str, text: &str) {
        let element = self.element(xpath);
        self.post(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Turns to the window whose page's address has this in it.
    pub(crate) fn turn_to(&self, address: &str) {
        eventually(&format!("page {address}"), || {
            let handles = self.get("window/handles");
            handles.as_array()?.iter().find(|handle| {
                self.post("window", &json!({ "handle": handle }));
                self.get("url").as_str().is_some_and(|url| url.contains(address))
            })?;
            Some(())
        });
    }

    /// Lets the page ask the program for something; what it is refused with, empty where it is done.
    pub(crate) fn invoke(&self, command: &str, arguments: &Value) -> String {
        self.ask(command, arguments);
        self.wait_until("answer", "window.outcome !== null");
        self.run("return window.outcome").as_str().unwrap_or_default().to_owned()
    }

    /// The same where the page may be gone before there is an answer.
    pub(crate) fn ask(&self, command: &str, arguments: &Value) {
        self.run(&format!(
            "window.outcome = null; window.__TAURI_INTERNALS__.invoke({command:?}, {arguments})\
             .then(() => window.outcome = '', (error) => window.outcome = String(error.code ?? error) || 'refused')"
        ));
    }

    fn element(&self, xpath: &str) -> String {
        eventually(&format!("element {xpath}"), || {
            let found = self.post("element", &json!({ "using": "xpath", "value": xpath }));
            found[ELEMENT].as_str().map(str::to_owned)
        })
    }

    fn get(&self, path: &str) -> Value {
        request(self.port, "GET", &format!("/session/{}/{path}", self.session), &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        request(self.port, "POST", &format!("/session/{}/{path}", self.session), body)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        request(self.port, "DELETE", &format!("/session/{}", self.session), &Value::Null);
    }
}

/// One request; the `value` of the answer.
fn request(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the driver listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(text.as_bytes()).expect("the driver reads");
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("the driver answers");
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().expect("a length");
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer).expect("the whole answer");
    let answer: Value = serde_json::from_slice(&answer).expect("the driver speaks JSON");
    answer["value"].clone()
}
