//! What web views need of the process and get of it: the one place that knows WebKit.

use tauri::{LogicalSize, Url, WebviewWindow};

/// Where pages are served from: by the program itself, nowhere else.
pub(crate) fn is_ours(url: &Url) -> bool {
    url.scheme() == "tauri" || matches!(url.host_str(), Some("tauri.localhost"))
}

/// Must be called first in the process.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() {
    use std::env::{set_var, var_os};
    // The page draws what it is told and computes nothing: the compilers for long-running scripts cost more, in memory and in
    // time, than they give back. (The first one, which everything runs through, stays.)
    const COMPILERS: &str = "JSC_useDFGJIT";
    if var_os(COMPILERS).is_none() {
        // SAFETY: no other thread has been started that could read the environment at the same time.
        unsafe { set_var(COMPILERS, "0") };
    }
    // Without it some drivers draw nothing at all, and every machine without a GPU draws slower. Under automation it would
    // keep screenshots waiting for ever.
    const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if var_os(NO_DMABUF).is_none() && var_os("TAURI_WEBVIEW_AUTOMATION").is_none() {
        // SAFETY: as above.
        unsafe { set_var(NO_DMABUF, "1") };
        keep_drivers_out();
    }
}

/// Keeps OpenGL out of this process, for good: GTK and WebKit would load its drivers to ask what they can, and never let go of them.
/// Pages are drawn by WebKit's own processes, which have theirs; what arrives here are pictures in shared memory. Without a GPU the
/// drivers are a compiler of 80 MB.
#[cfg(target_os = "linux")]
fn keep_drivers_out() {
    use std::{
        env::{remove_var, set_var, var_os},
        ffi::c_void,
    };

    // GTK asks for GLX when it starts. (Not a choice of the user's, who would have set it.)
    if var_os("GDK_GL").is_none() {
        // SAFETY: as in `prepare`.
        unsafe { set_var("GDK_GL", "disable") };
    }
    // The dispatcher in front of the drivers (libglvnd) looks for them once in the life of a process: at the first question, which is
    // this one. WebKit's processes do not inherit it: without any driver they would abort.
    const WHERE_DRIVERS_ARE: [&str; 2] = ["__EGL_VENDOR_LIBRARY_FILENAMES", "__EGL_VENDOR_LIBRARY_DIRS"];
    if WHERE_DRIVERS_ARE.iter().any(|name| var_os(name).is_some()) {
        return;
    }
    // SAFETY: as in `prepare`; the library is the one that WebKit is linked to, and only starts itself when it is loaded.
    unsafe {
        let Ok(dispatcher) = libloading::Library::new("libEGL.so.1") else { return };
        WHERE_DRIVERS_ARE.iter().for_each(|name| set_var(name, "/dev/null"));
        // SAFETY: `EGLDisplay eglGetDisplay(EGLNativeDisplayType)` of EGL 1.0; null is EGL_DEFAULT_DISPLAY.
        if let Ok(get_display) = dispatcher.get::<unsafe extern "C" fn(*mut c_void) -> *mut c_void>(b"eglGetDisplay\0") {
            get_display(std::ptr::null_mut());
        }
        WHERE_DRIVERS_ARE.iter().for_each(|name| remove_var(name));
        // What it has learnt is forgotten with it.
        std::mem::forget(dispatcher);
    }
}

/// Must be called first in the process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() {}

/// Loads the page again when the process that draws it has died. The phone has not noticed.
#[cfg(target_os = "linux")]
pub(crate) fn restore_after_crash(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt;
    window.with_webview(|view| {
        view.inner().connect_web_process_terminated(|view, reason| {
            tracing::warn!(?reason, "the page's process ended; it is loaded again");
            view.reload();
        });
    })
}

