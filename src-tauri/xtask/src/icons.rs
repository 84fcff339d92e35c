//! Pictures of the desktop program, drawn once in `icons/*.svg` and committed in every form that a system asks for.

use std::{fs, path::Path, process::Command};

use crate::shell::{Failed, has, output, root};

/// Widths of the pictures of the program that bundles and desktops take.
const APP_SIZES: [u32; 4] = [32, 128, 256, 512];

/// Widths inside `app.ico`.
const ICO_SIZES: [u32; 5] = [16, 24, 32, 48, 256];

/// Names and widths inside `app.icns` (Apple's icon types that hold PNG).
const ICNS_SIZES: [(&[u8; 4], u32); 4] = [(b"ic07", 128), (b"ic08", 256), (b"ic09", 512), (b"ic10", 1024)];

/// A tray shows 16 to 48 pixels; 48 scales down to each of them in whole steps.
const TRAY_SIZE: u32 = 48;

/// Draws every picture anew.
pub fn draw() -> Result<(), Failed> {
    if !has("rsvg-convert") {
        return Err(Failed::new("drawing icons needs rsvg-convert (package librsvg2-bin)"));
    }
    let folder = root().join("icons");
    let app = folder.join("app.svg");
    for size in APP_SIZES {
        write(&folder.join(format!("app-{size}.png")), &png(&app, size)?)?;
    }
    let pictures: Vec<(u32, Vec<u8>)> =
        ICO_SIZES.iter().map(|&size| Ok((size, png(&app, size)?))).collect::<Result<_, Failed>>()?;
    write(&folder.join("app.ico"), &ico(&pictures))?;
    let pictures: Vec<(&[u8; 4], Vec<u8>)> =
        ICNS_SIZES.iter().map(|&(name, size)| Ok((name, png(&app, size)?))).collect::<Result<_, Failed>>()?;
    write(&folder.join("app.icns"), &icns(&pictures))?;
    let entries = fs::read_dir(&folder).map_err(|error| Failed::new(format!("icons: {error}")))?;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("tray-") && name.ends_with(".svg") {
            write(&path.with_extension("png"), &png(&path, TRAY_SIZE)?)?;
        }
    }
    Ok(())
}

fn png(source: &Path, size: u32) -> Result<Vec<u8>, Failed> {
    let target = std::env::temp_dir().join(format!("sidetone-icon-{}.png", std::process::id()));
    let width = size.to_string();
    let mut command = Command::new("rsvg-convert");
    command.args(["-w", &width, "-h", &width, "-o"]).arg(&target).arg(source);
    output(&mut command).ok_or_else(|| Failed::new(format!("{} cannot be drawn", source.display())))?;
    let drawn = fs::read(&target).map_err(|error| Failed::new(format!("{}: {error}", source.display())))?;
    fs::remove_file(&target).map_err(|error| Failed::new(format!("{}: {error}", target.display())))?;
    Ok(drawn)
}

/// Windows' container: a directory of pictures, then the pictures.
fn ico(pictures: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let count = u16::try_from(pictures.len()).unwrap_or(u16::MAX);
    let mut file = vec![0, 0, 1, 0];
    file.extend(count.to_le_bytes());
    let mut at = 6 + 16 * u32::from(count);
    for (size, picture) in pictures {
        // 0 stands for 256.
        let side = u8::try_from(*size).unwrap_or(0);
        let length = u32::try_from(picture.len()).unwrap_or(u32::MAX);
        file.extend([side, side, 0, 0, 1, 0, 32, 0]);
        file.extend(length.to_le_bytes());
        file.extend(at.to_le_bytes());
        at += length;
    }
    pictures.iter().for_each(|(_, picture)| file.extend(picture));
    file
}

/// Apple's container: each picture with its type and length.
fn icns(pictures: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    let total = 8 + pictures.iter().map(|(_, picture)| 8 + picture.len()).sum::<usize>();
    let mut file = b"icns".to_vec();
    file.extend(length(total));
    for (name, picture) in pictures {
        file.extend(*name);
        file.extend(length(8 + picture.len()));
        file.extend(picture);
    }
    file
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    fs::write(path, bytes).map_err(|error| Failed::new(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_tell_where_their_pictures_are() {
        let file = ico(&[(16, vec![1, 2]), (256, vec![3])]);
        assert_eq!(&file[..6], [0, 0, 1, 0, 2, 0]);
        assert_eq!((file[6], file[22]), (16, 0));
        assert_eq!((&file[18..22], &file[34..38]), (&[38, 0, 0, 0][..], &[40, 0, 0, 0][..]));
        assert_eq!(&file[38..], [1, 2, 3]);
        let file = icns(&[(b"ic07", vec![9; 3])]);
        assert_eq!(file, [&b"icns"[..], &[0, 0, 0, 19], b"ic07", &[0, 0, 0, 11], &[9; 3]].concat());
    }
}
