//! Where the window was, for each arrangement of monitors, and what its user has been told.

use std::{collections::BTreeMap, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{plain, replace::replace};

/// Arrangements that are remembered; a laptop that travels meets a handful.
const MOST: usize = 16;

/// Largest file that is read.
const LARGEST: u64 = 64 * 1024;

/// A place on the screen, in physical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Place {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

/// What is remembered of the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Places {
    /// By arrangement of monitors.
    places: BTreeMap<String, Place>,
    /// Whether its user knows that closing it leaves the phone in the tray.
    pub told_of_tray: bool,
}

impl Places {
    /// Where it was when the monitors stood like this.
    pub fn of(&self, monitors: &str) -> Option<Place> {
        self.places.get(monitors).copied()
    }

    /// Remembers a place; whether that is news.
    pub fn remember(&mut self, monitors: &str, place: Place) -> bool {
        if self.places.len() >= MOST && !self.places.contains_key(monitors) {
            self.places.pop_first();
        }
        self.places.insert(monitors.to_owned(), place) != Some(place)
    }
}

/// The file that keeps [`Places`].
#[derive(Clone, Debug)]
pub struct PlacesFile(PathBuf);

impl PlacesFile {
    /// At this path; nothing is touched yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// What is kept. A file that cannot be read costs no more than a window in its first place.
    pub fn load(&self) -> Places {
        let bytes = plain::read(&self.0, LARGEST).unwrap_or_default();
        let text = if bytes.len() as u64 <= LARGEST { str::from_utf8(&bytes).unwrap_or_default() } else { "" };
        toml::from_str(text).unwrap_or_default()
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, places: &Places) -> io::Result<()> {
        replace(&self.0, toml::to_string(places).map_err(io::Error::other)?.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_arrangement_has_its_place_and_a_damaged_file_costs_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = PlacesFile::at(folder.path().join("window.toml"));
        let place = Place { x: -5, y: 6, width: 360, height: 640 };
        let mut places = file.load();
        assert!(places.remember("1920x1080+0+0", place));
        assert!(!places.remember("1920x1080+0+0", place), "no news");
        places.told_of_tray = true;
        file.save(&places).expect("it is kept");
        assert_eq!(file.load(), places);
        assert_eq!(places.of("1920x1080+0+0"), Some(place));
        assert_eq!(places.of("800x600+0+0"), None);
        std::fs::write(folder.path().join("window.toml"), "= nonsense").expect("written");
        assert_eq!(file.load(), Places::default());
    }

    #[test]
    fn no_more_arrangements_than_anybody_has_are_kept() {
        let mut places = Places::default();
        for n in 0..100 {
            places.remember(&format!("{n:03}"), Place { x: n, y: 0, width: 1, height: 1 });
        }
        assert_eq!(places.places.len(), MOST);
    }
}
