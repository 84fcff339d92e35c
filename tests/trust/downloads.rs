//! What comes from web servers over real TLS: new versions, and what an administrator sets.
//!
//! The list of new versions and its package are taken by a phone of this process, whose network trusts one authority more; what
//! an administrator sets is taken by `sidetone-cli`, which is told by the environment whom the platform trusts.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use audio::NullHost;
use exchange::{Practice, PracticeWorld};
use model::{AccountState, Command, DialOptions, OfflineCause, Settings, Snapshot};
use phone::{NotUpdated, Phone, PhoneOptions, RealWorld, UpdateSource, World};
use providers::net::{Connection, Endpoint, HttpAnswer, HttpRequest, Network, Sockets};
use store::{DataFolder, InMemory, Provisioned, Secrets};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    process::Command as Process,
    time::sleep,
};

use super::certificates::Authority;
use crate::interop::program::sidetone_cli;

const KEY: &str = include_str!("../fixtures/updates/key.pub");
const CONTENT: &str = include_str!("../fixtures/updates/Sidetone_9.9.9_amd64.deb");
const SIGNATURE: &str = include_str!("../fixtures/updates/Sidetone_9.9.9_amd64.deb.sig");
const BY_ANOTHER_KEY: &str = include_str!("../fixtures/updates/by-another-key.sig");

/// What a page is, and how the server gets on with it.
#[derive(Clone)]
struct Page {
    body: String,
    /// Bytes that the server says will come.
    said: usize,
    /// How long the second half is waited for.
    pause: Duration,
}

impl From<&str> for Page {
    fn from(body: &str) -> Self {
        Self { body: body.to_owned(), said: body.len(), pause: Duration::ZERO }
    }
}

/// A web server on loopback.
#[derive(Clone)]
struct Web {
    port: u16,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    asked: Arc<AtomicUsize>,
}

impl Web {
    async fn start(authority: &Authority) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = listener.local_addr().expect("has one").port();
        let web = Self { port, pages: Arc::default(), asked: Arc::default() };
        let (serving, acceptor) = (web.clone(), authority.acceptor(&["localhost"]));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (web, acceptor) = (serving.clone(), acceptor.clone());
                tokio::spawn(async move {
                    let Ok(tls) = acceptor.accept(tcp).await else { return };
                    // Whoever asked may have gone away.
                    let _outcome = web.answer(tls).await;
                });
            }
        });
        web
    }

    async fn answer(&self, mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) -> std::io::Result<()> {
        let (mut asked, mut bytes) = (String::new(), [0; 1024]);
        while !asked.contains("\r\n\r\n") {
            let read = stream.read(&mut bytes).await?;
            if read == 0 {
                return Ok(());
            }
            asked.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        self.asked.fetch_add(1, Ordering::Relaxed);
        let path = asked.split(' ').nth(1).unwrap_or_default();
        let page = self.pages.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        let (status, page) = page.map_or_else(|| ("404 Not Found", Page::from("")), |page| ("200 OK", page));
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", page.said);
        stream.write_all(head.as_bytes()).await?;
        let (first, second) = page.body.as_bytes().split_at(page.body.len() / 2);
        stream.write_all(first).await?;
        stream.flush().await?;
        sleep(page.pause).await;
        stream.write_all(second).await?;
        stream.shutdown().await
    }

    fn serves(&self, path: &str, page: impl Into<Page>) {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), page.into());
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Publishes one package.
    fn publishes(&self, version: &str, signature: &str, package: impl Into<Page>) {
        let (url, signature) = (self.url("/package.deb"), signature.trim());
        let list = format!(
            r#"{{ "version": "{version}", "platforms": {{ "linux-x86_64-deb": {{ "url": "{url}", "signature": "{signature}" }} }} }}"#
        );
        self.serves("/latest.json", list.as_str());
        self.serves("/package.deb", package);
    }

    fn source(&self, version: &str) -> UpdateSource {
        let (url, key, platform) = (self.url("/latest.json"), KEY.trim().to_owned(), "linux-x86_64-deb".to_owned());
        UpdateSource { url, key, version: version.to_owned(), platform }
    }
}

/// The real network of somebody whose system trusts one authority more.
struct Trusting {
    sockets: Sockets,
    authority: std::path::PathBuf,
}

impl Trusting {
    fn with_authority(&self, request: &HttpRequest) -> HttpRequest {
        HttpRequest { ca_file: Some(self.authority.clone()), ..request.clone() }
    }
}

#[async_trait]
impl Network for Trusting {
    async fn open(&self, endpoint: &Endpoint) -> Result<Connection, OfflineCause> {
        self.sockets.open(endpoint).await
    }

