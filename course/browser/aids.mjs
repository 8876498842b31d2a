// What helps a reader to learn, and what the browser keeps of it.
import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chapters, close, open, site, skip } from "./harness.mjs";

const kept = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("course:kept")));
const says = (page, selector) => page.$eval(selector, (element) => element.textContent);
/** Answers a guess of the page, and returns what it is told. */
async function guess(page, number, unit) {
    const form = await page.$("form.guess");
    await form.$eval("input", (input, number) => (input.value = number), number);
    if (unit) await form.$eval("select", (select, unit) => (select.value = unit), unit);
    await (await form.$("button")).click();
    return form.$eval("output", (output) => output.textContent);
}

test("guess is compared with what was measured, whatever its unit, and shown again", { skip }, async () => {
    const page = await open();
    await page.goto(`${site.origin}generator-memory.html`);
    const { number, unit } = await page.$eval("details.predict", (answer) => ({ ...answer.dataset }));
    const bytes = Number(number) * { B: 1, kB: 1e3, MB: 1e6 }[unit];
    assert.equal(await page.$eval("details.predict", (answer) => answer.open), false);
    assert.match(await guess(page, "many", "B"), /^Write a number first/);
    assert.equal(await kept(page), null, "nothing is kept of what was no guess");
    assert.match(await guess(page, String(bytes), "B"), /: exactly right\.$/);
    assert.equal(await page.$eval("details.predict", (answer) => answer.open), true);
    assert.match(await guess(page, String(bytes / 1000).replace(".", ","), "kB"), /: exactly right\.$/);
    assert.match(await guess(page, String(bytes * 3), "B"), /: 3\.0 times too high\.$/);
    assert.match(await guess(page, String(bytes / 20), "B"), /: 20 times too low\.$/);
    await page.reload();
    assert.match(await says(page, "form.guess output"), /: 20 times too low\.$/);
    assert.equal(await page.$eval("details.predict", (answer) => answer.open), false);
    await close(page);
});

test("choices are judged, explained, kept, and shown again", { skip }, async () => {
    const page = await open();
    await page.goto(`${site.origin}scope.html`);
    const check = ".quiz .check";
    await page.click(check);
    assert.equal(await says(page, ".quiz output"), "Choose first.");
    assert.equal(await kept(page), null);
    await page.click('.quiz input[value="a"]');
    await page.click(check);
    assert.match(await says(page, ".quiz output"), /^Not quite: “.+”\.$/);
    assert.equal(await page.$eval(".quiz details", (answer) => answer.open), true);
    await page.click(`.quiz input[value="${await page.$eval(".quiz", (quiz) => quiz.dataset.right)}"]`);
    await page.click(check);
    assert.equal(await says(page, ".quiz output"), "Right.");
    await page.reload();
    assert.equal(await says(page, ".quiz output"), "Right.");
    assert.equal(await page.$eval(".quiz details", (answer) => answer.open), false);
    // Several may be right: all of them must be chosen.
    await page.goto(`${site.origin}cpu-budget.html`);
    const many = ".quiz:has(input[type=checkbox])";
    const right = (await page.$eval(many, (quiz) => quiz.dataset.right)).split(" ");
    await page.click(`${many} input[value="${right[0]}"]`);
    await page.click(`${many} .check`);
    assert.match(await says(page, `${many} output`), /^Not quite/);
    for (const letter of right.slice(1)) await page.click(`${many} input[value="${letter}"]`);
    await page.click(`${many} .check`);
    assert.equal(await says(page, `${many} output`), "Right.");
    await close(page);
});

test("without script questions are plain, and their answers folded", { skip }, async () => {
    const page = await open({ script: false });
    for (const name of ["scope.html", "generator-memory.html"]) {
        await page.goto(site.origin + name);
        for (const selector of ["form.guess", ".quiz input", ".quiz .check", "#read", "#kept"]) {
            for (const element of await page.$$(selector)) assert.equal(await element.evaluate((element) => element.checkVisibility()), false, selector);
        }
    }
    const answer = await page.$("details.predict");
    assert.equal(await answer.$eval("p", (p) => p.checkVisibility()), false);
    await (await answer.$("summary")).click();
    assert.equal(await answer.$eval("p", (p) => p.checkVisibility()), true);
    await page.goto(`${site.origin}scope.html`);
    assert.ok((await page.$$(".quiz li")).length >= 8);
    await page.click(".quiz summary");
    assert.equal(await page.$eval(".quiz details p", (p) => p.checkVisibility()), true);
    await close(page);
});

