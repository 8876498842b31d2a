// What a reader's browser must find. Run after `cargo course build`; without a Chromium every test is skipped, and says so.
import { test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const book = resolve(here, "../../book");
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
const skip = !executablePath ? "no Chromium found: apt-get install chromium, or set CHROMIUM" : !existsSync(join(book, "index.html")) ? "no book: cargo course build" : false;

const BUDGET = 150_000; // bytes transferred for a page, before search is opened
const pages = skip ? [] : readdirSync(book, { recursive: true }).filter((name) => name.endsWith(".html")).map((name) => name.split(sep).join("/")).sort();
const chapters = pages.filter((name) => name !== "404.html" && name !== "index.html");

let browser, server, origin, axe;
let gone = false;
// Compressed, as every host does; at the root, where the 404 page of a book without a `site-url` looks for its links.
const FOLDER = "/";
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const zipped = new Map();

test.before(async () => {
    if (skip) return;
    const puppeteer = (await import("puppeteer-core")).default;
    axe = readFileSync(join(here, "node_modules/axe-core/axe.min.js"), "utf8");
    server = createServer((request, response) => {
        if (gone) return request.socket.destroy();
        const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
        let file = path.startsWith(FOLDER) ? join(book, path.slice(FOLDER.length) || "index.html") : join(book, "404.html");
        const found = !relative(book, file).startsWith("..") && existsSync(file) && extname(file) !== "";
        if (!found) file = join(book, "404.html");
        if (!zipped.has(file)) zipped.set(file, gzipSync(readFileSync(file)));
        response.writeHead(found ? 200 : 404, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-encoding": "gzip" });
        response.end(zipped.get(file));
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    origin = `http://127.0.0.1:${server.address().port}${FOLDER}`;
    browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
});
test.after(async () => {
    await browser?.close();
    server?.close();
});

/** A page of its own, with no worker behind it unless asked for; what it complains of is collected. */
async function open({ width = 1280, theme = "light", script = true } = {}) {
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
const close = (page) => page.browserContext().close();

for (const theme of ["light", "dark"]) {
    for (const width of [390, 1280]) {
        test(`every page has no axe violation, ${theme}, ${width} wide`, { skip }, async () => {
            const page = await open({ width, theme });
            const found = [];
            for (const name of pages) {
                await page.goto(origin + name);
                await page.evaluate(axe);
                // What is folded is read, too.
                await page.evaluate(() => document.querySelectorAll("main details").forEach((part) => (part.open = true)));
                const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"], elementRef: false }));
                for (const { id, nodes } of violations) found.push(`${name}: ${id} × ${nodes.length}: ${nodes[0].html.slice(0, 160)} ${nodes[0].any[0]?.message ?? ""}`);
            }
            await close(page);
            assert.deepEqual(found, []);
        });
    }
}

for (const width of [390, 1280]) {
    test(`every page is light, stands still, fits and is quiet, ${width} wide`, { skip }, async (t) => {
        const found = [];
        let heaviest = ["", 0];
        for (const name of pages) {
            const page = await open({ width });
            const session = await page.createCDPSession();
            await session.send("Network.enable");
            let bytes = 0;
            session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
            await page.evaluateOnNewDocument(() => {
                window.shift = 0;
                new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.value))).observe({ type: "layout-shift", buffered: true });
            });
            await page.goto(origin + name, { waitUntil: "networkidle0" });
            const { shift, wide } = await page.evaluate(() => ({ shift: window.shift, wide: document.documentElement.scrollWidth - innerWidth }));
            if (bytes > heaviest[1]) heaviest = [name, bytes];
            if (bytes > BUDGET) found.push(`${name}: ${bytes} bytes`);
            if (shift > 0) found.push(`${name}: layout shift ${shift}`);
            if (wide > 0) found.push(`${name}: ${wide} px too wide`);
            found.push(...page.complaints.map((text) => `${name}: ${text}`));
            await close(page);
        }
        t.diagnostic(`heaviest page: ${heaviest[0]}, ${heaviest[1]} bytes`);
        assert.deepEqual(found, []);
    });
}

test("pages fit at 200 % zoom", { skip }, async () => {
    const page = await open();
    // 1280 px at 200 % are 640 CSS pixels of twice the density.
    await page.setViewport({ width: 640, height: 450, deviceScaleFactor: 2 });
    for (const name of pages) {
        await page.goto(origin + name);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), name);
    }
    await close(page);
});

test("without script a page is whole: contents, folded parts, hidden lines, no dead button", { skip }, async () => {
    const page = await open({ width: 390, script: false });
    await page.goto(`${origin}scope.html`);
    const seen = (selector) => page.$eval(selector, (element) => element.checkVisibility());
    assert.equal(await seen("#contents"), false);
    await page.click("button.contents");
    assert.equal(await seen("#contents"), true);
    assert.ok((await page.$$("#contents a")).length > 20);
    await page.keyboard.press("Escape");
    assert.equal(await seen("#contents"), false);
    for (const selector of ["#theme", "#search-open", ".copy"]) assert.equal(await seen(selector), false, selector);
    await page.click("main details > summary");
    assert.equal(await page.$eval("main details", (part) => part.open), true);
    const box = await page.$(".all-lines");
    const hidden = () => box.evaluate((box) => box.closest("figure").querySelector(".boring").checkVisibility());
    assert.equal(await hidden(), false);
    await box.click();
    assert.equal(await hidden(), true);
    await close(page);
});

