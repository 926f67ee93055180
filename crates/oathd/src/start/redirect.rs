//! The file that leads the browser to the one-time address. What stands in the arguments of a program,
//! everybody on this machine can read; this file only its owner.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::TempPath;

use crate::door;

const NAME: &str = "open";
const ENDING: &str = ".html";

/// Writes the file. It is removed with what is returned.
pub(super) fn write(directory: &Path, address: &str) -> io::Result<TempPath> {
    let mut builder = tempfile::Builder::new();
    let named = builder.prefix(NAME).suffix(ENDING).rand_bytes(0);
    let mut file = named.tempfile_in(directory)?;
    file.write_all(door::leading_to(address).into_string().as_bytes())?;
    Ok(file.into_temp_path())
}

/// Removes the one of a program that was ended by force.
pub(super) fn remove(directory: &Path) -> io::Result<()> {
    match fs::remove_file(directory.join([NAME, ENDING].concat())) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_leads_to_the_address_is_for_its_owner_and_goes_away() {
        let directory = tempfile::tempdir().unwrap();
        let file = write(directory.path(), "http://[::1]:1/start?key=a&b=\"<").unwrap();
        assert!(file.is_absolute());
        let page = fs::read_to_string(&file).unwrap();
        let address = "http://[::1]:1/start?key=a&amp;b=&quot;&lt;";
        assert!(page.contains(&format!("content=\"0;url={address}\"")));
        assert!(page.contains(&format!("href=\"{address}\"")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let path = file.to_path_buf();
        drop(file);
        assert!(!path.exists());
        remove(directory.path()).unwrap();
        // As a program leaves it that is ended by force.
        write(directory.path(), "").unwrap().keep().unwrap();
        assert!(path.exists() && write(directory.path(), "").is_err());
        remove(directory.path()).unwrap();
        write(directory.path(), "").unwrap();
    }
}
