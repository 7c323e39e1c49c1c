//! Floor 0: words every other floor speaks. Knows std and a serialiser, nothing of files, processes or editors.

pub mod cancel;
pub mod glob;
pub mod hash;
pub mod ids;
pub mod limits;
pub mod near;
pub mod path;
pub mod text;
