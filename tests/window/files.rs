//! Files that the user gives and keeps: the system's own dialogs, and what arrives.

use std::{fs, path::Path};

use super::{
    driver::Driver,
    screen::{Screen, eventually},
};

/// Says in the system's dialog that a file shall be at `path`, and waits for what is written there.
fn save_as(screen: &Screen, path: &Path) -> String {
    let dialog = screen.window("Save the file");
    screen.xdotool(&["windowactivate", "--sync", &dialog]);
    screen.xdotool(&["key", "--clearmodifiers", "ctrl+a"]);
    screen.xdotool(&["type", "--clearmodifiers", path.to_str().expect("a path that is text")]);
    screen.xdotool(&["key", "--clearmodifiers", "Return"]);
    eventually("the file", || fs::read_to_string(path).ok().filter(|text| !text.is_empty()))
}

#[test]
fn contacts_come_from_files_and_go_into_files_where_the_user_says() {
    let Some(screen) = Screen::open() else { return };
    screen.settings("");
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("registration", "document.body.innerText.includes('practice')");
    page.click("//nav//button[contains(., 'Contacts')]");
    page.click("//summary[contains(., 'Import and export')]");
    let takes_in = |name: &str, file: &[u8]| {
        let path = screen.home().join(name);
        fs::write(&path, file).expect("it is written");
        page.type_into("//input[@type='file']", path.to_str().expect("a path that is text"));
    };
    takes_in("people.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoë Wintergarten\r\nTEL:4711\r\nEND:VCARD\r\n".as_bytes());
    page.wait_until("who was in the vCard", "document.body.innerText.includes('Zoë Wintergarten')");
    // As spreadsheets on Windows write it.
    takes_in("people.csv", b"Name;Phone\r\nJ\xf6rg Stra\xdfe;4712\r\n");
    page.wait_until("who was in the table", "document.body.innerText.includes('Jörg Straße')");

    page.click("//button[contains(., 'Export as vCard')]");
    let vcard = save_as(&screen, &screen.home().join("kept.vcf"));
    assert!(vcard.starts_with("BEGIN:VCARD") && vcard.contains("Zoë Wintergarten") && vcard.contains("Jörg Straße"), "{vcard}");
    page.wait_until("where it is", "document.body.innerText.includes('kept.vcf')");

    page.click("//button[contains(., 'Export as CSV')]");
    let table = save_as(&screen, &screen.home().join("kept.csv"));
    assert!(table.contains("Name") && table.contains("Zoë Wintergarten") && table.contains("4712"), "{table}");
}

#[test]
fn the_support_bundle_that_is_saved_is_the_one_that_was_shown() {
    let Some(screen) = Screen::open() else { return };
    screen.settings("");
    let Some(page) = Driver::start(&screen, &[]) else { return };
    page.wait_until("registration", "document.body.innerText.includes('practice')");
    page.click("//nav//button[contains(., 'Settings')]");
    page.click("//nav//button[contains(., 'Diagnostics')]");
    page.click("//button[contains(., 'Support bundle')]");
    page.click("//button[contains(., 'Show it')]");
    page.wait_until("the bundle", "document.querySelector('.preview')?.textContent.includes('Sidetone')");
    let shown = page.run("return document.querySelector('.preview').textContent");
    page.click("//button[contains(., 'Save …')]");
    let saved = save_as(&screen, &screen.home().join("bundle.txt"));
    assert_eq!(Some(saved.as_str()), shown.as_str());
}
