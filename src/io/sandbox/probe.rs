//! Finds out what this machine can enforce by doing it once on a few files.

use std::fs;
use std::io;
use std::path::Path;

use super::Abilities;

/// Probes with files in `cache_dir`, the folder worlds will live in; `jail` is the program that knows `__jail`.
pub fn probe(cache_dir: &Path, jail: &Path) -> Abilities {
    let place = cache_dir.join(format!("probe-{}", std::process::id()));
    let overlay = try_in(&place, jail, true);
    let abilities = Abilities {
        overlay: overlay.is_ok(),
        namespaces: overlay.is_ok() || try_in(&place, jail, false).is_ok(),
        overlay_reason: overlay.err().unwrap_or_default(),
        landlock: landlock_abi(),
        seccomp: can_filter(),
        seatbelt: cfg!(target_os = "macos") && Path::new("/usr/bin/sandbox-exec").exists(),
        jail: jail.to_path_buf(),
    };
    // What stays behind is a few bytes in a cache folder.
    drop(fs::remove_dir_all(&place));
    abilities
}

#[cfg(not(target_os = "linux"))]
fn try_in(_place: &Path, _jail: &Path, _with_overlay: bool) -> Result<(), String> {
    Err("overlays in namespaces need Linux".into())
}

#[cfg(not(target_os = "linux"))]
fn landlock_abi() -> i32 {
    0
}

#[cfg(target_os = "linux")]
use super::jail::can_filter;

#[cfg(not(target_os = "linux"))]
fn can_filter() -> bool {
    false
}

/// The newest Landlock ABI that adds rights we use and that the kernel knows all of.
#[cfg(target_os = "linux")]
fn landlock_abi() -> i32 {
    // The first refuses moving files between folders altogether, which breaks builds.
    const WITH_NEW_RIGHTS: [i32; 6] = [9, 6, 5, 4, 3, 2];
    let works = |abi: &i32| {
        let all = super::jail::Confines { reads: true, tcp: true };
        super::jail::rules((*abi).into(), all).and_then(landlock::Ruleset::create).is_ok()
    };
    WITH_NEW_RIGHTS.into_iter().find(works).unwrap_or(0)
}

/// A command in a jail replaces a folder and a file of a lower layer; fails unless it could, and the lower layer is
/// untouched.
#[cfg(target_os = "linux")]
fn try_in(place: &Path, jail: &Path, with_overlay: bool) -> Result<(), String> {
    make_layers(place)
        .map_err(|error| format!("`{}` cannot be written: {error}", place.display()))?;
    let overlay = with_overlay.then(|| super::Overlay {
        folder: place.to_path_buf(),
        lower: "lower".into(),
        upper: "upper".into(),
        work: "work".into(),
        dependencies: Vec::new(),
        layered: Vec::new(),
    });
    let project = place.join(if with_overlay { "project" } else { "lower" });
    let spec = super::JailSpec {
        argv: ["/bin/sh", "-c", "rm -r folder && mkdir folder && echo new >file"]
            .map(str::to_owned)
            .to_vec(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        cwd: project.clone(),
        project,
        writable: Vec::new(),
        hidden: Vec::new(),
        readable: Vec::new(),
        caps: super::Caps::of(&crate::model::policy::Limits::default()),
        counted: Vec::new(),
        network: crate::model::policy::Network::Private,
        debug: false,
        namespaces: Some(super::Namespaces { overlay }),
        landlock: 0,
        seccomp: can_filter(),
        seatbelt: false,
    };
    let cancel = crate::base::cancel::CancelToken::new();
    let output =
        super::run(jail, &spec, &place.join("spec.json"), PROBE_WALL, &cancel, &mut |_| {});
    let text = String::from_utf8_lossy(&output.text);
    match output.end {
        super::End::Exited(0) if with_overlay => check_layers(place),
        super::End::Exited(0) => Ok(()),
        super::End::NotStarted(reason) => Err(with_advice(reason)),
        end => Err(format!("a probe in a sandbox ended with {end:?}: {}", text.trim())),
    }
}

#[cfg(target_os = "linux")]
const PROBE_WALL: std::time::Duration = std::time::Duration::from_secs(20);

#[cfg(target_os = "linux")]
fn make_layers(place: &Path) -> io::Result<()> {
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    for folder in ["lower/folder", "upper", "work", "project"] {
        fs::create_dir_all(place.join(folder))?;
    }
    fs::write(place.join("lower/file"), "old\n")?;
    fs::write(place.join("lower/folder/file"), "old\n")
}

#[cfg(target_os = "linux")]
fn check_layers(place: &Path) -> Result<(), String> {
    let holds = |file: &str, text: &str| {
        fs::read_to_string(place.join(file)).is_ok_and(|held| held == text)
    };
    let upper_is_new = holds("upper/file", "new\n") && !place.join("upper/folder/file").exists();
    if holds("lower/file", "old\n") && holds("lower/folder/file", "old\n") && upper_is_new {
        Ok(())
    } else {
        Err("an overlay was mounted, but changes did not go to its upper layer".into())
    }
}

/// Ubuntu refuses the rights, not the namespace, so that the error alone tells nobody what to do.
#[cfg(target_os = "linux")]
fn with_advice(reason: String) -> String {
    let setting = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
    if fs::read_to_string(setting).is_ok_and(|value| value.trim() == "1") {
        format!(
            "{reason} (AppArmor restricts user namespaces: a profile for this program with `userns,` lifts it)"
        )
    } else {
        reason
    }
}
