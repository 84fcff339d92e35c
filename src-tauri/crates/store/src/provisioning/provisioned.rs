//! All that is provisioned for a user at a time, shared by whoever reads, writes or uses settings.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use model::{FieldFault, FieldProblem, FileDamage, FileFault, ProvisionView, Settings, Trouble};
use toml::Table;

use super::{LARGEST, Page, Provisioning, overlay::differing};
use crate::{DataFolder, ReadError, plain, replace::replace, settings::text_of};

/// Where the administrator of a machine writes, and others may only read.
#[cfg(target_os = "linux")]
const OF_MACHINE: &str = "/etc/sidetone/provisioning.toml";
#[cfg(target_os = "macos")]
const OF_MACHINE: &str = "/Library/Application Support/Sidetone/provisioning.toml";
// Not by the environment, which is the user's to change; nor in ProgramData, where everybody may make a folder.
#[cfg(windows)]
const OF_MACHINE: &str = r"C:\Program Files\Sidetone\provisioning.toml";

/// Every page, for a machine whose file cannot be understood.
const PAGES: [Page; 7] =
    [Page::Accounts, Page::Devices, Page::Calls, Page::Network, Page::Shortcuts, Page::Privacy, Page::Window];

/// What others set. Clones are the same. Nothing at first.
#[derive(Clone, Default)]
pub struct Provisioned(Arc<RwLock<State>>);

#[derive(Clone, Default)]
struct State {
    of_machine: Option<Provisioning>,
    of_url: Option<(String, Provisioning)>,
    /// Why what a machine's file says is not known, and which file that is: then nothing can be changed.
    trouble: Option<(String, FileFault)>,
    /// Why what a server had set is not in force.
    lost: Option<FileFault>,
}

impl fmt::Debug for Provisioned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provisioned(..)")
    }
}

impl Provisioned {
    /// What the machine's file sets, and what a server set to which this user agreed.
    pub fn load(folder: &DataFolder) -> Self {
        Self::load_from(Path::new(OF_MACHINE), folder)
    }

    /// The same with another file for the machine.
    pub fn load_from(machine: &Path, folder: &DataFolder) -> Self {
        let mut state = State::default();
        match Provisioning::read(machine) {
            Ok(of_machine) => state.of_machine = of_machine,
            Err(error) => state.trouble = Some((machine.display().to_string(), error.fault())),
        }
        match read_kept(folder) {
            Ok(of_url) => state.of_url = of_url,
            // It can be had again from where it came; what it had set is the user's own until then.
            Err(error) => state.lost = Some(error.fault()),
        }
        Self(Arc::new(RwLock::new(state)))
    }

    /// One text, for tests and trials.
    ///
    /// # Errors
    /// When it does not make sense.
    pub fn of_text(source: &str, text: &str) -> Result<Self, ReadError> {
        let of_machine = Some(Provisioning::of_text(source, text)?);
        Ok(Self(Arc::new(RwLock::new(State { of_machine, ..State::default() }))))
    }

    /// Keeps a text that came from `url`, to which the user has agreed, and puts it in force.
    ///
    /// # Errors
    /// When it does not make sense, or cannot be kept.
    pub fn accept(&self, folder: &DataFolder, url: &str, text: &str) -> Result<(), ReadError> {
        let provisioning = Provisioning::of_text(url, text)?;
        // The address stands in a comment of the first line: the rest is as it came.
        let kept = format!("{MARK}{url}\n{text}");
        replace(&folder.provisioning_file(), kept.as_bytes()).map_err(ReadError::Unreadable)?;
        self.change(|state| state.of_url = Some((url.to_owned(), provisioning)));
        Ok(())
    }

    /// Forgets what came from a server; the user's own settings are in force again.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget(&self, folder: &DataFolder) -> io::Result<()> {
        match std::fs::remove_file(folder.provisioning_file()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        self.change(|state| state.of_url = None);
        Ok(())
    }

    /// The server that sets something here.
    pub fn url(&self) -> Option<String> {
        self.state().of_url.map(|(url, _)| url)
    }

