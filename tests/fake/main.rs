//! Servers of somebody else's, made up and run by hand: `cargo xtask fake aculab|xuc [--port N]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]

use std::{env, io, path::PathBuf, process::ExitCode};

use tests::{AT_DESK, CloudOptions, FakeCloud, FakeXuc};

const USAGE: &str = "fake aculab|xuc [--port N]: a fake of Aculab Cloud, or of a XiVO, on this computer, until Ctrl+C";

/// Where they listen when nobody says otherwise: the same port each time, so that settings can be kept.
const CLOUD_PORT: u16 = 8443;
const XUC_PORT: u16 = 8444;

/// The client id of the sample.
const CLIENT: &str = "alice";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (name, port) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [name] => (name, Some(if name == "xuc" { XUC_PORT } else { CLOUD_PORT })),
        [name, "--port", port] => (name, port.parse().ok()),
        _ => ("", None),
    };
    let ended = match (name, port) {
        ("aculab", Some(port)) => run_cloud(port),
        ("xuc", Some(port)) => run_xuc(port),
        _ => {
            eprintln!("{USAGE}");
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
    until_interrupted()
}

fn run_xuc(port: u16) -> io::Result<()> {
    let xuc = FakeXuc::start(port, Some(authority("xuc")))?;
    println!("{}", words_of_xuc(&xuc));
    until_interrupted()
}

/// The same file each time, so that settings that name it stay good.
fn authority(name: &str) -> PathBuf {
    env::temp_dir().join(format!("sidetone-fake-{name}.pem"))
}

fn until_interrupted() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())
}

fn words_of_xuc(xuc: &FakeXuc) -> String {
    format!(
        "A fake of a XiVO runs on this computer until you press Ctrl+C.

XiVO             {url}
Login            {login}, for a line of this program's
                 {desk}, for the same line as that of a desk phone, which is whoever is signed in by the first
Password         {password}
Authority        {ca}
                 (a PEM file to trust; what is in it is made anew at each start)

Numbers: 600 echo, 601 music, 602 calls back, 603 busy, 604 never answers, 605 early media, 606 reads digits back,
607 and 608 answer, to be talked to beside others.

  export XIVO_PASSWORD={password}
  sidetone-cli call 600 --xivo {url} --login {login} --login-password-env XIVO_PASSWORD --ca {ca}
  sidetone-cli xivo --xivo {url} --login {login} --login-password-env XIVO_PASSWORD --ca {ca} search stone",
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

The official client goes to the real names. A browser leads them here when it is started with
--ignore-certificate-errors --host-resolver-rules=\"MAP *.aculabcloud.net:443 127.0.0.1:{port}\"",
        socket = cloud.socket_url(),
        web = cloud.web_url(),
        tokens = cloud.token_url(),
        ca = cloud.ca().display(),
        key = account.key,
        user = account.user,
        api_key = account.api_key.expose(),
        token = cloud.token(CLIENT),
    )
}
