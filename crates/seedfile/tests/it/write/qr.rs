//! QR codes of links.

use seedfile::{
    Background, UnwritableReason, otpauth_link, qr_svg, qr_text, secrecy::ExposeSecret,
};

use super::one;

#[test]
fn a_picture_is_an_svg_without_scripts() {
    let svg = qr_svg(&one(|_| ())).unwrap();
    let svg = svg.expose_secret();
    assert!(svg.starts_with("<?xml version=\"1.0\"") && svg.trim_end().ends_with("</svg>"));
    assert!(!svg.contains("script") && !svg.contains("GEZDG"), "{svg}");
}

#[test]
fn a_terminal_shows_the_code_with_its_quiet_zone_in_either_colours() {
    let dark = qr_text(&one(|_| ()), Background::Dark).unwrap();
    let light = qr_text(&one(|_| ()), Background::Light).unwrap();
    let lines: Vec<&str> = dark.expose_secret().lines().collect();
    let width = lines[0].chars().count();
    assert!(lines.iter().all(|line| line.chars().count() == width));
    // Four modules on each side are light: drawn on a dark ground, left out on a light one.
    assert!(lines[..2].iter().all(|line| line.chars().all(|c| c == '█')));
    // Two modules a line; the number of modules is odd.
    let (last, whole) = lines.split_last().unwrap();
    let has_margins = |line: &&str| line.starts_with("████") && line.ends_with("████");
    assert!(whole.iter().all(has_margins), "{whole:?}");
    assert!(last.chars().all(|c| c == '▀'), "{last}");
    let lines: Vec<&str> = light.expose_secret().lines().collect();
    assert!(lines[..2].iter().all(|line| line.trim().is_empty()));
    assert!(lines.iter().all(|line| line.starts_with("    ")));
}

#[test]
fn a_link_that_is_too_long_is_named() {
    let long = one(|token| token.model = "x".repeat(4000));
    assert_eq!(qr_svg(&long).unwrap_err().reason, UnwritableReason::QrCode);
    assert_eq!(
        qr_text(&long, Background::Dark).unwrap_err().reason,
        UnwritableReason::QrCode
    );
}

/// What a camera before a dark terminal reads.
fn scanned(text: &str) -> String {
    const PIXELS: usize = 4;
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let (width, height) = (lines[0].len() * PIXELS, lines.len() * 2 * PIXELS);
    let bright = |x: usize, y: usize| {
        let half = if (y / PIXELS).is_multiple_of(2) {
            '▀'
        } else {
            '▄'
        };
        let shown = lines[y / PIXELS / 2][x / PIXELS];
        shown == '█' || shown == half
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        if bright(x, y) { 255 } else { 0 }
    });
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1);
    codes[0].decode().unwrap().1
}

#[test]
fn another_program_reads_the_link() {
    let token = one(|token| token.model = "C202 \u{e9} & more".repeat(8));
    let shown = qr_text(&token, Background::Dark).unwrap();
    let link = otpauth_link(&token).unwrap();
    assert_eq!(scanned(shown.expose_secret()), link.expose_secret());
}