    /// Whether this is what that server has set already.
    pub fn is_from(&self, url: &str, text: &str) -> bool {
        let known = self.state().of_url;
        known.is_some_and(|(of, known)| of == url && Provisioning::of_text(url, text).is_ok_and(|new| new == known))
    }

    /// What was wrong when it was read.
    pub fn troubles(&self) -> Vec<Trouble> {
        let State { trouble, lost, .. } = self.state();
        let trouble = trouble.map(|(file, fault)| Trouble::RulesUnread { file, fault });
        trouble.into_iter().chain(lost.map(|fault| Trouble::OfferLost { fault })).collect()
    }

    /// Lays it over a user's settings; the machine's file comes last and so wins.
    pub fn impose(&self, settings: Settings) -> Settings {
        self.state().all().fold(settings, |settings, provisioning| provisioning.impose(settings))
    }

    /// Which of the changes from `before` to `after` are not allowed.
    pub fn refuse(&self, before: &Settings, after: &Settings) -> Vec<FieldProblem> {
        let state = self.state();
        if let Some((file, fault)) = &state.trouble {
            let fault = FieldFault::RulesDamaged { file: file.clone(), fault: fault.clone() };
            let changed = PAGES.iter().flat_map(|page| page.changed(before, after));
            return changed.map(|field| FieldProblem { field, fault: fault.clone() }).collect();
        }
        let fixed = differing(after, &self.impose(after.clone())).into_iter().filter_map(|field| {
            // The machine's file comes last.
            let by = state.all().filter(|provisioning| provisioning.sets(&field)).last().or_else(|| state.all().last())?;
            Some(FieldProblem { fault: by.why(), field })
        });
        let locked = state.all().flat_map(|provisioning| {
            let changed = provisioning.locked().flat_map(|page| page.changed(before, after));
            changed.map(|field| FieldProblem { field, fault: provisioning.why() })
        });
        let mut refused: Vec<FieldProblem> = fixed.chain(locked).collect();
        refused.sort_by(|a, b| a.field.cmp(&b.field));
        refused.dedup_by(|a, b| a.field == b.field);
        refused
    }

    /// What the pages show of it.
    pub fn view(&self) -> ProvisionView {
        let state = self.state();
        let mut view = ProvisionView { url: state.of_url.as_ref().map(|(url, _)| url.clone()), ..ProvisionView::default() };
        if let Some((file, trouble)) = state.trouble {
            view.locked = PAGES.iter().map(|page| page.name().to_owned()).collect();
            view.trouble = Some(trouble);
            view.source = file;
            return view;
        }
        for provisioning in state.of_url.as_ref().map(|(_, of_url)| of_url).into_iter().chain(&state.of_machine) {
            view.locked.extend(provisioning.locked().map(|page| page.name().to_owned()));
            view.fixed.extend(provisioning.fixed());
            provisioning.source().clone_into(&mut view.source);
            provisioning.contact().clone_into(&mut view.contact);
        }
        for names in [&mut view.locked, &mut view.fixed] {
            names.sort();
            names.dedup();
        }
        view
    }

    pub(crate) fn give_back(&self, written: &mut Table, file: &Table) {
        for provisioning in self.state().all() {
            provisioning.give_back(written, file);
        }
    }

    fn state(&self) -> State {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl State {
    fn all(&self) -> impl Iterator<Item = &Provisioning> {
        self.of_url.iter().map(|(_, of_url)| of_url).chain(&self.of_machine)
    }
}

/// Begins a kept file.
const MARK: &str = "# from ";
const LONGEST_MARK: u64 = 8 * 1024;

fn read_kept(folder: &DataFolder) -> Result<Option<(String, Provisioning)>, ReadError> {
    let path: PathBuf = folder.provisioning_file();
    let bytes = match plain::read(&path, LARGEST + LONGEST_MARK) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ReadError::Unreadable(error)),
    };
    // Where it is from stands before it.
    let text = text_of(&bytes, LARGEST + LONGEST_MARK)?;
    let first = text.lines().next().and_then(|line| line.strip_prefix(MARK));
    let url = first.ok_or(ReadError::Damaged { line: Some(1), damage: FileDamage::NoSource })?;
    Ok(Some((url.to_owned(), Provisioning::of_text(url, text)?)))
}