    async fn ask(&self, request: &HttpRequest) -> Result<HttpAnswer, OfflineCause> {
        self.sockets.ask(&self.with_authority(request)).await
    }

    async fn download(&self, request: &HttpRequest, to: &Path, most: u64) -> Result<(), OfflineCause> {
        self.sockets.download(&self.with_authority(request), to, most).await
    }
}

/// A phone with real sockets and the practice exchange.
struct Desk {
    phone: Phone,
    folder: DataFolder,
    _practice: Practice,
    _world: RealWorld,
    _temporary: TempDir,
}

impl Desk {
    async fn trusting(authority: &str, policy: &str) -> Self {
        let temporary = TempDir::new().expect("a folder");
        let pem = temporary.path().join("ca.pem");
        fs::write(&pem, authority).expect("it is written");
        let secrets = Arc::new(Secrets::new(Arc::new(InMemory::default())));
        let real = RealWorld::new(Arc::new(NullHost), secrets).expect("a world");
        let sockets = Sockets::new(Arc::clone(&real.world().clock));
        let world = World { network: Arc::new(Trusting { sockets, authority: pem }), ..real.world().clone() };
        let beside = PracticeWorld { clock: world.clock.clone(), rtc: world.rtc.clone(), seed: world.randomness.seed() };
        let practice = Practice::start(beside).await.expect("an exchange");
        let provisioned = Provisioned::of_text("the administrator", policy).expect("it makes sense");
        let settings = provisioned.impose(Settings::default());
        let account = Some(practice.account().clone());
        let options = PhoneOptions { practice: account, provisioned, ..PhoneOptions::passing(settings) };
        let (phone, _) = Phone::start(world, options);
        let folder = DataFolder::at(temporary.path());
        Self { phone, folder, _practice: practice, _world: real, _temporary: temporary }
    }

    async fn update(&self, source: &UpdateSource) -> Result<Option<String>, NotUpdated> {
        self.phone.update(source, &self.folder).await
    }

