//! What the process takes of the computer's memory while it waits.

use std::{future::Future, sync::Arc, time::Duration};

use model::{CallId, CallState, Snapshot};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{sleep, timeout},
};

/// Who has been left alone for so long waits; and what a closed window leaves has ended.
const SETTLED: Duration = Duration::from_secs(2);

/// Calls whose states have stayed for so long go on as they are: what setting them up needed of the code is needed no more.
const UNDER_WAY: Duration = Duration::from_secs(5);

/// How often a phone at rest is looked at: what comes from outside, and is turned away, changes nothing of what it shows.
const LOOK: Duration = Duration::from_secs(10);

/// What a phone at rest may come to take on top; its own records grow by less.
const SWOLLEN: u64 = 2 << 20;

/// It grows no more when it has grown by less than this since it was looked at.
const STILL: u64 = 256 << 10;

/// What a phone has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Nothing goes on.
    Idle,
    /// Calls do, and nothing else.
    InCall,
    /// The same as before, and what something took meanwhile is not in use any more: a storm of calls that were turned away.
    AfterStorm,
}

/// Hands back, each time a phone has come to rest, what starting and calls needed of the memory: most of it, and a phone waits all
/// day. What is needed again of the code is mapped again, from the same files and in microseconds.
///
/// In a call it does so once, when everybody has answered. The code that carries the sound was used 10 ms before and is used within
/// the next 10 ms, so that it is the last to leave the page cache; the rest of the code could leave it as well if it stayed mapped.
///
/// A storm of strangers makes it take memory that it does not need when the storm is over. That is handed back in a call, too.
pub async fn hand_back_at_rest(snapshots: watch::Receiver<Arc<Snapshot>>) {
    at_each_rest(snapshots, written, hand_back).await;
}

/// Hands back, in a moment, what a window needed to be shown, or to end; in a call, when the phone has come to rest.
pub async fn hand_back_window(snapshots: watch::Receiver<Arc<Snapshot>>) {
    in_a_moment(&snapshots, || hand_back(Rest::Idle)).await;
}

async fn hand_back(rest: Rest) {
    // A panic in it is logged by its hook; there is nothing else to do about it.
    let _ended = spawn_blocking(move || {
        match rest {
            // One pool after the other is locked, each for less than a packet lasts.
            Rest::Idle | Rest::AfterStorm => give_up_free(),
            // There is next to nothing to give up, and whoever carries a call may want memory meanwhile.
            Rest::InCall => {}
        }
        unmap_code();
    })
    .await;
}

async fn at_each_rest<Acted: Future>(
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    written: impl Fn() -> Option<u64>,
    mut act: impl FnMut(Rest) -> Acted,
) {
    let mut lean: Option<Lean> = None;
    loop {
        let calls = states(&snapshots.borrow_and_update());
        let is_up = |(_, state): &(CallId, CallState)| matches!(state, CallState::Established { .. } | CallState::Ended { .. });
        if !calls.iter().all(is_up) {
            match changed(&mut snapshots, &calls).await {
                true => continue,
                false => return,
            }
        }
        let (mut after, rest) = if calls.is_empty() { (SETTLED, Rest::Idle) } else { (UNDER_WAY, Rest::InCall) };
        let mut next = Some(rest);
        loop {
            match timeout(after, changed(&mut snapshots, &calls)).await {
                Ok(true) => break,
                Ok(false) => return,
                Err(_) => {}
            }
            let now = written();
            // More calls take more; what is left of a call that is over is handed back as at any rest.
            let known = lean.filter(|lean| lean.calls == calls.len() || (1..lean.calls).contains(&calls.len()));
            let is_swollen = now.zip(known).is_some_and(|(now, lean)| lean.is_swollen(now, next.is_some()));
            if is_swollen && next != Some(Rest::Idle) {
                next = Some(Rest::AfterStorm);
            }
            match next.take() {
                Some(rest) => {
                    act(rest).await;
                    lean = written().map(|written| Lean { calls: calls.len(), written, looked: written });
                }
                None => lean = known.zip(now).map(|(lean, now)| Lean { looked: now, ..lean }),
            }
            after = LOOK;
        }
    }
}

/// What a phone had come to when it had handed back what it did not need.
#[derive(Clone, Copy, Debug)]
struct Lean {
    calls: usize,
    /// What it had written to memory, in bytes.
    written: u64,
    /// The same when it was looked at last.
    looked: u64,
}

