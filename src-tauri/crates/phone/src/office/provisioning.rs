//! What a web server wants to set here: shown before it is agreed to, kept, and asked for again at each start.

use std::sync::{Arc, Mutex, PoisonError};

use model::{Command, ProvisionOffer, Refusal, Settings};
use providers::net::HttpRequest;
use store::{Page, Provisioned, Provisioning, ReadError};
use tokio::task::spawn_blocking;
use tracing::{info, warn};

use super::{Office, broken, unwritten};
use crate::phone::Phone;

/// What was shown last and not yet agreed to: the address, and the text that came from it.
pub(super) type Shown = Arc<Mutex<Option<(String, String)>>>;

impl Office {
    /// What others have set here.
    pub fn provisioned(&self) -> &Provisioned {
        &self.provisioned
    }

    /// Asks a web server what it would set, and what that would change. Nothing is changed yet.
    ///
    /// # Errors
    /// When it cannot be asked, or what it says does not make sense: then with the line.
    pub async fn offer_provisioning(&self, url: &str) -> Result<ProvisionOffer, Refusal> {
        let (url, text) = (url.trim().to_owned(), self.fetch(url).await?);
        let provisioning = Provisioning::of_text(&url, &text)
            .map_err(|error| Refusal::OfferDamaged { url: url.clone(), fault: error.fault() })?;
        let settings = Settings::clone(&self.settings.borrow());
        let changes = provisioning.changes(&settings);
        let locked = provisioning.locked().map(Page::name).map(str::to_owned).collect();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some((url.clone(), text));
        Ok(ProvisionOffer { url, changes, locked })
    }

    /// The user agrees to what he was shown: it is kept and in force.
    ///
    /// # Errors
    /// When something else was shown last, it cannot be kept, or the phone has stopped.
    pub async fn accept_provisioning(&self, phone: &Phone, url: &str) -> Result<(), Refusal> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((url, text)) = shown.filter(|(of, _)| of == url.trim()) else {
            return Err(Refusal::OfferNotShown);
        };
        self.keep(phone, url, text).await
    }

    /// Nothing is set by a web server any more; the user's own settings are in force again.
    ///
    /// # Errors
    /// When it cannot be forgotten, or the phone has stopped.
    pub async fn forget_provisioning(&self, phone: &Phone) -> Result<(), Refusal> {
        let (provisioned, folder, file) = (self.provisioned.clone(), self.folder()?, self.file.clone());
        let own = spawn_blocking(move || {
            provisioned.forget(&folder).map_err(|problem| unwritten(&problem))?;
            Ok::<_, Refusal>(file.map(|file| file.load().settings))
        });
        if let Some(own) = own.await.map_err(broken)?? {
            phone.send(Command::SaveSettings { settings: Box::new(own) })?;
        }
        Ok(())
    }

    /// Asks the web server again to which the user has agreed, if there is one. What it set last stays in force when it cannot be
    /// asked, or has become nonsense.
    pub async fn refresh_provisioning(&self, phone: &Phone) {
        let Some(url) = self.provisioned.url() else { return };
        match self.fetch(&url).await {
            Ok(text) if self.provisioned.is_from(&url, &text) => {}
            Ok(text) => match self.keep(phone, url, text).await {
                Ok(()) => info!("the server that sets something here has changed it"),
                Err(error) => warn!(%error, "what a server wants to set is left as it was"),
            },
            Err(error) => warn!(%error, "the server that sets something here could not be asked"),
        }
    }

    async fn keep(&self, phone: &Phone, url: String, text: String) -> Result<(), Refusal> {
        let (provisioned, folder) = (self.provisioned.clone(), self.folder()?);
        let from = url.clone();
        let kept = spawn_blocking(move || provisioned.accept(&folder, &url, &text));
        kept.await.map_err(broken)?.map_err(|error| match error {
            ReadError::Unreadable(problem) => unwritten(&problem),
            ReadError::Damaged { .. } | ReadError::Newer { .. } => Refusal::OfferDamaged { url: from, fault: error.fault() },
        })?;
        let settings = self.provisioned.impose(Settings::clone(&self.settings.borrow()));
        phone.send(Command::SaveSettings { settings: Box::new(settings) })?;
        Ok(())
    }

    async fn fetch(&self, url: &str) -> Result<String, Refusal> {
        let url = url.trim();
        if !url.starts_with("https://") {
            return Err(Refusal::NotHttps);
        }
        let answer = self.world.network.ask(&HttpRequest::get(url)).await.map_err(|cause| Refusal::Offline { cause })?;
        if answer.status != 200 {
            return Err(Refusal::HttpStatus { status: answer.status });
        }
        Ok(answer.body.expose().to_owned())
    }
}
