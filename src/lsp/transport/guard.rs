//! A wall around one handler: its panic becomes a value.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tower_lsp::ExitedError;
use tower_lsp::jsonrpc::Response;

type Handler = Pin<Box<dyn Future<Output = Result<Option<Response>, ExitedError>> + Send>>;

/// A handler that ends with its response or with the text of its panic. State that a panic may have left half-changed
/// is behind locks that are taken anew, or is a document's, which the driver then no longer trusts.
pub struct Guarded(Result<Handler, Option<String>>);

impl Guarded {
    pub fn new(start: impl FnOnce() -> Handler) -> Self {
        Self(catch_unwind(AssertUnwindSafe(start)).map_err(|panic| Some(text_of(&*panic))))
    }
}

impl Future for Guarded {
    type Output = Result<Option<Response>, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let handler = match &mut self.0 {
            Ok(handler) => handler,
            Err(panic) => return Poll::Ready(Err(panic.take().unwrap_or_default())),
        };
        match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
            Ok(polled) => polled.map(|result| Ok(result.unwrap_or(None))),
            Err(panic) => Poll::Ready(Err(text_of(&*panic))),
        }
    }
}

/// What a panic says.
pub fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
