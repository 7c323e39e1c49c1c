//! Documents of ours that people edit in a file. What they wrote is never written over.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::base::hash::ContentHash;
use crate::base::limits::PLAN_BYTES_MAX;
use crate::model::failure::Failure;

/// A file with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftFile {
    pub path: PathBuf,
    /// Where the text has gone that people had made of an earlier draft.
    pub aside: Option<PathBuf>,
}

/// What people made of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    pub text: String,
    /// The draft that they edited.
    pub of: String,
}

/// What people made of the draft at `path`; `None` when it is as it was put there, or not there.
pub fn edited(path: &Path) -> Result<Option<Edited>, Failure> {
    let read = || {
        let both = text(path)?.zip(text(&as_put(path)).ok().flatten());
        Ok(both.filter(|(now, put)| now != put).map(|(text, of)| Edited { text, of }))
    };
    read().map_err(|error: io::Error| {
        Failure::environment(
            format!("the file {} cannot be read: {error}", path.display()),
            "Save it as UTF-8 text, or delete it to have it written anew.",
        )
    })
}

/// Puts a draft at `path`. What people made of the same draft stays; what they made of another one is set aside.
pub fn put(path: &Path, draft: &str) -> io::Result<DraftFile> {
    let put = as_put(path);
    let (now, before) = (fs::read(path).ok(), text(&put).ok().flatten());
    let is_edited = now.is_some() && now.as_deref() != before.as_deref().map(str::as_bytes);
    let mut aside = None;
    if let Some(now) = now.filter(|_| is_edited) {
        if before.as_deref() == Some(draft) || now == draft.as_bytes() {
            return Ok(DraftFile { path: path.to_owned(), aside });
        }
        let name = aside_of(path, &now);
        fs::rename(path, &name)?;
        aside = Some(name);
    }
    fs::write(put, draft)?;
    fs::write(path, draft)?;
    Ok(DraftFile { path: path.to_owned(), aside })
}

/// What was put at a path last, so that it shows what people changed.
fn as_put(path: &Path) -> PathBuf {
    path.with_added_extension("put")
}

/// Another one for every text.
fn aside_of(path: &Path, text: &[u8]) -> PathBuf {
    path.with_added_extension(ContentHash::of(text).to_string()).with_added_extension("md")
}

/// `None` when there is no file.
fn text(path: &Path) -> io::Result<Option<String>> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut text = String::new();
    // One byte more shows that it is too long.
    file.take(PLAN_BYTES_MAX as u64 + 1).read_to_string(&mut text)?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.md");
        let show = |draft: &str| {
            let DraftFile { aside, .. } = put(&path, draft).unwrap();
            (
                fs::read_to_string(&path).unwrap(),
                aside.map(|path| fs::read_to_string(path).unwrap()),
            )
        };
        let is = |text: &str| (text.to_owned(), None);
        assert_eq!(edited(&path).unwrap(), None);
        assert_eq!(show("one"), is("one"));
        assert_eq!(edited(&path).unwrap(), None);
        assert_eq!(show("two"), is("two"), "nobody touched it");
        fs::write(&path, "mine").unwrap();
        let mine = Edited { text: "mine".into(), of: "two".into() };
        assert_eq!(edited(&path).unwrap(), Some(mine));
        assert_eq!(show("two"), is("mine"), "the draft is the one that was edited");
        assert_eq!(show("mine"), is("mine"), "the draft is what was made of it");
        assert_eq!(show("three"), ("three".into(), Some("mine".into())));
        fs::write(&path, "mine too").unwrap();
        assert_eq!(show("four"), ("four".into(), Some("mine too".into())));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "both are still there");
        fs::write(&path, [255]).unwrap();
        assert!(edited(&path).is_err());
        fs::remove_file(as_put(&path)).unwrap();
        fs::write(&path, "of an earlier version").unwrap();
        assert_eq!(edited(&path).unwrap(), None, "nobody knows what was edited");
        put(&path, "five").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
    }
}
