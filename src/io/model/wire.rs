//! One exchange with a model's server: over the network, or from a tape.

use std::sync::Once;

use reqwest::redirect::Policy;

use super::key::Key;
use super::tape::{Recording, Tape, Taped};
use crate::base::limits::MODEL_CONNECT_WALL_MAX;
use crate::logic::dialect::{self, Outgoing};
use crate::model::failure::Failure;
use crate::model::provider::Model;

/// Where requests go. Connections are not kept between calls: a call is a matter of seconds, and a connection that
/// went stale meanwhile would look like a fault of the server.
pub(super) struct Wire {
    client: reqwest::Client,
    tape: Tape,
}

/// An answer on its way.
pub(super) struct Exchange {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    body: Body,
    recording: Option<Recording>,
}

enum Body {
    Live(reqwest::Response),
    Taped(Taped),
}

impl Wire {
    pub(super) fn open(model: &Model, tape: Tape) -> Result<Wire, Failure> {
        static CRYPTO: Once = Once::new();
        CRYPTO.call_once(|| {
            // Somebody who installed one before us is as good.
            drop(rustls::crypto::ring::default_provider().install_default());
        });
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("greenloop/", env!("CARGO_PKG_VERSION")))
            // The conversation and the key are for the configured server only.
            .redirect(Policy::none())
            .connect_timeout(MODEL_CONNECT_WALL_MAX)
            .pool_max_idle_per_host(0);
        if is_here(&model.url) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            Failure::environment(
                format!("connections to models cannot be made: {}", told(error)),
                "Check the system's certificates and the proxy variables.",
            )
        })?;
        Ok(Wire { client, tape })
    }

    /// Nothing is sent, and no key is needed.
    pub(super) fn is_replayed(&self) -> bool {
        matches!(self.tape, Tape::Replay(_))
    }

    /// `Err` says for people why nothing came.
    pub(super) async fn send(
        &self,
        model: &Model,
        out: &Outgoing,
        key: Option<&Key>,
    ) -> Result<Exchange, String> {
        if let Tape::Replay(folder) = &self.tape {
            let taped = Taped::find(folder, model, &out.body)?;
            let (status, headers) = (taped.status(), taped.headers());
            return Ok(Exchange { status, headers, body: Body::Taped(taped), recording: None });
        }
        let mut request = self
            .client
            .post(&out.url)
            .header("content-type", "application/json")
            .body(out.body.to_string());
        for (name, value) in &out.headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = key {
            let (name, before) = dialect::key_header(model);
            let mut value =
                reqwest::header::HeaderValue::try_from(format!("{before}{}", key.text()))
                    .map_err(|error| format!("the key cannot stand in a header: {error}"))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(told)?;
        let status = response.status().as_u16();
        let headers = response.headers().iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        let headers: Vec<_> = headers.collect();
        let recording = match &self.tape {
            Tape::Record(folder) => {
                Some(Recording::new(folder, model, &out.body, status, &headers))
            }
            Tape::Off | Tape::Replay(_) => None,
        };
        Ok(Exchange { status, headers, body: Body::Live(response), recording })
    }
}

impl Exchange {
    /// The next bytes as they came; `None` at a clean end; `Err` when the connection was cut.
    pub(super) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, String> {
        match &mut self.body {
            Body::Taped(taped) => taped.chunk(),
            Body::Live(response) => {
                let chunk = response.chunk().await.map_err(told);
                if let Some(recording) = &mut self.recording {
                    match &chunk {
                        Ok(Some(bytes)) => recording.push(bytes),
                        Ok(None) => {}
                        Err(_) => recording.cut(),
                    }
                }
                Ok(chunk?.map(|bytes| bytes.to_vec()))
            }
        }
    }

    /// Writes down what came, where that was asked for.
    pub(super) fn close(self, key: Option<&Key>) -> Result<(), String> {
        self.recording.map_or(Ok(()), |recording| recording.write(key))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Whether the server is on this machine, where no proxy leads.
fn is_here(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// An error with its causes on one line, without the address, which may hold a secret.
fn told(error: reqwest::Error) -> String {
    let is_timeout = error.is_timeout() && error.is_connect();
    let error = error.without_url();
    if is_timeout {
        return format!("no connection within {} seconds", MODEL_CONNECT_WALL_MAX.as_secs());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}
