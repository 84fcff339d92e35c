//! A line on the control socket: read as a request, and done.

use std::hint::black_box;

use calls::{CallControl, io::Input};
use model::{Instant, Settings};
use phone::RemoteRequest;

/// Reads a line and lets call control do what it asks for.
pub fn exercise(line: &[u8]) {
    let Ok(request) = serde_json::from_slice::<RemoteRequest>(line) else { return };
    let written = serde_json::to_vec(&request).expect("what was read can be written");
    assert_eq!(serde_json::from_slice::<RemoteRequest>(&written).ok().as_ref(), Some(&request), "it is read again as the same");
    if let RemoteRequest::Command(command) = request {
        let mut control = CallControl::new(&Settings::default());
        control.handle(Instant::START, Input::Command(*command));
        while let Some(output) = control.poll_output() {
            black_box(output);
        }
        black_box((control.snapshot(Instant::START), control.poll_timeout()));
    }
}
