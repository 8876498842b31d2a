// One server and one Chromium for all tests, and pages to look with.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { after, before } from "node:test";

const here = dirname(fileURLToPath(import.meta.url));
export const book = resolve(here, "../../book");
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
/** Why nothing can be looked at, or `false`. */
export const skip = !executablePath ? "no Chromium found: apt-get install chromium, or set CHROMIUM" : !existsSync(join(book, "index.html")) ? "no book: cargo course build" : false;

export const pages = skip ? [] : readdirSync(book, { recursive: true }).filter((name) => name.endsWith(".html")).map((name) => name.split(sep).join("/")).sort();
export const chapters = pages.filter((name) => name !== "404.html" && name !== "index.html");
export const axe = skip ? "" : readFileSync(join(here, "node_modules/axe-core/axe.min.js"), "utf8");

let browser, server;
/** Where the book is: in a folder of its host, as on GitHub Pages. */
export const site = { origin: "", gone: false };

const FOLDER = "/course/";
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const zipped = new Map();

before(async () => {
    if (skip) return;
    const puppeteer = (await import("puppeteer-core")).default;
    // Compressed, as every host does.
    server = createServer((request, response) => {
        if (site.gone) return request.socket.destroy();
        const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
        let file = join(book, path.startsWith(FOLDER) ? path.slice(FOLDER.length) || "index.html" : "404.html");
        const found = path.startsWith(FOLDER) && !relative(book, file).startsWith("..") && existsSync(file) && extname(file) !== "";
        if (!found) file = join(book, "404.html");
        if (!zipped.has(file)) zipped.set(file, gzipSync(readFileSync(file)));
        response.writeHead(found ? 200 : 404, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-encoding": "gzip" });
        response.end(zipped.get(file));
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    site.origin = `http://127.0.0.1:${server.address().port}${FOLDER}`;
    browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
});
after(async () => {
    await browser?.close();
    server?.close();
});

/** A page of its own; what it complains of is collected. */
export async function open({ width = 1280, theme = "light", script = true } = {}) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.complaints = [];
    page.on("console", (message) => ["error", "warn"].includes(message.type()) && page.complaints.push(message.text()));
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    if (!script) await page.setJavaScriptEnabled(false);
    return page;
}
export const close = (page) => page.browserContext().close();
