//! The last good book over HTTP, with what is wrong with the new one.
//!
//! As much of HTTP/1.1 as a few browsers need: GET and HEAD, with one thread and one request per connection.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::str;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use percent_encoding::percent_decode_str;

use super::ENDPOINT;
use book::html::escape;

/// Time for a client's request, and for it to take each piece of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Time between writes to an open page: the one that fails shows that it was closed.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// The longest head of a request. Browsers send a machine's cookies to every port of it, so there may be many.
const LONGEST_HEAD: usize = 64 * 1024;

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// The last good book, the failure of the build after it, and the wait for another.
pub struct Book {
    shown: Mutex<Shown>,
    changed: Condvar,
}

#[derive(Clone)]
struct Shown {
    /// The folder of the last good book.
    html: Option<PathBuf>,
    /// The failure of the last build.
    failure: Option<String>,
    /// A number that differs after every build, also from those of an earlier server.
    version: u128,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            shown: Mutex::new(Shown {
                html: None,
                failure: None,
                version: UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos(),
            }),
            changed: Condvar::new(),
        }
    }
}

impl Book {
    /// Shows a new book.
    pub fn show(&self, html: PathBuf) {
        self.change(|shown| {
            shown.html = Some(html);
            shown.failure = None;
        });
    }

    /// Keeps the book, under the failure of a newer one.
    pub fn fail(&self, why: String) {
        self.change(|shown| shown.failure = Some(why));
    }

    fn change(&self, change: impl FnOnce(&mut Shown)) {
        let mut shown = self.lock();
        change(&mut shown);
        shown.version += 1;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the version is not the one that was seen, or for some time.
    fn version(&self, seen: u128, at_most: Duration) -> u128 {
        self.changed
            .wait_timeout_while(self.lock(), at_most, |shown| shown.version == seen)
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .version
    }
}

/// Answers every connection, forever.
pub fn listen(listener: &TcpListener, book: &Arc<Book>) {
    let local = listener
        .local_addr()
        .is_ok_and(|address| is_local(address.ip()));
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // Too many are open, perhaps: time passes until some are closed.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        let book = Arc::clone(book);
        // Nobody is left to report an error to: the client is gone, or is turned away for want of a thread.
        let _ = thread::Builder::new()
            .name("http".to_owned())
            .spawn(move || answer(&stream, &book, local, PATIENCE));
    }
}

/// Tests that only this machine reaches an address.
pub fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Answers the one request of a connection. With `local`, it must have been sent to a name of this machine.
fn answer(stream: &TcpStream, book: &Book, local: bool, patience: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(patience))?;
    let request = Request::read(&mut Until(stream, Instant::now() + patience))?;
    let response = match &request {
        Err(status) => Response::refusal(status),
        Ok(request) if local && !request.local => Response::new(
            "421 Misdirected Request",
            TEXT,
            "This book is for this machine only: open it as localhost.\n".to_owned(),
        ),
        Ok(request) if request.path().0 == format!("/{ENDPOINT}") && !request.head_only => {
            return events(stream, book);
        }
        Ok(request) => respond(book, request),
    };
    let head_only = request.is_ok_and(|request| request.head_only);
    response.send(stream, head_only)?;
    // A connection that is closed while bytes of it are unread is reset, and the client may lose the answer.
    stream.shutdown(Shutdown::Write)?;
    io::copy(
        &mut Until(stream, Instant::now() + patience),
        &mut io::sink(),
    )?;
    Ok(())
}

/// A connection that is read until a moment, however slowly its bytes come.
struct Until<'a>(&'a TcpStream, Instant);

impl Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.1.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.0.set_read_timeout(Some(left))?;
        self.0.read(buffer)
    }
}

/// A request, as far as it matters here.
struct Request {
    head_only: bool,
    target: String,
    range: Option<String>,
    /// Sent to a name of this machine, or to none.
    local: bool,
}

