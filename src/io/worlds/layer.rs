//! How the upper layer of an overlay says that something of the lower one is not to be seen: a whiteout, a device
//! file of number 0, hides what has its name; an opaque folder hides what is in the folder of its name.

#[cfg(not(target_os = "linux"))]
pub use elsewhere::*;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsString;
    use std::fs::{self, Metadata};
    use std::io;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    use std::path::Path;

    use nix::sys::stat::{Mode, SFlag, makedev, mknod};
    use rustix::fs::{XattrFlags, lgetxattr, lsetxattr};

    const OPAQUE: &str = "user.overlay.opaque";

    pub fn is_whiteout(meta: &Metadata) -> bool {
        meta.file_type().is_char_device() && meta.rdev() == 0
    }

    pub fn make_whiteout(path: &Path) -> io::Result<()> {
        Ok(mknod(path, SFlag::S_IFCHR, Mode::empty(), makedev(0, 0))?)
    }

    pub fn is_opaque(folder: &Path) -> bool {
        let mut value = [0; 1];
        lgetxattr(folder, OPAQUE, &mut value).is_ok_and(|length| &value[..length] == b"y")
    }

    pub fn make_opaque(folder: &Path) -> io::Result<()> {
        Ok(lsetxattr(folder, OPAQUE, b"y", XattrFlags::empty())?)
    }

    /// Whether the folder `upper` shows nothing of its own and nothing of `lower`.
    pub fn hides_all(upper: &Path, lower: &Path) -> io::Result<bool> {
        let mut hidden: Vec<OsString> = Vec::new();
        for entry in fs::read_dir(upper)? {
            let entry = entry?;
            if !is_whiteout(&entry.metadata()?) {
                return Ok(false);
            }
            hidden.push(entry.file_name());
        }
        let mut below = fs::read_dir(lower).into_iter().flatten().flatten();
        Ok(is_opaque(upper) || below.all(|entry| hidden.contains(&entry.file_name())))
    }
}

/// No overlays, no layers.
#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::fs::Metadata;
    use std::io;
    use std::path::Path;

    pub fn is_whiteout(_meta: &Metadata) -> bool {
        false
    }

    pub fn make_whiteout(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    pub fn is_opaque(_folder: &Path) -> bool {
        false
    }

    pub fn make_opaque(_folder: &Path) -> io::Result<()> {
        Ok(())
    }

    pub fn hides_all(_upper: &Path, _lower: &Path) -> io::Result<bool> {
        Ok(false)
    }
}