test("keys are of questions: no two questions share one", { skip }, async () => {
    const page = await open();
    const seen = new Map();
    for (const name of chapters) {
        await page.goto(site.origin + name, { waitUntil: "domcontentloaded" });
        for (const key of await page.$$eval("[data-key]", (all) => all.map((one) => one.dataset.key))) {
            assert.ok(!seen.has(key), `${key} on ${name} and ${seen.get(key)}`);
            seen.set(key, name);
        }
    }
    assert.ok(seen.size > 40, `${seen.size} questions`);
    await close(page);
});

test("page is marked as read, until it changes; marks are never written empty", { skip }, async () => {
    const page = await open();
    await page.goto(`${site.origin}scope.html`);
    await page.click("#read");
    const link = '#contents a[href="scope.html"]';
    assert.equal(await page.$eval(link, (link) => link.dataset.read), "yes");
    assert.deepEqual(Object.keys((await kept(page)).read), ["scope.html"]);
    // The page is another one by now.
    await page.evaluate(() => localStorage.setItem("course:kept", JSON.stringify({ version: 1, read: { "scope.html": "00000000" }, answers: {} })));
    await page.reload();
    assert.equal(await page.$eval(link, (link) => link.dataset.read), "changed");
    assert.equal(await page.$eval("#read", (box) => box.checked), false);
    await page.click("#read");
    await page.click("#read");
    assert.equal(await page.evaluate(() => localStorage.getItem("course:kept")), null);
    // From a page in a folder, too.
    await page.goto(`${site.origin}proposals/weak.html`);
    await page.click("#read");
    await page.goto(`${site.origin}index.html`);
    assert.equal(await page.$eval('#contents a[href="proposals/weak.html"]', (link) => link.dataset.read), "yes");
    await close(page);
});

test("what is kept is exported, reset and imported; what is no export changes nothing", { skip }, async () => {
    const page = await open();
    const folder = mkdtempSync(join(tmpdir(), "course-"));
    await page.goto(`${site.origin}scope.html`);
    await page.click("#read");
    await page.click('.quiz input[value="b"]');
    await page.click(".quiz .check");
    await page.click("#kept summary");
    await page.waitForFunction(() => document.getElementById("kept-says").textContent.startsWith("1 page read, 1 answer."));
    const before = await kept(page);
    // What would be saved.
    const text = await page.evaluate(async () => {
        let blob;
        const url = URL.createObjectURL;
        URL.createObjectURL = (made) => url.call(URL, (blob = made));
        HTMLAnchorElement.prototype.click = () => {};
        document.getElementById("kept-export").click();
        return blob.text();
    });
    assert.deepEqual(JSON.parse(text), before);
    page.once("dialog", (dialog) => dialog.dismiss());
    await page.click("#kept-reset");
    assert.deepEqual(await kept(page), before, "asked first");
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#kept-reset");
    assert.equal(await kept(page), null);
    assert.equal(await page.$eval("#read", (box) => box.checked), false);
    assert.equal(await says(page, ".quiz output"), "");
    const file = await page.$("#kept-import");
    for (const wrong of ["{", "null", '{"version":2,"read":{},"answers":{}}', '{"version":1,"read":[1],"answers":{}}', '{"version":1}']) {
        writeFileSync(join(folder, "wrong.json"), wrong);
        await file.uploadFile(join(folder, "wrong.json"));
        await page.waitForFunction(() => document.getElementById("kept-says").textContent.startsWith("That file is no export"));
        assert.equal(await kept(page), null, wrong);
        await page.evaluate(() => (document.getElementById("kept-says").textContent = ""));
    }
    writeFileSync(join(folder, "right.json"), text);
    await file.uploadFile(join(folder, "right.json"));
    await page.waitForFunction(() => document.getElementById("kept-says").textContent.startsWith("Imported."));
    assert.deepEqual(await kept(page), before);
    assert.equal(await says(page, ".quiz output"), "Right.");
    // What another edition has written is left alone.
    await page.evaluate(() => localStorage.setItem("course:kept", '{"version":9}'));
    await page.reload();
    await page.click("#read");
    assert.equal(await page.evaluate(() => localStorage.getItem("course:kept")), '{"version":9}');
    assert.deepEqual(page.complaints, []);
    await close(page);
});

test("term says what it means where it stands; without script it is a link", { skip }, async () => {
    const page = await open({ width: 390 });
    await page.goto(`${site.origin}nursery.html`);
    const term = await page.$("a.term");
    const id = await term.evaluate((term) => `#term-${term.hash.slice(1)}`);
    assert.equal(await page.$eval(id, (meaning) => meaning.checkVisibility()), false);
    await term.focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.$eval(id, (meaning) => meaning.checkVisibility() && document.activeElement === meaning), true);
    assert.ok(await page.$eval(id, (meaning) => { const box = meaning.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight; }));
    await page.keyboard.press("Escape");
    assert.equal(await page.$eval(id, (meaning) => meaning.checkVisibility()), false);
    assert.equal(await term.evaluate((term) => document.activeElement === term), true);
    await close(page);
    const plain = await open({ script: false });
    await plain.goto(`${site.origin}proposals/synctest.html`);
    await Promise.all([plain.waitForNavigation(), plain.click("a.term")]);
    assert.equal(new URL(plain.url()).pathname.split("/").pop(), "glossary.html");
    assert.ok(await plain.$eval(new URL(plain.url()).hash, (term) => term.tagName === "DT"));
    await close(plain);
});