impl Request {
    /// Reads the head of a request; the inner error is the status it is refused with.
    fn read(from: &mut impl Read) -> io::Result<Result<Self, &'static str>> {
        let mut head = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let count = from.read(&mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            head.extend_from_slice(&buffer[..count]);
            let mut headers = [httparse::EMPTY_HEADER; 100];
            let mut request = httparse::Request::new(&mut headers);
            match request.parse(&head) {
                Ok(httparse::Status::Complete(_)) => return Ok(Self::parse(&request)),
                Ok(httparse::Status::Partial) if head.len() < LONGEST_HEAD => {}
                Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                    return Ok(Err("431 Request Header Fields Too Large"));
                }
                Err(_) => return Ok(Err("400 Bad Request")),
            }
        }
    }

    fn parse(request: &httparse::Request<'_, '_>) -> Result<Self, &'static str> {
        let head_only = match request.method {
            Some("GET") => false,
            Some("HEAD") => true,
            _ => return Err("405 Method Not Allowed"),
        };
        let target = request.path.filter(|path| path.starts_with('/'));
        let of = |name: &'static str| {
            let headers = request.headers.iter();
            headers
                .filter(move |header| header.name.eq_ignore_ascii_case(name))
                .map(|header| str::from_utf8(header.value).unwrap_or_default())
        };
        Ok(Self {
            head_only,
            target: target.ok_or("400 Bad Request")?.to_owned(),
            range: of("range").next().map(str::to_owned),
            local: of("host").all(is_local_name),
        })
    }

    /// The path, and the query with its question mark.
    fn path(&self) -> (&str, &str) {
        self.target
            .split_at(self.target.find('?').unwrap_or(self.target.len()))
    }
}

/// Tests that a `Host` header names this machine. A page of the web can give its own name this
/// machine's address, and would then be allowed to read what is served here.
fn is_local_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(is_local)
}

/// Sends the book's version, now and after every build: a page reloads at one that differs from the first it got.
fn events(mut stream: &TcpStream, book: &Book) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
    )?;
    let mut version = 0;
    loop {
        version = book.version(version, HEARTBEAT);
        stream.write_all(format!("data: {version}\n\n").as_bytes())?;
    }
}

fn respond(book: &Book, request: &Request) -> Response {
    let shown = book.lock().clone();
    let Some(html) = shown.html else {
        return not_built(shown.failure.as_deref().unwrap_or_default());
    };
    let response = page(&html, request).and_then(|response| match &shown.failure {
        Some(failure) => response.with_alert(failure),
        None => Ok(response),
    });
    response.unwrap_or_else(|_| Response::refusal("500 Internal Server Error"))
}

fn page(html: &Path, request: &Request) -> io::Result<Response> {
    let (path, query) = request.path();
    let mut found = find(html, path);
    if found.as_ref().is_some_and(|found| found.is_dir()) {
        if !path.ends_with('/') {
            // One slash at the beginning: after two, a browser would read the name of another host.
            let to = format!("/{}/{query}", path.trim_start_matches('/'));
            return Ok(Response::refusal("307 Temporary Redirect").with("Location", &to));
        }
        found = find(html, &format!("{path}index.html"));
    }
    match found.filter(|found| found.is_file()) {
        Some(file) => Response::file("200 OK", &file, request.range.as_deref()),
        None => Response::file("404 Not Found", &html.join("404.html"), None)
            .or_else(|_| Ok(Response::refusal("404 Not Found"))),
    }
}

/// The file or folder at a path of the book: none outside of it, wherever dots and links lead.
fn find(book: &Path, path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let path = Path::new(path.trim_start_matches('/'));
    let plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let book = book.canonicalize().ok().filter(|_| plain)?;
    let found = book.join(path).canonicalize().ok()?;
    found.starts_with(book).then_some(found)
}

struct Response {
    status: &'static str,
    kind: &'static str,
    /// Further headers, each with its line end.
    headers: String,
    length: u64,
    body: Box<dyn Read>,
}

impl Response {
    fn new(status: &'static str, kind: &'static str, body: String) -> Self {
        Self {
            status,
            kind,
            headers: String::new(),
            length: body.len() as u64,
            body: Box::new(Cursor::new(body)),
        }
    }

    /// A status that speaks for itself.
    fn refusal(status: &'static str) -> Self {
        let response = Self::new(status, TEXT, format!("{status}\n"));
        if status.starts_with("405") {
            response.with("Allow", "GET, HEAD")
        } else {
            response
        }
    }

