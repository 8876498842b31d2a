//! The last good book over HTTP, with what is wrong with the new one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::sync::broadcast;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::ENDPOINT;
use book::html::escape;

/// What is shown, and who is told when it changes.
pub struct Book {
    shown: Mutex<Shown>,
    reload: broadcast::Sender<()>,
}

#[derive(Default, Clone)]
struct Shown {
    /// The folder of the last good book.
    html: Option<PathBuf>,
    /// Why the last build failed.
    failure: Option<String>,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            shown: Mutex::default(),
            reload: broadcast::channel(1).0,
        }
    }
}

impl Book {
    /// Shows a new book.
    pub fn show(&self, html: PathBuf) {
        self.change(|shown| {
            *shown = Shown {
                html: Some(html),
                failure: None,
            }
        });
    }

    /// Keeps the book and says why there is no newer one.
    pub fn fail(&self, why: String) {
        self.change(|shown| shown.failure = Some(why));
    }

    fn change(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
        // Nobody listens while no page is open.
        let _ = self.reload.send(());
    }

    fn shown(&self) -> Shown {
        self.shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The book's routes.
pub fn router(book: Arc<Book>) -> Router {
    let no_store = SetResponseHeaderLayer::overriding(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    Router::new()
        .route(&format!("/{ENDPOINT}"), get(reload))
        .fallback(page)
        .layer(no_store)
        .with_state(book)
}

/// A page's reload socket: mdBook's script reloads at the word `reload`.
async fn reload(State(book): State<Arc<Book>>, upgrade: WebSocketUpgrade) -> Response {
    // Subscribed before the answer, so that no build between the two is missed.
    let mut changes = book.reload.subscribe();
    upgrade.on_upgrade(|mut socket: WebSocket| async move {
        loop {
            tokio::select! {
                // A lagging page has missed a change: all the more reason to reload.
                change = changes.recv() => match change {
                    Err(broadcast::error::RecvError::Closed) => break,
                    _ => if socket.send(Message::text("reload")).await.is_err() { break },
                },
                message = socket.recv() => if !matches!(message, Some(Ok(_))) { break },
            }
        }
    })
}

async fn page(State(book): State<Arc<Book>>, request: Request) -> Response {
    let shown = book.shown();
    let Some(html) = shown.html else {
        let alert = alert(
            "The book is not built yet.",
            shown.failure.as_deref().unwrap_or_default(),
        );
        let script = format!(
            r#"<script>new WebSocket("ws://" + location.host + "/{ENDPOINT}").onmessage = () => location.reload();</script>"#
        );
        let page = format!(
            "<!doctype html><html lang=\"en\"><title>Not built</title><body>{alert}{script}</body></html>"
        );
        return (StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response();
    };
    let missing = ServeFile::new(html.join("404.html"));
    let response = match ServeDir::new(html)
        .not_found_service(missing)
        .try_call(request)
        .await
    {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response();
        }
    };
    match shown.failure {
        Some(failure) => with_alert(response, &failure).await,
        None => response,
    }
}

/// Puts the failure at the top of a page; other files pass.
async fn with_alert(response: Response, failure: &str) -> Response {
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/html")) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    let body = text
        .find("<body")
        .and_then(|at| Some(at + text[at..].find('>')? + 1));
    text.insert_str(
        body.unwrap_or(0),
        &alert("Not built: this is the last good book.", failure),
    );
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(text))
}

/// The failure as HTML that needs no style sheet and does not cover the page.
fn alert(heading: &str, failure: &str) -> String {
    let text = escape(&anstream::adapter::strip_str(failure).to_string());
    format!(
        r#"<div role="alert" style="position:relative;z-index:1000;margin:0;padding:1rem;max-height:40vh;overflow:auto;background:#7a1020;color:#fff;font:14px/1.5 ui-monospace,monospace"><strong>{heading}</strong><pre style="margin:.5rem 0 0;white-space:pre-wrap;background:none;color:inherit">{text}</pre></div>"#
    )
}