/// Loads the page again when the process that draws it has died; by itself WebView2 shows that something went wrong, and no page. The
/// phone has not noticed.
#[cfg(windows)]
pub(crate) fn restore_after_crash(window: &WebviewWindow) -> tauri::Result<()> {
    use webview2_com::{
        Microsoft::Web::WebView2::Win32::COREWEBVIEW2_PROCESS_FAILED_KIND_RENDER_PROCESS_EXITED, ProcessFailedEventHandler,
    };
    window.with_webview(|view| {
        let reload = ProcessFailedEventHandler::create(Box::new(|view, failed| {
            let (Some(view), Some(failed)) = (view, failed) else { return Ok(()) };
            let mut kind = Default::default();
            // SAFETY: writes to a value of the right type, and both are alive during the call.
            unsafe { failed.ProcessFailedKind(&raw mut kind)? };
            if kind != COREWEBVIEW2_PROCESS_FAILED_KIND_RENDER_PROCESS_EXITED {
                return Ok(());
            }
            tracing::warn!("the page's process ended; it is loaded again");
            // SAFETY: takes nothing, on the thread that the view belongs to.
            unsafe { view.Reload() }
        }));
        let mut token = 0;
        // SAFETY: on the thread that the view belongs to, which keeps the handler as long as it lives; the token is a plain number.
        let watched =
            unsafe { view.controller().CoreWebView2().and_then(|view| view.add_ProcessFailed(&reload, &raw mut token)) };
        if let Err(error) = watched {
            tracing::warn!(%error, "the page stays away if its process ends");
        }
    })
}

/// Tauri does so by itself.
#[cfg(target_os = "macos")]
pub(crate) fn restore_after_crash(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Ends what WebKit keeps for the next page when there is none, some 30 MB: its process for the network, which none of our pages uses.
/// It would end with the program only; the next page has it started again. To be called on the main thread, while no window is there.
#[cfg(target_os = "linux")]
pub(crate) fn end_idle() {
    let own = children();
    // One that has not ended yet, or has begun, still talks with it.
    if own.iter().any(|(_, name)| name.starts_with("WebKitWebProces")) {
        return;
    }
    for (process, _) in own.iter().filter(|(_, name)| name.starts_with("WebKitNetworkPr")) {
        tracing::debug!(process, "nothing is drawn: WebKit's process for the network is ended");
        // SAFETY: takes plain numbers. The process is our child, so that its number is nobody else's before we have waited for it.
        unsafe { libc::kill(*process, libc::SIGTERM) };
    }
}

/// The processes that this one has started: their numbers, and the first 15 letters of their names.
#[cfg(target_os = "linux")]
fn children() -> Vec<(i32, String)> {
    let this = std::process::id().to_string();
    let read = |entry: std::fs::DirEntry| {
        let process = entry.file_name().to_str()?.parse().ok()?;
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        (field("PPid:")? == this).then_some((process, field("Name:")?.to_owned()))
    };
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| read(entry.ok()?)).collect()
}

/// Other systems share such processes, or have none.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_idle() {}

/// How much greater than usual the user has the letters of all programs; pages are written so, and windows are as great as before. To be
/// called on the main thread.
#[cfg(target_os = "linux")]
pub(crate) fn letters() -> f64 {
    const USUAL_DPI: f64 = 96.0;
    gtk::gdk::Screen::default().map_or(1.0, |screen| screen.resolution() / USUAL_DPI)
}

/// Other systems make windows greater with what is in them.
#[cfg(not(target_os = "linux"))]
pub(crate) fn letters() -> f64 {
    1.0
}

/// Gives a window that its user cannot resize its size, in logical pixels: GTK takes it from what is in the window.
#[cfg(target_os = "linux")]
pub(crate) fn fix_size(window: &WebviewWindow, size: LogicalSize<f64>) -> tauri::Result<()> {
    use webkit2gtk::glib::ObjectExt;
    window.with_webview(move |view| {
        let view = view.inner();
        view.set_property("width-request", size.width as i32);
        view.set_property("height-request", size.height as i32);
    })
}

/// Gives a window that its user cannot resize its size, in logical pixels.
#[cfg(not(target_os = "linux"))]
pub(crate) fn fix_size(window: &WebviewWindow, size: LogicalSize<f64>) -> tauri::Result<()> {
    window.set_size(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_loaded() {
        let ours = |url: &str| is_ours(&url.parse().expect("a URL"));
        assert!(ours("tauri://localhost/index.html") && ours("http://tauri.localhost/"));
        for url in ["https://example.com", "http://localhost:1420", "file:///etc/passwd", "data:text/html,x", "about:blank"] {
            assert!(!ours(url), "{url}");
        }
    }
}
