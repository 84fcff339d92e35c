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
    // Without it some drivers draw nothing at all, and every machine without a GPU draws slower. Under automation it would
    // keep screenshots waiting for ever.
    const NO_DMABUF: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if var_os(NO_DMABUF).is_none() && var_os("TAURI_WEBVIEW_AUTOMATION").is_none() {
        // SAFETY: no other thread has been started that could read the environment at the same time.
        unsafe { set_var(NO_DMABUF, "1") };
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

/// Other systems' views restore themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn restore_after_crash(_window: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
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
