//! Runners of every other kind in real worlds: reports that are left, printed, forged, stale or broken.

mod junit;