impl Lean {
    /// Whether it has grown, and grows no more, which who has just come to rest does not.
    fn is_swollen(&self, now: u64, at_rest: bool) -> bool {
        now > self.written + SWOLLEN && (at_rest || now < self.looked + STILL)
    }
}

/// Waits for a change: any, where there is no call; where there are, one of their states, for their figures change all the time.
/// False when the phone has ended.
async fn changed(snapshots: &mut watch::Receiver<Arc<Snapshot>>, calls: &[(CallId, CallState)]) -> bool {
    while snapshots.changed().await.is_ok() {
        if calls.is_empty() || states(&snapshots.borrow_and_update()) != calls {
            return true;
        }
    }
    false
}

/// Calls that are over are shown for a while; beside others, that is nothing that goes on.
fn states(snapshot: &Snapshot) -> Vec<(CallId, CallState)> {
    let all: Vec<(CallId, CallState)> = snapshot.calls.iter().map(|call| (call.id, call.state.clone())).collect();
    let is_over = |(_, state): &(CallId, CallState)| matches!(state, CallState::Ended { .. });
    let going_on: Vec<(CallId, CallState)> = all.iter().filter(|call| !is_over(call)).cloned().collect();
    if going_on.is_empty() { all } else { going_on }
}

async fn in_a_moment<Acted: Future>(snapshots: &watch::Receiver<Arc<Snapshot>>, act: impl FnOnce() -> Acted) {
    sleep(SETTLED).await;
    if snapshots.borrow().calls.is_empty() {
        act().await;
    }
}

/// What this process has written to memory and has there, in bytes.
#[cfg(target_os = "linux")]
fn written() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = pages.split_ascii_whitespace().skip(1).map_while(|number| number.parse::<u64>().ok());
    let (resident, of_files) = (pages.next()?, pages.next()?);
    // SAFETY: takes and returns plain numbers.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    Some(resident.saturating_sub(of_files) * page)
}

/// Where it is not known, nobody has to know.
#[cfg(not(target_os = "linux"))]
fn written() -> Option<u64> {
    None
}

/// Has the allocator give up what is free between what is used, in the pools of all threads: by itself it keeps that for the next
/// call.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_up_free() {
    // SAFETY: takes a plain number; the allocator guards its pools by itself (MT-safe).
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_up_free() {}

/// Unmaps the code and constants of this program and its libraries; they stay in the page cache as long as there is room.
#[cfg(target_os = "linux")]
fn unmap_code() {
    use std::ops::Range;

    unsafe extern "C" fn of_object(object: *mut libc::dl_phdr_info, _: libc::size_t, files: *mut libc::c_void) -> libc::c_int {
        // SAFETY: the loader describes an object that stays loaded during this call, with that many program headers; `files` is
        // what was given to it below.
        let (base, headers, files) = unsafe {
            let object = &*object;
            let headers = std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into());
            (object.dlpi_addr, headers, &*files.cast::<Vec<Range<u64>>>())
        };
        // SAFETY: takes and returns plain numbers.
        let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        for part in headers.iter().filter(|part| part.p_type == libc::PT_LOAD && part.p_flags & libc::PF_W == 0) {
            let from = (base + part.p_vaddr).next_multiple_of(page);
            let until = (base + part.p_vaddr + part.p_memsz) / page * page;
            if from < until && files.iter().any(|file| file.start <= from && until <= file.end) {
                // SAFETY: whole pages of a mapping that has only what its file has, and that nobody can write to: what is read there
                // next is what was there before.
                unsafe { libc::madvise(from as *mut libc::c_void, (until - from) as usize, libc::MADV_DONTNEED) };
            }
        }
        0
    }

    let mut files: Vec<Range<u64>> = unchanged_files();
    // SAFETY: the function keeps the loader's contract, and the data outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(of_object), (&raw mut files).cast()) };
}

/// Where this process has mapped files that cannot be written to, and that have not been changed in memory: a library may have been
/// patched, by the loader or by another library.
#[cfg(target_os = "linux")]
fn unchanged_files() -> Vec<std::ops::Range<u64>> {
    let Ok(maps) = std::fs::read_to_string("/proc/self/smaps") else { return Vec::new() };
    let mut files = Vec::new();
    let mut mapping = None;
    for line in maps.lines() {
        let mut words = line.split_ascii_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if let Some((start, end)) = first.split_once('-') {
            let range = u64::from_str_radix(start, 16).ok().zip(u64::from_str_radix(end, 16).ok());
            mapping = range.filter(|_| second.starts_with("r-") && line.contains('/'));
        } else if (first, second) == ("Anonymous:", "0") {
            files.extend(mapping.take().map(|(start, end)| start..end));
        }
    }
    files
}

