//! Servers of somebody else's, made up and run by hand: `cargo xtask fake aculab|xuc [--port N]`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]

mod arguments;
mod cloud;
mod faults;

use std::{env, io, path::PathBuf, process::ExitCode, sync::Arc};

use serde_json::json;
use tests::{AT_DESK, CloudOptions, FakeCloud, FakeXuc};

use self::arguments::{Fake, OfXuc, USAGE};

/// The client id of the sample.
const CLIENT: &str = "alice";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let ended = match Fake::read(&arguments) {
        Ok(Fake::Cloud { port }) => run_cloud(port),
        Ok(Fake::Xuc(of_xuc)) => run_xuc(of_xuc),
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the fake cannot run: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_cloud(port: u16) -> io::Result<()> {
    let cloud = FakeCloud::start(CloudOptions { port, ca: Some(authority("aculab")), ..CloudOptions::default() })?;
    println!("{}", words(&cloud));
    let cloud = Arc::new(cloud);
    cloud::listen_for(Arc::clone(&cloud));
    until_interrupted()
}

fn run_xuc(OfXuc { port, ca, upstream, json }: OfXuc) -> io::Result<()> {
    let ca = Some(ca.unwrap_or_else(|| authority("xuc")));
    let is_own = upstream.is_none();
    let xuc = match upstream {
        Some(upstream) => FakeXuc::in_front_of(upstream, port, ca)?,
        None => FakeXuc::start(port, ca)?,
    };
    faults::listen_for(xuc.xuc().clone());
    if !json {
        println!("{}", words_of_xuc(&xuc, is_own));
        return until_interrupted();
    }
    println!("{}", json!({"url": xuc.url(), "login": xuc.login(), "password": xuc.password(), "ca": xuc.ca()}));
    let said = xuc.xuc().listen();
    let printer = std::thread::spawn(move || said.iter().for_each(|said| println!("{said}")));
    until_interrupted()?;
    drop(xuc);
    // It ends when nobody can say anything any more.
    printer.join().map_err(|_| io::Error::other("what was said could not be printed"))
}

/// The same file each time, so that settings that name it stay good.
fn authority(name: &str) -> PathBuf {
    env::temp_dir().join(format!("sidetone-fake-{name}.pem"))
}

fn until_interrupted() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())
}

fn words_of_xuc(xuc: &FakeXuc, is_own: bool) -> String {
    let numbers = match is_own {
        true => {
            "Numbers: 600 echo, 601 music, 602 calls back, 603 busy, 604 never answers, 605 early media, 606 reads digits back,
607 and 608 answer, to be talked to beside others; 607 is the conference room \"team\", of which the user is an organizer."
        }
        false => "Numbers are those of the server behind it.",
    };
    format!(
        "A fake of a XiVO runs on this computer until you press Ctrl+C.

XiVO             {url}
Login            {login}, for a line of this program's
                 {desk}, for the same line as that of a desk phone, which is whoever is signed in by the first
Password         {password}
Authority        {ca}
                 (a PEM file to trust; what is in it is made anew at each start)

{numbers}

{faults}

  export XIVO_PASSWORD={password}
  sidetone-cli call 600 --xivo {url} --login {login} --login-password-env XIVO_PASSWORD --ca {ca}
  sidetone-cli xivo --xivo {url} --login {login} --login-password-env XIVO_PASSWORD --ca {ca} search stone",
        faults = faults::USAGE,
        url = xuc.url(),
        login = xuc.login(),
        desk = AT_DESK,
        password = xuc.password(),
        ca = xuc.ca().display(),
    )
}

fn words(cloud: &FakeCloud) -> String {
    let (account, id, port) = (cloud.account(), &cloud.options().cloud, cloud.port());
    format!(
        "A fake of Aculab Cloud runs on this computer until you press Ctrl+C.

Calls            {socket}
Web services     {web}
Own token URL    {tokens} (POST a client id)
Authority        {ca}
                 (a PEM file to trust; what is in it is made anew at each start)

Cloud id         {id}
Access key       {key}
Web user         {user}
API access key   {api_key}

A token for the client {CLIENT}, good for an hour, to be called and to call everybody:
{token}

Services: echo, tone, dtmf, early, early180, prack, ring, trying, silent, busy, busy600, decline603, gone, unavailable,
nowhere604, redirect, reject606, forbidden, error500, error503, code-NNN, hangup-N, byebusy, bye404, nosdp, nomux, noice,
hold, headers, dropws, callback. Other names are not found.

By HTTP: POST {web}/call with {{\"client_id\": \"{CLIENT}\", \"from\": \"441908000000\", \"service\": \"tone\"}} has a service call a
client, GET {web}/calls tells of all calls. The same port speaks without TLS, too: {plain}

{typed}

The official client goes to the real names. A browser leads them here when it is started with
--ignore-certificate-errors --host-resolver-rules=\"MAP *.aculabcloud.net:443 127.0.0.1:{port}\"",
        socket = cloud.socket_url(),
        plain = cloud.plain_url(),
        typed = cloud::USAGE,
        web = cloud.web_url(),
        tokens = cloud.token_url(),
        ca = cloud.ca().display(),
        key = account.key,
        user = account.user,
        api_key = account.api_key.expose(),
        token = cloud.token(CLIENT),
    )
}