    /// A file, or the part of it that a `Range` header asks for.
    fn file(status: &'static str, path: &Path, range: Option<&str>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let part = range.and_then(|range| part(range, length));
        if let Some((first, last)) = part
            && first > last
        {
            return Ok(Self::refusal("416 Range Not Satisfiable")
                .with("Content-Range", &format!("bytes */{length}")));
        }
        if let Some((first, _)) = part {
            file.seek(SeekFrom::Start(first))?;
        }
        let whole = Self {
            status,
            kind: kind(path),
            headers: String::new(),
            length,
            body: Box::new(file),
        }
        .with("Accept-Ranges", "bytes");
        Ok(match part {
            None => whole,
            Some((first, last)) => Self {
                status: "206 Partial Content",
                length: last - first + 1,
                ..whole.with("Content-Range", &format!("bytes {first}-{last}/{length}"))
            },
        })
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// Puts the failure at the top of a page; other files pass, and parts of files.
    fn with_alert(mut self, failure: &str) -> io::Result<Self> {
        if self.kind != HTML || self.status.starts_with("206") {
            return Ok(self);
        }
        let mut text = Vec::new();
        self.body.read_to_end(&mut text)?;
        let mut text = String::from_utf8_lossy(&text).into_owned();
        let body = text
            .find("<body")
            .and_then(|at| Some(at + text[at..].find('>')? + 1));
        text.insert_str(
            body.unwrap_or(0),
            &alert("Not built: this is the last good book.", failure),
        );
        Ok(Self::new(self.status, self.kind, text))
    }

    fn send(self, mut to: impl Write, head_only: bool) -> io::Result<()> {
        let Self {
            status,
            kind,
            headers,
            length,
            body,
        } = self;
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{headers}Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        );
        to.write_all(head.as_bytes())?;
        if !head_only {
            io::copy(&mut body.take(length), &mut to)?;
        }
        Ok(())
    }
}

