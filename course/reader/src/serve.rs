//! `cargo course serve`: the book in a browser, built again at every change.
//!
//! Three parts: [`watch`] reports what changed, a thread builds, [`http`] shows the last good book and, when a build
//! failed, what is wrong with the new one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};

use self::http::Book;
use toolchain::watch::Watch;

mod http;

/// The path at which pages hear of new builds; the value of `output.html.live-reload-endpoint`.
pub const ENDPOINT: &str = "__livereload";

/// Settings of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The address to listen on; 0.0.0.0 and :: are all addresses of this machine.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Opens a browser.
    pub open: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
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
/// When the address is taken or is none of this machine, or the book's folder cannot be watched. A book that does not
/// build is not an error here: its problems are printed and shown in the browser, and the next change builds again.
pub fn serve<B>(root: &Path, options: Options, build: B) -> Result<()>
where
    B: Fn(&Path) -> Result<PathBuf> + Send + 'static,
{
    let server = Server::start(root, options, build)?;
    let url = url(server.address);
    anstream::println!("{url}  (Ctrl-C ends it)");
    if !http::is_local(options.host) {
        anstream::eprintln!(
            "note: anyone who reaches this machine can read the book, and nothing else, on port {}",
            server.address.port()
        );
    }
    if options.open
        && let Err(error) = open_browser(&url)
    {
        anstream::eprintln!("no browser could be opened ({error}): open {url} yourself");
    }
    // Nothing is lost when Ctrl-C ends the process: mdBook writes below `target`, and the next build begins anew.
    server.run()
}

/// Opens an address with the program that the system has for that.
fn open_browser(url: &str) -> io::Result<()> {
    let (program, arguments) = if cfg!(windows) {
        ("cmd", &["/c", "start", ""][..])
    } else if cfg!(target_os = "macos") {
        ("open", &[][..])
    } else {
        ("xdg-open", &[][..])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(url);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}

/// A listening server whose builder runs.
struct Server {
    listener: TcpListener,
    address: SocketAddr,
    book: Arc<Book>,
    /// Ends the server with what is sent, where a test outlives it.
    #[cfg(test)]
    end: Sender<Result<()>>,
    ended: Receiver<Result<()>>,
}

/// The end of the server when the builder's thread ends, which it does only by a panic.
struct Builder(Sender<Result<()>>);

impl Drop for Builder {
    fn drop(&mut self) {
        let _ = self.0.send(Err(anyhow!(
            "the builder stopped: its message is above; start again"
        )));
    }
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
        let (end, ended) = channel();
        let builder = Builder(end.clone());
        let shown = Arc::clone(&book);
        thread::Builder::new()
            .name("build".to_owned())
            .spawn(move || {
                let _builder = builder;
                while let Some(changes) = watch.next() {
                    anstream::println!("changed: {}", list(&changes));
                    rebuild(&root, &shown, &build);
                }
            })?;
        Ok(Self {
            listener,
            address,
            book,
            #[cfg(test)]
            end,
            ended,
        })
    }

    /// Serves until the end.
    fn run(self) -> Result<()> {
        // Not waited for: open pages hold their connections.
        thread::Builder::new()
            .name("listen".to_owned())
            .spawn(move || http::listen(&self.listener, &self.book))?;
        self.ended.recv()?
    }
}

/// The address to open on this machine.
fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

fn bind(options: Options) -> Result<TcpListener> {
    let Options { host, port, .. } = options;
    TcpListener::bind((host, port)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "port {port} is taken by another program, maybe another `cargo course serve`\n  help: choose another with `--port {}`, or any free one with `--port 0`",
            port.checked_add(1).unwrap_or(3001)
        ),
        io::ErrorKind::PermissionDenied => anyhow!(
            "port {port} may not be used by this user\n  help: choose one above 1023, such as `--port 3000`"
        ),
        io::ErrorKind::AddrNotAvailable => anyhow!(
            "{host} is not an address of this machine\n  help: `--host 0.0.0.0` listens on all that it has"
        ),
        _ => anyhow::Error::new(error).context(format!("{} cannot be listened on", SocketAddr::new(host, port))),
    })
}

