//! The file system a command sees: the world at the project's path, private temporary folders, all else read-only.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};

use super::super::spec::{JailSpec, Layered, Overlay};
use super::linux::Trouble;
use crate::base::limits::JAIL_OVERSHOOT_BYTES;

/// Replaced by empty folders: other people's temporary files, and the sockets of services that would act for us.
const HIDDEN: [(&str, &str); 4] =
    [("/tmp", "1777"), ("/dev/shm", "1777"), ("/var/tmp", "1777"), ("/run", "755")];

/// The same for people's own folders.
const HOME_MODE: &str = "755";

/// Passwords that an administrator, whom we may be, can read.
const SECRETS: [&str; 2] = ["/etc/shadow", "/etc/gshadow"];

/// What the machine's administrator, whom we may be, could change through a fresh `/proc`.
const MACHINE_SWITCHES: [&str; 2] = ["/proc/sys", "/proc/sysrq-trigger"];

/// Builds the view in our own mount namespace. Our working folder afterwards is `/`.
pub fn build(spec: &JailSpec) -> Result<(), Trouble> {
    let overlay = spec.namespaces.as_ref().and_then(|namespaces| namespaces.overlay.as_ref());
    set_flags(Path::new("/"), MsFlags::MS_REC | MsFlags::MS_PRIVATE)?;
    let there_before = mount_points()?;
    // Opened now because the folders they are found through are about to be covered.
    let in_place = overlay.is_none().then(|| spec.project.clone());
    let writable = opened(spec.writable.iter().cloned().chain(in_place))?;
    let dependencies =
        opened(overlay.into_iter().flat_map(|overlay| dependency_paths(spec, overlay)))?;
    let layered = overlay.map_or(&[][..], |overlay| &overlay.layered);
    let layers = opened(layered.iter().map(|layered| layered.path.under(&spec.project)))?;
    if let Some(overlay) = overlay {
        env::set_current_dir(&overlay.folder).map_err(trouble_with(&overlay.folder))?;
    }
    let shown = opened(spec.readable.iter().filter(|path| is_shown(path, spec)).cloned())?;
    HIDDEN.iter().try_for_each(|(folder, mode)| hide(Path::new(folder), mode, spec))?;
    spec.hidden.iter().try_for_each(|folder| hide(folder, HOME_MODE, spec))?;
    shown.iter().try_for_each(|path| bind(path, MsFlags::MS_RDONLY))?;
    if let Some(overlay) = overlay {
        mount_overlay(&spec.project, overlay)?;
        for (lower, layered) in layers.iter().zip(layered) {
            // A file system that cannot be a layer can still be shown.
            mount_layer(lower, layered).or_else(|_| bind(lower, MsFlags::MS_RDONLY))?;
        }
    }
    writable.iter().try_for_each(|folder| bind(folder, MsFlags::empty()))?;
    env::set_current_dir("/").map_err(trouble_with(Path::new("/")))?;
    there_before.iter().filter(|point| !is_covered(point, spec)).try_for_each(|point| {
        // What cannot be made read-only, Landlock refuses all the same.
        point
            .make_read_only()
            .or_else(|trouble| if spec.landlock > 0 { Ok(()) } else { Err(trouble) })
    })?;
    dependencies.iter().try_for_each(|folder| bind(folder, MsFlags::MS_RDONLY))?;
    SECRETS.iter().map(Path::new).filter(|file| File::open(file).is_ok()).try_for_each(|file| {
        mount(Some("/dev/null"), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)
            .map_err(trouble_with(file))
    })?;
    own_proc()
}

/// The folders in memory that a command may write. One inside the project is the project's.
pub fn in_memory(spec: &JailSpec) -> impl Iterator<Item = PathBuf> {
    let all = HIDDEN.iter().map(|(folder, _)| folder.into()).chain(spec.hidden.iter().cloned());
    all.filter(|folder: &PathBuf| !folder.starts_with(&spec.project))
}

