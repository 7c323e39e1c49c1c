//! The models that the user has named, for all projects.

use std::io::ErrorKind;

use crate::io::dirs;
use crate::logic::config::{self, models::Models};
use crate::model::failure::{Failure, FailureKind};

/// What `$XDG_CONFIG_HOME/greenloop/config.toml` says, with what of it cannot be used; nothing when it is not there.
/// Fails when it cannot be read at all.
pub fn own_models() -> Result<(Models, Vec<String>), Failure> {
    let path = dirs::user_config()?;
    let file = path.display().to_string();
    let failure = |message: String| {
        Failure::new(FailureKind::Config, message, format!("Correct {file} or delete it."))
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Default::default()),
        Err(error) => return Err(failure(format!("{file} cannot be read: {error}"))),
    };
    let (models, errors) = config::read_user(&bytes).map_err(|error| failure(error.told(&file)))?;
    Ok((models, errors.iter().map(|error| error.told(&file)).collect()))
}