/// Builds once, reports the result, and notifies open pages.
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
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::time::Duration;

    use anyhow::bail;

    use super::*;

    const ANY_PORT: Options = Options {
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
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
        end: Sender<Result<()>>,
        thread: thread::JoinHandle<Result<()>>,
    }

    impl Running {
        fn start(text: &str) -> Self {
            let root = tempfile::tempdir().expect("a folder");
            fs::create_dir_all(root.path().join("src")).expect("a folder");
            fs::write(root.path().join("src/index.md"), text).expect("a page");
            let server = Server::start(root.path(), ANY_PORT, copy).expect("a server");
            let address = server.address;
            let end = server.end.clone();
            let thread = thread::spawn(move || server.run());
            Self {
                root,
                address,
                end,
                thread,
            }
        }

        fn write(&self, text: &str) {
            fs::write(self.root.path().join("src/index.md"), text).expect("a page");
        }

        fn request(&self, head: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).expect("a connection");
            // Shorter than the heartbeat of open pages, which must not pass for a change.
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

        /// An open page, which has its book's version.
        fn open_page(&self) -> OpenPage {
            let mut stream = self.request(&format!("GET /{ENDPOINT} HTTP/1.1"));
            stream.write_all(b"\r\n").expect("a request");
            let mut events = BufReader::new(stream).lines();
            let mut head = events.by_ref().map(|line| line.expect("a head"));
            assert_eq!(head.next().as_deref(), Some("HTTP/1.1 200 OK"));
            assert!(head.any(|line| line == "Content-Type: text/event-stream"));
            let mut page = OpenPage {
                events,
                version: String::new(),
            };
            page.reloads();
            page
        }

        fn end(self) -> Result<()> {
            self.end.send(Ok(())).expect("a running server");
            self.thread.join().expect("no panic")
        }
    }

    struct OpenPage {
        events: std::io::Lines<BufReader<TcpStream>>,
        version: String,
    }

    impl OpenPage {
        /// Waits for another version.
        fn reloads(&mut self) {
            let seen = self.version.clone();
            self.version = self
                .events
                .by_ref()
                .map(|line| line.expect("an event"))
                .find(|line| line.starts_with("data: ") && *line != seen)
                .expect("another version");
        }
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
        let mut page = server.open_page();
        server.write("after");
        page.reloads();
        assert!(server.get("/").contains(">after<"));
        server
            .end()
            .expect("a clean end, though a page may be open");
    }

    #[test]
    fn failed_build_keeps_the_last_book_and_says_why() {
        let server = Running::start("good");
        let mut page = server.open_page();
        server.write("broken");
        page.reloads();
        let page = server.get("/");
        assert!(
            page.contains(">good<") || page.contains("good</body>"),
            "{page}"
        );
        assert!(
            page.contains("src/index.md:1: &lt;broken&gt;") && page.contains("role=\"alert\""),
            "{page}"
        );
        let mut page = server.open_page();
        server.write("fixed");
        page.reloads();
        let page = server.get("/");
        assert!(
            page.contains("fixed") && !page.contains("role=\"alert\""),
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
        let mut page = server.open_page();
        server.write("fixed");
        page.reloads();
        assert!(server.get("/").contains("fixed"));
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
        let error = server.run().expect_err("the builder is gone");
        assert!(error.to_string().contains("builder stopped"), "{error}");
    }

    #[test]
    fn address_of_another_machine_is_named_with_a_way_out() {
        let root = tempfile::tempdir().expect("a folder");
        // Kept for documentation: no machine has it.
        let host = Ipv4Addr::new(192, 0, 2, 1).into();
        let error = serve(root.path(), Options { host, ..ANY_PORT }, copy).expect_err("no address");
        let message = error.to_string();
        assert!(
            message.contains("192.0.2.1 is not an address") && message.contains("--host 0.0.0.0"),
            "{message}"
        );
    }

    #[test]
    fn url_opens_on_this_machine() {
        for (address, opened) in [
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("192.0.2.1:80", "http://192.0.2.1:80"),
            ("[::]:80", "http://[::1]:80"),
            ("[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(url(address.parse().expect("an address")), opened);
        }
    }

    #[test]
    fn slow_clients_do_not_keep_others_waiting() {
        let server = Running::start("hello");
        let large = fs::File::create(server.root.path().join("target/html/large.bin"));
        large.expect("a file").set_len(1 << 30).expect("a length");
        let silent = [(); 3].map(|()| TcpStream::connect(server.address).expect("a connection"));
        let mut unread = server.request("GET /large.bin HTTP/1.1");
        unread.write_all(b"\r\n").expect("a request");
        assert!(server.get("/").contains(">hello<"));
        drop((silent, unread));
    }

    #[test]
    fn names_of_other_machines_are_refused_on_this_machine_only() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(root.path().join("src")).expect("a folder");
        fs::write(root.path().join("src/index.md"), "hello").expect("a page");
        for (host, status) in [(Ipv4Addr::LOCALHOST, "421"), (Ipv4Addr::UNSPECIFIED, "200")] {
            let host = host.into();
            let server = Server::start(root.path(), Options { host, ..ANY_PORT }, copy);
            let server = server.expect("a server");
            let port = server.address.port();
            thread::spawn(move || server.run());
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a connection");
            write!(stream, "GET / HTTP/1.1\r\nHost: book.example\r\n\r\n").expect("a request");
            let mut response = String::new();
            stream.read_to_string(&mut response).expect("a response");
            assert!(
                response.starts_with(&format!("HTTP/1.1 {status}")),
                "{response}"
            );
        }
    }
}