/// Whether a path lies where things are hidden, and outside of the project, which is shown anyway.
fn is_shown(path: &Path, spec: &JailSpec) -> bool {
    in_memory(spec).any(|top| path.starts_with(&top) && path != top)
        && path.exists()
        && !path.starts_with(&spec.project)
}

fn dependency_paths(spec: &JailSpec, overlay: &Overlay) -> Vec<PathBuf> {
    let paths = overlay.dependencies.iter().map(|folder| folder.under(&spec.project));
    paths.filter(|path| path.is_dir()).collect()
}

/// A file or folder opened before its path was covered.
struct Opened {
    path: PathBuf,
    handle: File,
}

fn opened(paths: impl Iterator<Item = PathBuf>) -> Result<Vec<Opened>, Trouble> {
    let open = |path: PathBuf| {
        let handle = File::open(&path).map_err(trouble_with(&path))?;
        Ok(Opened { path, handle })
    };
    paths.map(open).collect()
}

/// Covers a folder with an empty one. Symbolic links of the system are kept: programs are found through them.
fn hide(folder: &Path, mode: &str, spec: &JailSpec) -> Result<(), Trouble> {
    if !fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir()) {
        return Ok(());
    }
    let is_systems = !spec.hidden.iter().any(|home| home == folder);
    let links: Vec<(PathBuf, PathBuf)> = fs::read_dir(folder)
        .into_iter()
        .filter(|_| is_systems)
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
        .filter_map(|entry| Some((entry.path(), fs::read_link(entry.path()).ok()?)))
        .collect();
    // More room than there may be used, so that using it up is seen before it is felt.
    let room = spec.caps.memory_bytes.saturating_add(JAIL_OVERSHOOT_BYTES);
    let options = format!("mode={mode},size={room}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), folder, Some("tmpfs"), flags, Some(options.as_str()))
        .map_err(trouble_with(folder))?;
    links.iter().try_for_each(|(link, target)| symlink(target, link).map_err(trouble_with(link)))
}

fn mount_overlay(project: &Path, overlay: &Overlay) -> Result<(), Trouble> {
    let Overlay { lower, upper, work, .. } = overlay;
    let options = format!("userxattr,volatile,lowerdir={lower},upperdir={upper},workdir={work}");
    fs::create_dir_all(project).map_err(trouble_with(project))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("overlay"), project, Some("overlay"), flags, Some(options.as_str()))
        .map_err(|error| format!("an overlay at `{}` is refused: {error}", project.display()))
}

/// Shows an opened folder at its old path, with an upper layer over it that takes what is written.
fn mount_layer(lower: &Opened, layered: &Layered) -> Result<(), Trouble> {
    let (Layered { upper, work, .. }, handle) = (layered, lower.handle.as_raw_fd());
    let options = format!(
        "userxattr,volatile,lowerdir=/proc/self/fd/{handle},upperdir={upper},workdir={work}"
    );
    fs::create_dir_all(&lower.path).map_err(trouble_with(&lower.path))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("overlay"), &lower.path, Some("overlay"), flags, Some(options.as_str()))
        .map_err(|error| format!("an overlay at `{}` is refused: {error}", lower.path.display()))
}

