//! A program without `std`, without an allocator and without unwinding. `tests/no_std.rs` builds
//! and runs it; the exit status is the verdict.

#![no_std]
#![no_main]

use core::{ffi::c_int, mem::MaybeUninit, panic::PanicInfo, ptr};

use oath_core::{Algorithm, Code, Digits, Key, Period, Totp, Window};

#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: abort has no preconditions.
    unsafe { abort() }
}

/// The shipped `core` is built to unwind and names this symbol, which `std` has. Nothing here
/// unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

const SECRET: &[u8] = b"12345678901234567890";

#[unsafe(no_mangle)]
extern "C" fn main(_argc: c_int, _argv: *const *const u8) -> c_int {
    if !makes_the_code_of_the_rfc() {
        return 1;
    }
    if ![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]
        .into_iter()
        .all(wipes_its_key)
    {
        return 2;
    }
    0
}

/// RFC 6238 appendix B, the row with a leading zero.
fn makes_the_code_of_the_rfc() -> bool {
    let key = Key::new(Algorithm::Sha1, SECRET);
    let totp = Totp::new(Digits::EIGHT, Period::THIRTY);
    let code = totp.generate(&key, 1_111_111_109);
    let accepted = totp.verify(&key, 1_111_111_139, Window::symmetric(1), &code);
    code.as_str() == "07081804"
        && Code::parse("07081804") == Ok(code)
        && accepted.is_some_and(|accepted| accepted.drift == -1)
}

/// Whether dropping a key wipes the state of both of HMAC's pads, each as long as the hash.
fn wipes_its_key(algorithm: Algorithm) -> bool {
    const CHANCE_ZEROS: usize = 8;
    let mut place = MaybeUninit::<Key>::zeroed();
    place.write(Key::new(algorithm, SECRET));
    let before = bytes(&place);
    // SAFETY: the place holds the key written above, which is not used again.
    unsafe { place.assume_init_drop() };
    let pairs = before.into_iter().zip(bytes(&place));
    let wiped = pairs.filter(|&(before, after)| before != 0 && after == 0);
    wiped.count() >= 2 * algorithm.output_len() - CHANCE_ZEROS
}

/// What the memory of a key holds, whether in use or not.
fn bytes(place: &MaybeUninit<Key>) -> [u8; size_of::<Key>()] {
    let start = place.as_ptr().cast::<u8>();
    // SAFETY: in bounds, and u8 has no alignment. Bytes between and after the fields may be
    // uninitialised in the language's eyes; a volatile read fetches whatever the machine has there.
    core::array::from_fn(|at| unsafe { ptr::read_volatile(start.add(at)) })
}
