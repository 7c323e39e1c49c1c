//! One flag that asks a piece of work, and everything below it, to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type Waker = Box<dyn Fn() + Send>;

/// Cloned freely; all clones are one flag. Once raised it stays raised.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Inner>);

#[derive(Default)]
struct Inner {
    raised: AtomicBool,
    wakers: Mutex<Vec<Waker>>,
}

impl CancelToken {
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag and calls every waker once.
    pub fn cancel(&self) {
        self.0.raised.store(true, Ordering::SeqCst);
        let wakers = std::mem::take(&mut *self.wakers());
        wakers.iter().for_each(|wake| wake());
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.raised.load(Ordering::SeqCst)
    }

    /// Calls `wake` when the flag is raised, at once if it is up already. Must be quick and must not block.
    pub fn on_cancel(&self, wake: impl Fn() + Send + 'static) {
        let mut wakers = self.wakers();
        if self.is_cancelled() {
            drop(wakers);
            wake();
        } else {
            wakers.push(Box::new(wake));
        }
    }

    /// A flag of its own that is also raised with this one.
    pub fn child(&self) -> Self {
        let child = Self::new();
        let raised = child.clone();
        self.on_cancel(move || raised.cancel());
        child
    }

    fn wakers(&self) -> std::sync::MutexGuard<'_, Vec<Waker>> {
        self.0.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn wakers_run_once_whether_early_or_late() {
        let token = CancelToken::new();
        let calls = Arc::new(AtomicU32::new(0));
        let count = |calls: &Arc<AtomicU32>| {
            let calls = calls.clone();
            move || {
                calls.fetch_add(1, Ordering::SeqCst);
            }
        };
        token.on_cancel(count(&calls));
        token.clone().cancel();
        token.cancel();
        token.on_cancel(count(&calls));
        assert!(token.is_cancelled());
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_child_stops_with_its_parent_but_not_the_other_way() {
        let parent = CancelToken::new();
        let (early, late) = (parent.child(), parent.child());
        early.cancel();
        assert!(!parent.is_cancelled());
        parent.cancel();
        assert!(late.is_cancelled());
    }
}
