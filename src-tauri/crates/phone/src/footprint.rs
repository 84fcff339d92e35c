//! What the process takes of the computer's memory while it waits.

use std::time::Duration;

use tokio::time::sleep;

/// After this long a phone has started all that it starts with, and is registered.
const STARTED: Duration = Duration::from_secs(2);

/// Hands back, once, what only starting needed of the program's own code: most of it, and a phone waits all day. What is needed
/// again is mapped again, from the same file and in microseconds.
pub async fn hand_back_start() {
    sleep(STARTED).await;
    hand_back_code();
}

/// Unmaps the pages of this program's code and constants, which stay in the page cache as long as there is room.
#[cfg(target_os = "linux")]
fn hand_back_code() {
    /// Nonzero ends the loader's walk. The first object is the program itself, and no other is ours.
    const NO_MORE: libc::c_int = 1;

    unsafe extern "C" fn of_object(object: *mut libc::dl_phdr_info, _: libc::size_t, _: *mut libc::c_void) -> libc::c_int {
        // SAFETY: the loader describes an object that stays loaded during this call, with that many program headers.
        let (base, headers) = unsafe {
            let object = &*object;
            (object.dlpi_addr, std::slice::from_raw_parts(object.dlpi_phdr, object.dlpi_phnum.into()))
        };
        // SAFETY: takes and returns plain numbers.
        let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        // What can be written to holds more than the file has, be it only addresses of the loader's.
        for part in headers.iter().filter(|part| part.p_type == libc::PT_LOAD && part.p_flags & libc::PF_W == 0) {
            let from = (base + part.p_vaddr).next_multiple_of(page);
            let until = (base + part.p_vaddr + part.p_memsz) / page * page;
            if from < until {
                // SAFETY: whole pages of a mapping of the program's file that nobody could write to: what is read there next is what
                // was there before.
                unsafe { libc::madvise(from as *mut libc::c_void, (until - from) as usize, libc::MADV_DONTNEED) };
            }
        }
        NO_MORE
    }

    // SAFETY: the function keeps the loader's contract, and takes no data.
    unsafe { libc::dl_iterate_phdr(Some(of_object), std::ptr::null_mut()) };
}

/// Other systems trim programs that wait by themselves.
#[cfg(not(target_os = "linux"))]
fn hand_back_code() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::read_to_string;

    use super::*;

    /// How much of this program's code is mapped, in kB.
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
            hand_back_code();
            mapped() < before
        };
        assert!((0..20).any(|_| shrinks()), "nothing was handed back");
        assert!("sip:600@localhost".parse::<model::Target>().is_ok());
    }
}