    /// What of packages lies in its folder.
    fn kept(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.folder.path().join("updates")) else { return Vec::new() };
        files.map(|file| file.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    /// Dials a number that nobody answers, and waits until it is a call.
    async fn calls(&self) {
        let mut snapshots = self.phone.snapshots();
        let is_registered = |snapshot: &Arc<Snapshot>| snapshot.accounts.iter().any(|it| it.state == AccountState::Registered);
        snapshots.wait_for(is_registered).await.expect("it runs");
        let target = "604".parse().expect("a number");
        self.phone.send(Command::Dial(DialOptions { target, account: None, headers: Vec::new() })).expect("it runs");
        snapshots.wait_for(|snapshot| !snapshot.calls.is_empty()).await.expect("it runs");
    }
}

#[tokio::test]
async fn a_new_version_is_taken_over_tls_with_the_right_signature_alone() {
    let authority = Authority::named("Publisher's authority");
    let web = Web::start(&authority).await;
    let desk = Desk::trusting(&authority.pem(), "").await;
    let truncated = Page { body: CONTENT[..CONTENT.len() - 4].to_owned(), ..Page::from(CONTENT) };
    let refusals = [
        ("9.9.9", BY_ANOTHER_KEY, Page::from(CONTENT), "signature is not the publisher's"),
        ("9.9.9", SIGNATURE, Page::from("This is something else.\n"), "signature is not the publisher's"),
        ("9.9.9", SIGNATURE, Page::from(&CONTENT[..CONTENT.len() - 4]), "signature is not the publisher's"),
        ("9.9.9", SIGNATURE, truncated, ""),
        ("9.9.10", SIGNATURE, Page::from(CONTENT), "another version"),
    ];
    for (version, signature, package, reason) in refusals {
        web.publishes(version, signature, package);
        let refused = desk.update(&web.source("1.0.0")).await.expect_err("it is refused").to_string();
        println!("{refused}");
        assert!(!refused.is_empty() && refused.contains(reason), "{refused}");
        assert_eq!(desk.kept(), [""; 0], "{refused}");
    }
    web.publishes("9.9.9", SIGNATURE, CONTENT);
    assert_eq!(desk.update(&web.source("9.9.10")).await.expect("there is nothing wrong"), None, "it is older than what runs");
    assert_eq!(desk.update(&web.source("9.9.9")).await.expect("there is nothing wrong"), None, "it is what runs");
    assert_eq!(desk.update(&web.source("9.9.8")).await.expect("it is taken"), Some("9.9.9".into()));
    assert_eq!(desk.kept(), ["Sidetone_9.9.9_amd64.deb"]);
    desk.phone.stop().await;
}

#[tokio::test]
async fn a_publisher_of_an_unknown_authority_is_asked_for_nothing() {
    let web = Web::start(&Authority::named("Another authority")).await;
    web.publishes("9.9.9", SIGNATURE, CONTENT);
    let desk = Desk::trusting(&Authority::named("Publisher's authority").pem(), "").await;
    let refused = desk.update(&web.source("1.0.0")).await.expect_err("it is refused").to_string();
    assert!(refused.contains("authority this computer does not know"), "{refused}");
    assert_eq!((web.asked(), desk.kept()), (0, Vec::new()));
    desk.phone.stop().await;
}

#[tokio::test]
async fn a_call_ends_the_download_and_who_forbids_updates_is_left_alone() {
    let authority = Authority::named("Publisher's authority");
    let web = Web::start(&authority).await;
    let slow = Page { pause: Duration::from_secs(60), ..Page::from(CONTENT) };
    web.publishes("9.9.9", SIGNATURE, slow);
    let forbidden = Desk::trusting(&authority.pem(), "[features]\nupdates = \"off\"\n").await;
    assert!(matches!(forbidden.update(&web.source("1.0.0")).await, Err(NotUpdated::Off)));
    assert_eq!(web.asked(), 0);
    forbidden.phone.stop().await;
    let desk = Desk::trusting(&authority.pem(), "").await;
    let source = web.source("1.0.0");
    let dials = async {
        // The list, and the first half of the package.
        while web.asked() < 2 {
            sleep(Duration::from_millis(10)).await;
        }
        desk.calls().await;
    };
    let (updated, ()) = tokio::join!(desk.update(&source), dials);
    assert!(matches!(updated, Err(NotUpdated::InCall)), "{updated:?}");
    assert_eq!(desk.kept(), [""; 0]);
    let asked = web.asked();
    assert!(matches!(desk.update(&source).await, Err(NotUpdated::InCall)));
    assert_eq!(web.asked(), asked, "in a call nobody is asked");
    desk.phone.stop().await;
}

/// `sidetone-cli provision` in this folder, where the platform trusts this file: its exit code, and what it said.
async fn provision(folder: &Path, trusted: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Process::new(sidetone_cli());
    command.arg("--data").arg(folder).arg("provision").args(arguments).env("SSL_CERT_FILE", trusted);
    command.env_remove("SSL_CERT_DIR").stdin(std::process::Stdio::null());
    let output = command.output().await.expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn what_an_administrator_sets_is_taken_over_tls_once_it_was_agreed_to() {
    let authority = Authority::named("Company authority");
    let web = Web::start(&authority).await;
    let temporary = TempDir::new().expect("a folder");
    let (folder, known, other) =
        (temporary.path().join("data"), temporary.path().join("ca.pem"), temporary.path().join("other.pem"));
    fs::write(&known, authority.pem()).expect("it is written");
    fs::write(&other, Authority::named("Other").pem()).expect("it is written");
    web.serves("/phone.toml", "locked = [\"window\"]\n[settings]\ncountry = \"de\"\n");
    web.serves("/nonsense.toml", "[features]\n\nrecording = \"perhaps\"\n");
    let url = web.url("/phone.toml");
    let (exit, said) = provision(&folder, &other, &["apply", &url, "--yes"]).await;
    assert!(exit == Some(1) && said.contains("authority this computer does not know"), "{said}");
    assert_eq!(web.asked(), 0, "nothing is asked of a server that is not who it should be");
    let (exit, said) = provision(&folder, &known, &["show", &url]).await;
    assert!(exit == Some(0) && said.contains("becomes \"de\"") && said.contains("page window"), "{said}");
    let (exit, said) = provision(&folder, &known, &["apply", &url]).await;
    assert!(exit == Some(2) && said.contains("--yes"), "nobody is there to agree: {said}");
    let (exit, said) = provision(&folder, &known, &["apply", &web.url("/nonsense.toml"), "--yes"]).await;
    assert!(exit == Some(1) && said.contains("line 3"), "{said}");
    let (_, said) = provision(&folder, &known, &["status"]).await;
    assert!(said.contains("nothing is set by anybody else"), "{said}");
    let (exit, said) = provision(&folder, &known, &["apply", &url, "--yes"]).await;
    assert_eq!(exit, Some(0), "{said}");
    let (_, said) = provision(&folder, &known, &["status"]).await;
    assert!(said.contains(&url) && said.contains("country is as it is") && said.contains("page window is locked"), "{said}");
    let (exit, said) = provision(&folder, &known, &["forget"]).await;
    assert_eq!(exit, Some(0), "{said}");
    let (_, said) = provision(&folder, &known, &["status"]).await;
    assert!(said.contains("nothing is set by anybody else"), "{said}");
}