/// The first and the last byte that a `Range` header with one range asks for, the first after the last when there are
/// none; `None` for a header that is not understood, and therefore ignored.
fn part(range: &str, length: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    Some(match (first, last) {
        ("", count) => (length.saturating_sub(count.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, end.min(last.parse().ok()?)),
    })
}

/// The media type of a file, by its name.
fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(OsStr::to_str).unwrap_or_default() {
        "html" => HTML,
        "txt" | "md" | "rs" => TEXT,
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "xml" => "text/xml; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "pdf" => "application/pdf",
        "epub" => "application/epub+zip",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

/// A page that says why there is no book yet, and gives way to the first that is built.
fn not_built(failure: &str) -> Response {
    let alert = alert("The book is not built yet.", failure);
    Response::new(
        "503 Service Unavailable",
        HTML,
        format!(
            r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Not built</title><body>{alert}<script>let first; new EventSource("/{ENDPOINT}").onmessage = (event) => {{ if ((first ??= event.data) !== event.data) location.reload(); }};</script></body></html>"#
        ),
    )
}

/// The failure as HTML that needs no style sheet and does not cover the page.
fn alert(heading: &str, failure: &str) -> String {
    let text = escape(&anstream::adapter::strip_str(failure).to_string());
    format!(
        r#"<div role="alert" style="position:relative;z-index:1000;margin:0;padding:1rem;max-height:40vh;overflow:auto;background:#7a1020;color:#fff;font:14px/1.5 ui-monospace,monospace"><strong>{heading}</strong><pre style="margin:.5rem 0 0;white-space:pre-wrap;background:none;color:inherit">{text}</pre></div>"#
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::Ipv4Addr;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(50);

    /// A folder with a book in it, and a secret beside the book.
    struct Shelf {
        folder: tempfile::TempDir,
        book: Book,
    }

    impl Shelf {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let html = folder.path().join("html");
            fs::create_dir_all(html.join("part/empty")).expect("a folder");
            for (file, text) in [
                ("secret", "secret"),
                ("html/index.html", "<body>first"),
                ("html/a page.html", "<body>spaced"),
                ("html/part/index.html", "<body>part"),
                ("html/404.html", "<body>no such page"),
                ("html/ten.txt", "0123456789"),
                ("html/style.css", "body {}"),
            ] {
                fs::write(folder.path().join(file), text).expect("a file");
            }
            let book = Book::default();
            book.show(html);
            Self { folder, book }
        }

        /// The answer to a client that sends some bytes and waits, and how it ended for the server.
        fn exchange(&self, bytes: &[u8], patience: Duration) -> (String, io::Result<()>) {
            let (mut client, server) = connection();
            thread::scope(|scope| {
                let answered = scope.spawn(move || answer(&server, &self.book, true, patience));
                client.write_all(bytes).expect("a request");
                let mut response = String::new();
                client.read_to_string(&mut response).expect("a response");
                drop(client);
                (response, answered.join().expect("no panic"))
            })
        }

        fn request_with(&self, line: &str, header: &str) -> String {
            let request = format!("{line} HTTP/1.1\r\n{header}\r\n\r\n");
            self.exchange(request.as_bytes(), LONG).0
        }

        fn request(&self, line: &str) -> String {
            self.request_with(line, "Host: localhost")
        }
    }

    /// Both ends of a connection.
    fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("an address"));
        let client = client.expect("a connection");
        client.set_read_timeout(Some(LONG)).expect("a timeout");
        (client, listener.accept().expect("a connection").0)
    }

    /// Tests that the other end was given up.
    fn timed_out(result: &io::Result<()>) -> bool {
        // The systems do not agree on the name.
        let kinds = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
        matches!(result, Err(error) if kinds.contains(&error.kind()))
    }

    #[test]
    fn page_comes_with_its_type_and_length_and_is_not_kept() {
        let shelf = Shelf::new();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 11\r\nAccept-Ranges: bytes\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
        assert_eq!(
            shelf.request("GET /index.html"),
            format!("{head}<body>first")
        );
        assert_eq!(shelf.request("HEAD /index.html"), head);
        assert!(
            shelf
                .request("GET /a%20page.html?q=1")
                .ends_with("<body>spaced")
        );
    }

    #[test]
    fn folder_is_its_index() {
        let shelf = Shelf::new();
        assert!(shelf.request("GET /").ends_with("<body>first"));
        assert!(shelf.request("GET /part/").ends_with("<body>part"));
        assert!(
            shelf
                .request("GET /part/empty/")
                .starts_with("HTTP/1.1 404")
        );
        let odd = shelf.folder.path().join("html/odd/index.html");
        fs::create_dir_all(odd).expect("a folder");
        assert!(shelf.request("GET /odd/").starts_with("HTTP/1.1 404"));
        for line in ["GET /part?q=1", "GET //part?q=1"] {
            let elsewhere = shelf.request(line);
            assert!(elsewhere.starts_with("HTTP/1.1 307"), "{elsewhere}");
            assert!(
                elsewhere.contains("\r\nLocation: /part/?q=1\r\n"),
                "{elsewhere}"
            );
        }
    }

    #[test]
    fn missing_page_is_the_book_s_own() {
        let shelf = Shelf::new();
        let missing = shelf.request("GET /none.html");
        assert!(missing.starts_with("HTTP/1.1 404"), "{missing}");
        assert!(missing.ends_with("<body>no such page"), "{missing}");
        fs::remove_file(shelf.folder.path().join("html/404.html")).expect("removed");
        assert!(shelf.request("GET /none.html").ends_with("404 Not Found\n"));
    }

    #[test]
    fn nothing_outside_of_the_book_is_found() {
        let shelf = Shelf::new();
        for path in [
            "/../secret",
            "/part/../index.html",
            "/part/../../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/%2e%2e%2fsecret",
            "/..%5csecret",
            "/index.html%00",
            "/index.html/",
            "/%ff",
            "/%",
        ] {
            let response = shelf.request(&format!("GET {path}"));
            assert!(response.starts_with("HTTP/1.1 404"), "{path}: {response}");
        }
        let secret = shelf.folder.path().join("secret");
        let absolute = shelf.request(&format!("GET /{}", secret.display()));
        assert!(absolute.starts_with("HTTP/1.1 404"), "{absolute}");
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_outside_of_the_book() {
        use std::os::unix::fs::symlink;

        let shelf = Shelf::new();
        let html = shelf.folder.path().join("html");
        symlink(html.join("ten.txt"), html.join("inside")).expect("a link");
        symlink("../secret", html.join("outside")).expect("a link");
        symlink("..", html.join("above")).expect("a link");
        symlink("../../../secret", html.join("part/empty/index.html")).expect("a link");
        assert!(shelf.request("GET /inside").ends_with("0123456789"));
        for path in ["/outside", "/above/secret", "/above", "/part/empty/"] {
            let response = shelf.request(&format!("GET {path}"));
            assert!(response.starts_with("HTTP/1.1 404"), "{path}: {response}");
        }
    }

    #[test]
    fn range_is_the_part_of_a_file() {
        let shelf = Shelf::new();
        for (range, part, body) in [
            ("bytes=2-4", "bytes 2-4/10", "234"),
            ("bytes=7-", "bytes 7-9/10", "789"),
            ("bytes=-2", "bytes 8-9/10", "89"),
            ("bytes=-99", "bytes 0-9/10", "0123456789"),
            ("bytes=8-99", "bytes 8-9/10", "89"),
        ] {
            let response = shelf.request_with("GET /ten.txt", &format!("Range: {range}"));
            let length = format!("\r\nContent-Length: {}\r\n", body.len());
            assert!(response.starts_with("HTTP/1.1 206"), "{range}: {response}");
            assert!(response.contains(&length), "{range}: {response}");
            let part = format!("\r\nContent-Range: {part}\r\n");
            assert!(response.contains(&part), "{range}: {response}");
            assert!(
                response.ends_with(&format!("\r\n\r\n{body}")),
                "{range}: {response}"
            );
        }
        for range in ["bytes=10-", "bytes=4-2", "bytes=-0"] {
            let response = shelf.request_with("GET /ten.txt", &format!("Range: {range}"));
            assert!(response.starts_with("HTTP/1.1 416"), "{range}: {response}");
            assert!(
                response.contains("\r\nContent-Range: bytes */10\r\n"),
                "{response}"
            );
        }
        for range in ["lines=1-2", "bytes=1-2,4-5", "bytes=x-", "bytes=-"] {
            let response = shelf.request_with("GET /ten.txt", &format!("Range: {range}"));
            assert!(response.starts_with("HTTP/1.1 200"), "{range}: {response}");
        }
    }

    #[test]
    fn files_have_their_media_types() {
        for (file, expected) in [
            ("a.html", "text/html; charset=utf-8"),
            ("a.css", "text/css; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.txt", "text/plain; charset=utf-8"),
            ("a.xml", "text/xml; charset=utf-8"),
            ("a.json", "application/json"),
            ("a.svg", "image/svg+xml"),
            ("a.png", "image/png"),
            ("a.ico", "image/x-icon"),
            ("a.woff2", "font/woff2"),
            ("a.wasm", "application/wasm"),
            ("a.epub", "application/epub+zip"),
            ("a.pdf", "application/pdf"),
            (".nojekyll", "application/octet-stream"),
        ] {
            assert_eq!(kind(Path::new(file)), expected, "{file}");
        }
    }

    #[test]
    fn other_requests_are_refused() {
        let shelf = Shelf::new();
        let posted = shelf.request("POST /");
        assert!(posted.starts_with("HTTP/1.1 405"), "{posted}");
        assert!(posted.contains("\r\nAllow: GET, HEAD\r\n"), "{posted}");
        for garbage in [
            "\x16\x03\x01\x02\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET index.html HTTP/1.1\r\n\r\n",
            "GET /\r\n\r\n",
        ] {
            let (response, _) = shelf.exchange(garbage.as_bytes(), LONG);
            assert!(
                response.starts_with("HTTP/1.1 400"),
                "{garbage:?}: {response}"
            );
        }
        let long = shelf.request_with("GET /", &format!("A: {}", "a".repeat(LONGEST_HEAD)));
        assert!(long.starts_with("HTTP/1.1 431"), "{long}");
        let many = shelf.request_with("GET /", &["A: a"; 101].join("\r\n"));
        assert!(many.starts_with("HTTP/1.1 431"), "{many}");
    }

    #[test]
    fn answer_arrives_though_the_request_has_more_to_say() {
        let mut request = b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n".to_vec();
        request.resize(request.len() + 9_999_999, b'x');
        let (response, result) = Shelf::new().exchange(&request, LONG);
        assert!(response.starts_with("HTTP/1.1 405"), "{response}");
        result.expect("a clean end");
    }

    #[test]
    fn silent_client_is_given_up() {
        for begun in ["", "GET / HT"] {
            let (response, result) = Shelf::new().exchange(begun.as_bytes(), SHORT);
            assert_eq!(response, "");
            assert!(timed_out(&result), "{begun:?}: {result:?}");
        }
    }

    #[test]
    fn time_for_a_request_does_not_begin_anew_at_every_byte() {
        let (mut client, server) = connection();
        client.write_all(b"G").expect("a byte");
        let result = Until(&server, Instant::now()).read(&mut [0]);
        assert!(timed_out(&result.map(drop)));
    }

    #[test]
    fn client_that_reads_nothing_is_given_up() {
        let shelf = Shelf::new();
        let large = fs::File::create(shelf.folder.path().join("html/large.bin"));
        large.expect("a file").set_len(1 << 30).expect("a length");
        let (mut client, server) = connection();
        client
            .write_all(b"GET /large.bin HTTP/1.1\r\n\r\n")
            .expect("a request");
        let result = answer(&server, &shelf.book, true, SHORT);
        assert!(timed_out(&result), "{result:?}");
    }

    #[test]
    fn names_of_this_machine_are_known() {
        for name in [
            "localhost",
            "LocalHost:3000",
            "127.0.0.1",
            "127.0.0.1:3000",
            "127.1.2.3",
            "[::1]",
            "[::1]:3000",
            "[::ffff:127.0.0.1]:80",
        ] {
            assert!(is_local_name(name), "{name}");
        }
        for name in [
            "",
            "book.example",
            "book.example:3000",
            "localhost.example",
            "127.0.0.1.example",
            "192.0.2.1:3000",
            "0.0.0.0",
            "[::]",
            "[::2]:3000",
            "localhost:x",
        ] {
            assert!(!is_local_name(name), "{name}");
        }
    }

    #[test]
    fn request_to_another_name_is_refused() {
        let shelf = Shelf::new();
        let page = format!("GET /{ENDPOINT}");
        for line in ["GET /", page.as_str()] {
            for host in [
                "Host: book.example",
                "Host: localhost\r\nHost: book.example",
            ] {
                let response = shelf.request_with(line, host);
                assert!(response.starts_with("HTTP/1.1 421"), "{host}: {response}");
                assert!(!response.contains("first"), "{host}: {response}");
            }
        }
    }

    #[test]
    fn failure_stands_on_pages_only() {
        let shelf = Shelf::new();
        shelf.book.fail("a <b>".to_owned());
        let page = shelf.request("GET /");
        let (head, body) = page.split_once("\r\n\r\n").expect("a head");
        assert!(body.starts_with("<body><div role=\"alert\""), "{body}");
        assert!(
            body.contains("a &lt;b&gt;") && body.ends_with("first"),
            "{body}"
        );
        assert!(
            head.contains(&format!("Content-Length: {}", body.len())),
            "{head}"
        );
        assert!(shelf.request("GET /style.css").ends_with("\r\n\r\nbody {}"));
        let part = shelf.request_with("GET /", "Range: bytes=6-");
        assert!(
            part.starts_with("HTTP/1.1 206") && part.ends_with("\r\n\r\nfirst"),
            "{part}"
        );
    }

    #[test]
    fn version_waits_for_a_change_and_no_longer_than_it_may() {
        let book = Book::default();
        let first = book.version(0, LONG);
        assert_eq!(book.version(first, Duration::ZERO), first);
        book.fail(String::new());
        let second = book.version(first, LONG);
        thread::scope(|scope| {
            let third = scope.spawn(|| book.version(second, LONG));
            book.show(PathBuf::new());
            assert_ne!(third.join().expect("no panic"), second);
        });
        assert_ne!(first, second);
        assert!(Book::default().version(0, LONG) > second, "a later server");
    }
}
