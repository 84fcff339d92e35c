//! The list of what is published: `latest.json`, as Tauri's updater has it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The list.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    /// The newest version.
    pub(super) version: String,
    /// Its packages by platform.
    platforms: BTreeMap<String, Package>,
}

/// A package.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    /// Where it is.
    pub(super) url: String,
    /// What `tauri signer sign` wrote beside it.
    pub(super) signature: String,
}

impl Manifest {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("the list of versions makes no sense: {error}"))
    }

    /// The package for a platform, when it is newer than what runs.
    pub(super) fn newer_than(&self, running: &str, platform: &str) -> Result<Option<&Package>, String> {
        let number = |text: &str| Version::read(text).ok_or_else(|| format!("{text:?} is no version"));
        if number(&self.version)? <= number(running)? {
            return Ok(None);
        }
        // A list without this platform has nothing for it.
        Ok(self.platforms.get(platform))
    }
}

/// Three numbers; what stands behind them makes an earlier version of the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version([u64; 3], bool);

impl Version {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v');
        let text = text.split('+').next()?;
        let (numbers, rest) = text.split_once('-').map_or((text, None), |(numbers, rest)| (numbers, Some(rest)));
        let mut parts = numbers.split('.').map(|part| part.parse().ok());
        let version = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self(version, rest.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_newer_is_taken() {
        let text = r#"{ "version": "v1.10.0", "notes": "", "platforms": { "p": { "url": "https://x/y", "signature": "s" } } }"#;
        let manifest = Manifest::read(text).expect("a list");
        let newer = |running: &str, platform: &str| manifest.newer_than(running, platform).expect("versions").is_some();
        assert!(newer("1.9.9", "p") && newer("1.10.0-rc.1", "p") && newer("0.1.0", "p"));
        assert!(!newer("1.10.0", "p") && !newer("1.10.1", "p") && !newer("2.0.0", "p") && !newer("1.9.9", "other"));
        for text in ["", "{}", r#"{ "version": 1, "platforms": {} }"#] {
            assert!(Manifest::read(text).is_err(), "{text}");
        }
        let nonsense = Manifest::read(r#"{ "version": "newest", "platforms": {} }"#).expect("a list");
        assert!(nonsense.newer_than("1.0.0", "p").is_err());
    }
}
