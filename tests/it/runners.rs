//! Runners of every other kind in real worlds: reports that are left, printed, forged, stale or broken.

mod cargo;
mod go;
mod junit;
mod nextest;
mod tap;
