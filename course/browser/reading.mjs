// What a reader does with a page.
import { test } from "node:test";
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { book, chapters, close, open, site, skip } from "./harness.mjs";

test("without script a page is whole: contents, folded parts, hidden lines, no dead button", { skip }, async () => {
    const page = await open({ width: 390, script: false });
    await page.goto(`${site.origin}scope.html`);
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
    await page.goto(`${site.origin}scope.html`, { waitUntil: "networkidle0" });
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
    await page.goto(`${site.origin}index.html`);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await page.waitForFunction(() => navigator.serviceWorker.controller);
    // The server is gone, for the page as for its worker.
    site.gone = true;
    t.after(() => (site.gone = false));
    for (const name of chapters) {
        await page.goto(site.origin + name);
        assert.match(await page.$eval("h1", (heading) => heading.textContent), /\S/, name);
        assert.notEqual(await page.$eval("body", (body) => getComputedStyle(body).margin), "8px", name);
    }
    await close(page);
});

test("keyboard alone: skip link first, focus is seen, arrow keys stay the browser's", { skip }, async () => {
    const page = await open();
    await page.goto(`${site.origin}scope.html`);
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
    await page.goto(`${site.origin}scope.html`);
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
    await page.goto(`${site.origin}scope.html`);
    await page.emulateMediaType("print");
    for (const selector of [".bar", "#contents", ".copy"]) assert.equal(await page.$eval(selector, (element) => element.checkVisibility()), false, selector);
    assert.ok(await page.$eval("main details p", (p) => p.getBoundingClientRect().height > 0));
    await close(page);
});

test("copy takes what is seen of a listing", { skip }, async () => {
    const page = await open();
    await page.goto(`${site.origin}scope.html`);
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
    // The book lies in a folder that it does not know, and the address is a deeper one.
    const response = await page.goto(`${site.origin}not/there/weak-reference.html`);
    assert.equal(response.status(), 404);
    await page.waitForSelector("#nearest a");
    assert.match(await page.$eval("#nearest", (nearest) => nearest.textContent), /Build a weak reference/);
    assert.notEqual(await page.$eval("body", (body) => getComputedStyle(body).margin), "8px");
    assert.equal(await page.$eval("main li a", (link) => link.href), `${site.origin}introduction.html`);
    await page.click("#nearest a");
    await page.waitForFunction(() => location.pathname.endsWith("/weak-references.html"));
    await close(page);
});