/// Shows an opened file or folder at its old path.
fn bind(folder: &Opened, access: MsFlags) -> Result<(), Trouble> {
    make_place(folder).map_err(trouble_with(&folder.path))?;
    let source = format!("/proc/self/fd/{}", folder.handle.as_raw_fd());
    mount(Some(source.as_str()), &folder.path, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .map_err(trouble_with(&folder.path))?;
    let held = statvfs(&folder.path).map_err(trouble_with(&folder.path))?.flags();
    // Flags that a mount came with may not be dropped by a namespace that did not set them.
    let kept = [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
    ];
    let kept = kept
        .iter()
        .filter(|(flag, _)| held.contains(*flag))
        .fold(access, |all, (_, flag)| all | *flag);
    set_flags(&folder.path, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | kept)
}

/// Something to mount over.
fn make_place(opened: &Opened) -> io::Result<()> {
    if opened.handle.metadata()?.is_dir() {
        return fs::create_dir_all(&opened.path);
    }
    fs::create_dir_all(opened.path.parent().unwrap_or(Path::new("/")))?;
    if opened.path.exists() { Ok(()) } else { File::create(&opened.path).map(drop) }
}

/// Whether something of ours lies over a mount that was there before.
fn is_covered(point: &MountPoint, spec: &JailSpec) -> bool {
    let hidden = in_memory(spec).any(|folder| point.path.starts_with(folder));
    hidden
        || spec.writable.iter().chain([&spec.project]).any(|folder| point.path.starts_with(folder))
}

/// A `/proc` that knows our processes only, without the machine's switches.
fn own_proc() -> Result<(), Trouble> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)
        .map_err(trouble_with(Path::new("/proc")))?;
    for switch in MACHINE_SWITCHES.iter().map(Path::new).filter(|switch| switch.exists()) {
        mount(Some(switch), switch, None::<&str>, MsFlags::MS_BIND, None::<&str>)
            .map_err(trouble_with(switch))?;
        set_flags(switch, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | flags)?;
    }
    Ok(())
}

/// A line of `/proc/self/mountinfo`.
struct MountPoint {
    path: PathBuf,
    flags: MsFlags,
}

impl MountPoint {
    /// The fifth and sixth fields: where it is, and how.
    fn read(line: &[u8]) -> Option<Self> {
        let mut fields = line.split(|byte| *byte == b' ').skip(4);
        let (path, options) = (fields.next()?, fields.next()?);
        let flag = |option: &[u8]| match option {
            b"nosuid" => MsFlags::MS_NOSUID,
            b"nodev" => MsFlags::MS_NODEV,
            b"noexec" => MsFlags::MS_NOEXEC,
            _ => MsFlags::empty(),
        };
        let flags = options.split(|byte| *byte == b',').map(flag).collect();
        Some(Self { path: OsString::from_vec(unescaped(path)).into(), flags })
    }

    /// One that we cannot even reach needs no protection.
    fn make_read_only(&self) -> Result<(), Trouble> {
        if fs::symlink_metadata(&self.path).is_err() {
            return Ok(());
        }
        set_flags(
            &self.path,
            MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | self.flags,
        )
    }
}

fn mount_points() -> Result<Vec<MountPoint>, Trouble> {
    let file = Path::new("/proc/self/mountinfo");
    let text = fs::read(file).map_err(trouble_with(file))?;
    Ok(text.split(|byte| *byte == b'\n').filter_map(MountPoint::read).collect())
}

/// The kernel writes a backslash and three octal digits for white space and backslashes.
fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, later)) = rest.split_first() {
        let escape = (*first == b'\\').then(|| later.get(..3)).flatten();
        let byte =
            escape.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        plain.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &later[3..] } else { later };
    }
    plain
}

fn set_flags(path: &Path, flags: MsFlags) -> Result<(), Trouble> {
    mount(None::<&str>, path, None::<&str>, flags, None::<&str>).map_err(trouble_with(path))
}

fn trouble_with<E: Into<io::Error>>(path: &Path) -> impl Fn(E) -> Trouble {
    move |error| format!("`{}` cannot be prepared: {}", path.display(), error.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn mount_points_are_read_with_their_escapes() {
        let line =
            br"36 35 98:0 /mnt1 /a\040b\134c\0 rw,nosuid,noexec master:1 - ext3 /dev/root rw";
        let point = MountPoint::read(line).unwrap();
        assert_eq!(point.path.as_os_str().as_bytes(), br"/a b\c\0");
        assert_eq!(point.flags, MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC);
        assert!(MountPoint::read(b"").is_none());
    }
}