test("stage is seen as what changed, or whole, without script", { skip }, async () => {
    const page = await open({ script: false });
    await page.goto(`${site.origin}virtual-time.html`);
    await page.click("details.diff > summary");
    const seen = () => page.$eval("details.diff", (diff) => [...diff.querySelectorAll(":scope > .views ~ *")].map((part) => part.checkVisibility()));
    assert.deepEqual(await seen(), [true, false]);
    await page.click("details.diff .whole");
    assert.deepEqual(await seen(), [false, true]);
    assert.match(await page.$eval("details.diff figure.listing", (listing) => listing.textContent), /pub fn|pub async fn/);
    await close(page);
});

test("every heading and listing has a link to itself, and every run link carries its listing", { skip }, async () => {
    const page = await open();
    let runs = 0;
    for (const name of chapters) {
        await page.goto(site.origin + name, { waitUntil: "domcontentloaded" });
        const found = await page.evaluate(() => {
            const wrong = [];
            for (const heading of document.querySelectorAll("main :is(h1, h2, h3, h4)")) if (!heading.id || heading.querySelector("a.header")?.hash !== `#${heading.id}`) wrong.push(heading.outerHTML);
            for (const listing of document.querySelectorAll("figure.listing")) if (listing.querySelector("figcaption a").hash !== `#${listing.id}` || document.querySelectorAll(`[id="${listing.id}"]`).length !== 1) wrong.push(listing.id);
            const links = [...document.querySelectorAll('a[href^="https://play.rust-lang.org/"]')];
            for (const link of links) {
                const code = new URL(link.href).searchParams.get("code");
                if (code.trim() !== link.closest("figure").querySelector("code").textContent.trim()) wrong.push(code);
                if (/^[^/]*\blistings::/m.test(code)) wrong.push(`cannot run there: ${code}`);
            }
            return { wrong, runs: links.length };
        });
        assert.deepEqual(found.wrong, [], name);
        runs += found.runs;
    }
    assert.ok(runs > 10, `${runs} listings run on the playground`);
    await page.goto(`${site.origin}cpu-budget.html`);
    assert.ok((await page.$$eval("figure.listing .note", (notes) => notes.filter((note) => note.textContent === "runs only on Linux").length)) > 0);
    await close(page);
});

test("steps are stepped through with the arrow keys, and need no script", { skip }, async () => {
    const page = await open({ script: false, width: 390 });
    await page.goto(`${site.origin}tagged-pointers.html`);
    const seen = () => page.$$eval("figure.steps .step", (steps) => steps.findIndex((step) => step.checkVisibility()));
    assert.equal(await seen(), 0);
    await page.focus("figure.steps input");
    await page.keyboard.press("ArrowRight");
    assert.equal(await seen(), 1);
    assert.ok(await page.$eval("figure.steps .step:has(svg) p", (said) => said.textContent.trim().length > 10));
    await close(page);
});

test("measurements of another machine are shown once they are chosen, and the reference again", { skip }, async () => {
    // The book may have one record only, so a table is given a second one.
    const second = (html) => html.replace(/<figure class="bench"[^]*?<\/figure>/, (figure) => `<div class="records"><p class="whose"><label>Measured on <select><option value="a">A</option><option value="b">B</option></select></label></p><section data-record="a">${figure}</section><section data-record="b" hidden>theirs</section></div>`);
    const shown = (page) => page.$$eval(".records > section:not([hidden])", (sections) => sections.map((section) => section.dataset.record));
    const measured = async (options) => {
        const page = await open(options);
        const url = `${site.origin}coroutines.html`;
        const html = second(await (await fetch(url)).text());
        await page.setRequestInterception(true);
        page.on("request", (request) => request.url() === url ? request.respond({ contentType: "text/html; charset=utf-8", body: html }) : request.continue());
        await page.goto(url);
        return page;
    };
    const page = await measured();
    assert.deepEqual(await shown(page), ["a"]);
    await page.select(".records select", "b");
    assert.deepEqual(await shown(page), ["b"]);
    await page.select(".records select", "a");
    assert.deepEqual(await shown(page), ["a"]);
    await close(page);
    const plain = await measured({ script: false });
    assert.deepEqual(await shown(plain), ["a"]);
    assert.equal(await plain.$eval(".whose", (choice) => getComputedStyle(choice).display), "none");
    await close(plain);
});
