//! `cargo course serve`: the book in a browser, built again at every change.
//!
//! Three parts: [`watch`] tells what changed, a thread builds, [`http`] shows the last good book and, when a build
//! failed, what is wrong with the new one.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use tokio::sync::oneshot;

use self::http::Book;
use toolchain::watch::Watch;

mod http;

/// Where mdBook's page script listens for reloads; the value of `output.html.live-reload-endpoint`.
pub const ENDPOINT: &str = "__livereload";

/// How to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The port on this machine; 0 takes a free one.
    pub port: u16,
    /// Whether to open a browser.
    pub open: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 3000,
            open: false,
        }
    }
}

/// Builds the book, serves it, and builds it again at every change until Ctrl-C.
///
/// `build` makes the book of a root and returns the folder of its pages, built with [`ENDPOINT`] as the endpoint. When
/// it fails it must leave the folder it returned last as it was: that is the book readers go on seeing.
///
/// # Errors
///
/// When the port is taken or the book's folder cannot be watched. A book that does not build is not an error here: its
/// problems are printed and shown in the browser, and the next change builds again.
pub fn serve<B>(root: &Path, options: Options, build: B) -> Result<()>
where
    B: Fn(&Path) -> Result<PathBuf> + Send + 'static,
{
    let server = Server::start(root, options, build)?;
    let url = server.url();
    anstream::println!("{url}  (Ctrl-C ends it)");
    if options.open
        && let Err(error) = opener::open_browser(&url)
    {
        anstream::eprintln!("no browser could be opened ({error}): open {url} yourself");
    }
    server.run(async {
        // Without a signal handler the process just ends, which is as well.
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// A listening server whose builder runs.
struct Server {
    listener: TcpListener,
    address: SocketAddr,
    book: Arc<Book>,
    /// Resolves when the builder ends, which it does only by a panic.
    builder: oneshot::Receiver<()>,
}

impl Server {
    fn start<B>(root: &Path, options: Options, build: B) -> Result<Self>
    where
        B: Fn(&Path) -> Result<PathBuf> + Send + 'static,
    {
        let root = root
            .canonicalize()
            .with_context(|| format!("{} cannot be opened", root.display()))?;
        // First the port, so that a mistake there does not cost a build.
        let listener = bind(options)?;
        let address = listener.local_addr()?;
        let watch = Watch::start(&root)?;
        anstream::println!("watching {}", watch.places().join(", "));
        let book = Arc::new(Book::default());
        rebuild(&root, &book, &build);
        let (ended, builder) = oneshot::channel();
        let shown = Arc::clone(&book);
        thread::Builder::new()
            .name("build".to_owned())
            .spawn(move || {
                while let Some(changes) = watch.next() {
                    anstream::println!("changed: {}", list(&changes));
                    rebuild(&root, &shown, &build);
                }
                drop(ended);
            })?;
        Ok(Self {
            listener,
            address,
            book,
            builder,
        })
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `end` resolves.
    fn run(self, end: impl Future<Output = ()>) -> Result<()> {
        self.listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Runtime::new()?;
        let result = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            tokio::select! {
                served = async { axum::serve(listener, http::router(self.book)).await } => Ok(served?),
                _ = self.builder => bail!("the builder stopped: its message is above; start again"),
                () = end => Ok(()),
            }
        });
        // Open pages hold their reload socket: not to be waited for.
        runtime.shutdown_background();
        result
    }
}

fn bind(options: Options) -> Result<TcpListener> {
    let port = options.port;
    // This machine only: what is served is a draft.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {port} is taken by another program, maybe another `cargo course serve`\n  help: choose another with `--port {}`, or any free one with `--port 0`",
            port.checked_add(1).unwrap_or(3001)
        ),
        std::io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "port {port} may not be used by this user\n  help: choose one above 1023, such as `--port 3000`"
        ),
        _ => anyhow::Error::new(error).context(format!("port {port} cannot be listened on")),
    })
}

/// Builds once, says how it went, and tells open pages.
fn rebuild(root: &Path, book: &Book, build: impl Fn(&Path) -> Result<PathBuf>) {
    let start = Instant::now();
    let result = build(root);
    let seconds = start.elapsed().as_secs_f64();
    match result {
        Ok(html) => {
            anstream::println!("built in {seconds:.2} s");
            book.show(html);
        }
        Err(error) => {
            anstream::eprintln!("{error:#}\nnot built ({seconds:.2} s): the last good book stays");
            book.fail(format!("{error:#}"));
        }
    }
}

