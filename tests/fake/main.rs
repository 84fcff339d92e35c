//! A server of somebody else's, made up and run by hand: `cargo xtask fake aculab [--port N]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]

use std::{env, io, process::ExitCode};

use tests::{CloudOptions, FakeCloud};

const USAGE: &str = "fake aculab [--port N]: a fake of Aculab Cloud on this computer, until Ctrl+C";

/// Where it listens when nobody says otherwise: the same port each time, so that settings can be kept.
const PORT: u16 = 8443;

/// The client id of the sample.
const CLIENT: &str = "alice";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["aculab"] => Some(PORT),
        ["aculab", "--port", port] => port.parse().ok(),
        _ => None,
    };
    let Some(port) = port else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the fake cloud cannot run on port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(port: u16) -> io::Result<()> {
    // The same file each time, so that settings that name it stay good.
    let ca = env::temp_dir().join("sidetone-fake-aculab.pem");
    let cloud = FakeCloud::start(CloudOptions { port, ca: Some(ca), ..CloudOptions::default() })?;
    println!("{}", words(&cloud));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tokio::signal::ctrl_c())
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