/// Other systems trim programs that wait by themselves.
#[cfg(not(target_os = "linux"))]
fn unmap_code() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{cell::RefCell, fs::read_to_string};

    use model::Hold;

    use super::*;
    use crate::desktop::test_calls::view;

    const TALKING: CallState = CallState::Established { hold: Hold { local: false, remote: false } };

    /// A phone whose calls are so.
    fn phone<const N: usize>(calls: [CallState; N]) -> Arc<Snapshot> {
        let calls = (1..).zip(calls).map(|(id, state)| view(id, state)).collect();
        Arc::new(Snapshot { calls, ..Snapshot::default() })
    }

    /// When memory was handed back until so many milliseconds later.
    async fn after(ms: u64, rests: &RefCell<Vec<Rest>>) -> Vec<Rest> {
        sleep(Duration::from_millis(ms)).await;
        rests.borrow().clone()
    }

    /// Instead of handing anything back.
    fn noting(rests: &RefCell<Vec<Rest>>) -> impl FnMut(Rest) -> std::future::Ready<()> {
        |rest| {
            rests.borrow_mut().push(rest);
            std::future::ready(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_handed_back_once_at_each_rest() {
        let (tell, snapshots) = watch::channel(phone([]));
        let rests = RefCell::new(Vec::new());
        let story = async {
            assert_eq!(after(1_900, &rests).await, [], "it has just started");
            tell.send_replace(phone([]));
            assert_eq!(after(1_900, &rests).await, [], "something happens");
            assert_eq!(after(200, &rests).await, [Rest::Idle]);
            assert_eq!(after(3_600_000, &rests).await, [Rest::Idle], "nothing has happened since");
            tell.send_replace(phone([CallState::Incoming]));
            assert_eq!(after(3_600_000, &rests).await, [Rest::Idle], "it rings, and may be answered at any moment");
            tell.send_replace(phone([]));
            assert_eq!(after(2_100, &rests).await, [Rest::Idle; 2]);
            drop(tell);
        };
        let acting = at_each_rest(snapshots, || None, noting(&rests));
        tokio::join!(story, acting);
        assert_eq!(rests.borrow().len(), 2, "and it ends with the phone");
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_call_it_is_handed_back_once_when_everybody_has_answered() {
        let (tell, snapshots) = watch::channel(phone([TALKING]));
        let rests = RefCell::new(Vec::new());
        let story = async {
            for _ in 0..4 {
                // Its figures are told each second.
                assert_eq!(after(1_000, &rests).await, []);
                tell.send_replace(phone([TALKING]));
            }
            assert_eq!(after(1_100, &rests).await, [Rest::InCall]);
            tell.send_replace(phone([TALKING]));
            assert_eq!(after(3_600_000, &rests).await, [Rest::InCall], "the call goes on");
            tell.send_replace(phone([TALKING, CallState::Incoming]));
            assert_eq!(after(3_600_000, &rests).await, [Rest::InCall], "another one rings");
            tell.send_replace(phone([TALKING, TALKING]));
            assert_eq!(after(5_100, &rests).await, [Rest::InCall; 2]);
            tell.send_replace(phone([]));
            assert_eq!(after(1_900, &rests).await, [Rest::InCall; 2], "they have just ended");
            assert_eq!(after(200, &rests).await, [Rest::InCall, Rest::InCall, Rest::Idle]);
            drop(tell);
        };
        let acting = at_each_rest(snapshots, || None, noting(&rests));
        tokio::join!(story, acting);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_storm_took_is_handed_back_once_when_it_is_over() {
        for (calls, at_rest) in [(phone([TALKING]), Rest::InCall), (phone([]), Rest::Idle)] {
            let (tell, snapshots) = watch::channel(Arc::clone(&calls));
            let (rests, written) = (RefCell::new(Vec::new()), std::cell::Cell::new(20_u64 << 20));
            let story = async {
                assert_eq!(after(3_600_000, &rests).await, [at_rest]);
                for _ in 0..6 {
                    written.set(written.get() + (3 << 20));
                    assert_eq!(after(10_000, &rests).await, [at_rest], "it goes on");
                }
                assert_eq!(after(20_000, &rests).await, [at_rest, Rest::AfterStorm]);
                assert_eq!(
                    after(3_600_000, &rests).await,
                    [at_rest, Rest::AfterStorm],
                    "nothing can be done about what is in use"
                );
                written.set(written.get() + (1 << 20));
                assert_eq!(after(3_600_000, &rests).await, [at_rest, Rest::AfterStorm], "that is little");
                drop(tell);
            };
            let acting = at_each_rest(snapshots, || Some(written.get()), noting(&rests));
            tokio::join!(story, acting);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_storm_that_rings_is_over_when_the_call_is_alone_again() {
        let (tell, snapshots) = watch::channel(phone([TALKING]));
        let (rests, written) = (RefCell::new(Vec::new()), std::cell::Cell::new(20_u64 << 20));
        let story = async {
            assert_eq!(after(6_000, &rests).await, [Rest::InCall]);
            tell.send_replace(phone([TALKING, CallState::Incoming]));
            written.set(30 << 20);
            assert_eq!(after(60_000, &rests).await, [Rest::InCall], "it rings");
            let over = CallState::Ended { cause: model::Cause::Cancelled };
            tell.send_replace(phone([TALKING, over]));
            assert_eq!(after(4_000, &rests).await, [Rest::InCall]);
            tell.send_replace(phone([TALKING]));
            assert_eq!(after(1_100, &rests).await, [Rest::InCall, Rest::AfterStorm], "that one of them is shown is no change");
            tell.send_replace(phone([TALKING, TALKING]));
            written.set(40 << 20);
            assert_eq!(after(6_000, &rests).await, [Rest::InCall, Rest::AfterStorm, Rest::InCall], "another call takes more");
            drop(tell);
        };
        let acting = at_each_rest(snapshots, || Some(written.get()), noting(&rests));
        tokio::join!(story, acting);
    }

    #[test]
    fn what_is_written_is_known() {
        let before = written().expect("the system tells");
        let filled = std::hint::black_box(vec![7_u8; 64 << 20]);
        assert!(written().expect("the system tells") > before + (32 << 20), "{} bytes were written", filled.len());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_window_it_is_handed_back_unless_in_a_call() {
        for (shown, handed_back) in [(phone([]), 1), (phone([TALKING]), 0)] {
            let (_tell, snapshots) = watch::channel(shown);
            let times = std::cell::Cell::new(0);
            let began = tokio::time::Instant::now();
            in_a_moment(&snapshots, || {
                times.set(times.get() + 1);
                std::future::ready(())
            })
            .await;
            assert_eq!((times.get(), began.elapsed()), (handed_back, SETTLED));
        }
    }

    /// How much code of this program's is mapped, in kB.
    fn mapped() -> u64 {
        let program = std::env::current_exe().expect("it has a file");
        let program = program.to_str().expect("a plain path");
        let maps = read_to_string("/proc/self/smaps").expect("the system tells");
        let mut lines = maps.lines();
        let mut mapped = 0;
        while let Some(line) = lines.next() {
            if line.ends_with(program) && line.contains(" r-xp ") {
                let resident = lines.find_map(|line| line.strip_prefix("Rss:")).expect("each mapping has its figure");
                mapped += resident.trim().trim_end_matches(" kB").parse::<u64>().expect("a number");
            }
        }
        mapped
    }

    #[test]
    fn what_was_handed_back_runs_again() {
        // Other tests run beside this one, and have their code mapped again at any time.
        let shrinks = || {
            let before = mapped();
            unmap_code();
            mapped() < before
        };
        assert!((0..20).any(|_| shrinks()), "nothing was handed back");
        assert!("sip:600@localhost".parse::<model::Target>().is_ok());
    }

    #[test]
    fn what_can_be_written_to_is_left_alone() {
        let statics = (&raw const WRITTEN).addr() as u64;
        let files = unchanged_files();
        assert!(!files.is_empty() && !files.iter().any(|file| file.contains(&statics)));
        WRITTEN.store(7, std::sync::atomic::Ordering::Relaxed);
        unmap_code();
        assert_eq!(WRITTEN.load(std::sync::atomic::Ordering::Relaxed), 7);
    }

    static WRITTEN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
}