/// The first few files, and how many more.
fn list(files: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<_> = files
        .iter()
        .take(SHOWN)
        .map(|file| file.display().to_string())
        .collect();
    if files.len() > SHOWN {
        names.push(format!("{} more", files.len() - SHOWN));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    const ANY_PORT: Options = Options {
        port: 0,
        open: false,
    };

    /// A book whose only build step is a copy; a page that says `broken` does not build.
    fn copy(root: &Path) -> Result<PathBuf> {
        let text = fs::read_to_string(root.join("src/index.md"))?;
        if text.contains("broken") {
            bail!("\u{1b}[31msrc/index.md:1\u{1b}[0m: <broken>");
        }
        let html = root.join("target/html");
        fs::create_dir_all(&html)?;
        fs::write(
            html.join("index.html"),
            format!("<html><body class=\"a\">{text}</body></html>"),
        )?;
        fs::write(
            html.join("404.html"),
            "<html><body>no such page</body></html>",
        )?;
        Ok(html)
    }

    struct Running {
        root: tempfile::TempDir,
        address: SocketAddr,
        end: Option<oneshot::Sender<()>>,
        thread: Option<thread::JoinHandle<Result<()>>>,
    }

    impl Running {
        fn start(text: &str) -> Self {
            let root = tempfile::tempdir().expect("a folder");
            fs::create_dir_all(root.path().join("src")).expect("a folder");
            fs::write(root.path().join("src/index.md"), text).expect("a page");
            let server = Server::start(root.path(), ANY_PORT, copy).expect("a server");
            let address = server.address;
            let (end, ended) = oneshot::channel();
            let thread = thread::spawn(move || {
                server.run(async {
                    let _ = ended.await;
                })
            });
            Self {
                root,
                address,
                end: Some(end),
                thread: Some(thread),
            }
        }

        fn write(&self, text: &str) {
            fs::write(self.root.path().join("src/index.md"), text).expect("a page");
        }

        fn request(&self, head: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).expect("a connection");
            stream
                .set_read_timeout(Some(Duration::from_secs(20)))
                .expect("a timeout");
            write!(stream, "{head}\r\nHost: localhost\r\n").expect("a request");
            stream
        }

        fn get(&self, path: &str) -> String {
            let mut stream = self.request(&format!("GET {path} HTTP/1.1"));
            write!(stream, "Connection: close\r\n\r\n").expect("a request");
            let mut response = String::new();
            stream.read_to_string(&mut response).expect("a response");
            response
        }

        /// A page's reload socket, after its handshake.
        fn socket(&self) -> TcpStream {
            let mut stream = self.request(&format!("GET /{ENDPOINT} HTTP/1.1"));
            let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            stream.write_all(upgrade.as_bytes()).expect("a handshake");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a response");
                head.push(byte[0]);
            }
            assert!(
                head.starts_with(b"HTTP/1.1 101"),
                "{}",
                String::from_utf8_lossy(&head)
            );
            stream
        }

        fn end(mut self) -> Result<()> {
            drop(self.end.take());
            self.thread
                .take()
                .expect("a thread")
                .join()
                .expect("no panic")
        }
    }

    fn reloaded(mut socket: TcpStream) {
        let mut frame = [0; 8];
        socket.read_exact(&mut frame).expect("a frame");
        assert_eq!(&frame, b"\x81\x06reload");
    }

    #[test]
    fn server_shows_the_book_and_keeps_nothing_in_caches() {
        let server = Running::start("hello");
        let page = server.get("/");
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains(">hello<"),
            "{page}"
        );
        assert!(
            page.to_ascii_lowercase()
                .contains("cache-control: no-store"),
            "{page}"
        );
        let missing = server.get("/nowhere.html");
        assert!(
            missing.starts_with("HTTP/1.1 404") && missing.contains("no such page"),
            "{missing}"
        );
        server.end().expect("a clean end");
    }

    #[test]
    fn server_does_not_leave_the_book() {
        let server = Running::start("hello");
        assert!(
            server
                .get("/../../src/index.md")
                .starts_with("HTTP/1.1 404")
        );
        assert!(
            server
                .get("/%2e%2e/%2e%2e/src/index.md")
                .starts_with("HTTP/1.1 404")
        );
    }

    #[test]
    fn change_rebuilds_and_reloads_open_pages() {
        let server = Running::start("before");
        let socket = server.socket();
        server.write("after");
        reloaded(socket);
        assert!(server.get("/").contains(">after<"));
        server
            .end()
            .expect("a clean end, though a page may be open");
    }

    #[test]
    fn failed_build_keeps_the_last_book_and_says_why() {
        let server = Running::start("good");
        let socket = server.socket();
        server.write("broken");
        reloaded(socket);
        let page = server.get("/");
        assert!(
            page.contains(">good<") || page.contains("good</body>"),
            "{page}"
        );
        assert!(
            page.contains("src/index.md:1: &lt;broken&gt;") && page.contains("role=\"alert\""),
            "{page}"
        );
        let socket = server.socket();
        server.write("mended");
        reloaded(socket);
        let page = server.get("/");
        assert!(
            page.contains("mended") && !page.contains("role=\"alert\""),
            "{page}"
        );
    }

    #[test]
    fn book_that_never_built_still_says_why_and_recovers() {
        let server = Running::start("broken");
        let page = server.get("/any/page.html");
        assert!(
            page.starts_with("HTTP/1.1 503") && page.contains("&lt;broken&gt;"),
            "{page}"
        );
        let socket = server.socket();
        server.write("mended");
        reloaded(socket);
        assert!(server.get("/").contains("mended"));
    }

    #[test]
    fn taken_port_is_named_with_a_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let root = tempfile::tempdir().expect("a folder");
        let error =
            serve(root.path(), Options { port, ..ANY_PORT }, copy).expect_err("a taken port");
        let message = error.to_string();
        assert!(
            message.contains(&format!("port {port} is taken")) && message.contains("--port"),
            "{message}"
        );
    }

    #[test]
    fn panicking_builder_ends_the_server_with_an_error() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(root.path().join("src")).expect("a folder");
        let count = std::sync::atomic::AtomicU32::new(0);
        let page = root.path().join("src/a.md");
        let server = Server::start(root.path(), ANY_PORT, move |root| {
            // Only the builder's thread runs this, one build after another.
            assert!(
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0,
                "the second build"
            );
            Ok(root.to_owned())
        })
        .expect("a server");
        fs::write(page, "x").expect("a page");
        let error = server
            .run(std::future::pending())
            .expect_err("the builder is gone");
        assert!(error.to_string().contains("builder stopped"), "{error}");
    }
}