test("page opened from a file works, and so does its search", { skip }, async () => {
    const page = await open();
    await page.goto(pathToFileURL(join(book, "scope.html")).href);
    assert.notEqual(await page.$eval("body", (body) => getComputedStyle(body).margin), "8px");
    await page.click("#search-open");
    await page.type("#search-for", "trilemma");
    await page.waitForSelector("#search-found a");
    await page.click("#search-found a");
    await page.waitForFunction(() => location.protocol === "file:" && location.hash.length > 1);
    assert.deepEqual(page.complaints, []);
    await close(page);
});

test("search is fetched when it is opened, and not before", { skip }, async () => {
    const page = await open();
    const asked = [];
    page.on("request", (request) => request.url().includes("/search-") && asked.push(request.url()));
    await page.goto(`${origin}scope.html`, { waitUntil: "networkidle0" });
    assert.equal(asked.length, 0);
    await page.keyboard.down("Control");
    await page.keyboard.press("k");
    await page.keyboard.up("Control");
    await page.waitForFunction(() => document.getElementById("search").open);
    await page.type("#search-for", "orphan task");
    await page.waitForSelector("#search-found a");
    assert.equal(asked.length, 1);
    // The first empties the field, as in every search field.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    assert.equal(await page.$eval("#search", (dialog) => dialog.open), false);
    await close(page);
});

test("whole book is there offline after one visit", { skip, timeout: 60_000 }, async (t) => {
    const page = await open();
    await page.goto(`${origin}index.html`);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    // The server is gone, for the page as for its worker.
    gone = true;
    t.after(() => (gone = false));
    for (const name of chapters) {
        await page.goto(origin + name);
        assert.match(await page.$eval("h1", (heading) => heading.textContent), /\S/, name);
        assert.notEqual(await page.$eval("body", (body) => getComputedStyle(body).margin), "8px", name);
    }
    await close(page);
});

test("keyboard alone: skip link first, focus is seen, arrow keys stay the browser's", { skip }, async () => {
    const page = await open();
    await page.goto(`${origin}scope.html`);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    assert.ok((await page.evaluate(() => document.activeElement.getBoundingClientRect().top)) >= 0);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    for (let step = 0; step < 40; step++) {
        await page.keyboard.press("Tab");
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(outline, "none", await page.evaluate(() => document.activeElement.outerHTML.slice(0, 200)));
    }
    const before = page.url();
    for (const key of ["ArrowRight", "ArrowLeft", "s", "/"]) await page.keyboard.press(key);
    assert.equal(page.url(), before);
    assert.equal(await page.$eval("#search", (dialog) => dialog.open), false);
    await close(page);
});

test("motion and theme follow the reader", { skip }, async () => {
    const page = await open();
    await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    await page.goto(`${origin}scope.html`);
    assert.equal(await page.$eval("html", (html) => getComputedStyle(html).scrollBehavior), "auto");
    const colour = () => page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
    const light = await colour();
    await page.click("#theme");
    await page.click("#theme");
    assert.notEqual(await colour(), light);
    await page.reload();
    assert.notEqual(await colour(), light, "kept");
    await page.click("#theme");
    assert.equal(await page.evaluate(() => localStorage.length), 0, "nothing is kept of the default");
    await close(page);
});

test("print has the answers, and no furniture", { skip }, async () => {
    const page = await open();
    await page.goto(`${origin}scope.html`);
    await page.emulateMediaType("print");
    for (const selector of [".bar", "#contents", ".copy"]) assert.equal(await page.$eval(selector, (element) => element.checkVisibility()), false, selector);
    assert.ok(await page.$eval("main details p", (p) => p.getBoundingClientRect().height > 0));
    await close(page);
});

test("copy takes what is seen of a listing", { skip }, async () => {
    const page = await open();
    await page.goto(`${origin}scope.html`);
    await page.evaluate(() => { navigator.clipboard.writeText = async (text) => { window.copied = text; }; });
    const listing = await page.$("figure.listing:has(.boring)");
    await (await listing.$(".copy")).click();
    await page.waitForFunction(() => window.copied !== undefined);
    const seen = await listing.$eval("code", (code) => { const copy = code.cloneNode(true); copy.querySelectorAll(".boring").forEach((line) => line.remove()); return copy.textContent; });
    assert.equal(await page.evaluate(() => window.copied), seen);
    await close(page);
});

test("wrong address leads on, to the page that was meant", { skip }, async () => {
    const page = await open();
    const response = await page.goto(`${origin}weak-reference.html`);
    assert.equal(response.status(), 404);
    assert.match(await page.$eval("#nearest", (nearest) => nearest.textContent), /Build a weak reference/);
    await page.click("#nearest a");
    await page.waitForFunction(() => location.pathname.endsWith("/weak-references.html"));
    await close(page);
});

test("Lighthouse: 1.00 for accessibility, best practices and SEO", { skip }, async (t) => {
    const { default: lighthouse } = await import("lighthouse");
    // Every kind of page, and the heaviest; what the budgets measure is measured on every page above.
    for (const name of ["index.html", "scope.html", "cpu-budget.html", "what-we-measured.html", "proposals/weak.html"].filter((name) => pages.includes(name))) {
        const page = await open();
        const { lhr } = await lighthouse(origin + name, { logLevel: "silent" }, undefined, page);
        const scores = Object.fromEntries(Object.entries(lhr.categories).map(([id, category]) => [id, category.score]));
        t.diagnostic(`${name}: ${JSON.stringify(scores)}`);
        const failed = Object.values(lhr.categories).filter((category) => category.id !== "performance").flatMap((category) => category.auditRefs).map((ref) => lhr.audits[ref.id]).filter((audit) => audit.score !== null && audit.score < 1 && audit.scoreDisplayMode === "binary").map((audit) => audit.id);
        for (const id of ["accessibility", "best-practices", "seo"]) assert.equal(scores[id], 1, `${name}: ${id} ${scores[id]}: ${failed}`);
        await close(page);
    }
});
