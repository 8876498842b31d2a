// What a page does beyond HTML. Without it everything can still be read and reached.
(() => {
    "use strict";
    const own = document.currentScript.dataset;
    const root = document.documentElement;
    const $ = (id) => document.getElementById(id);

    // Theme: what the system says, light, or dark.
    const themes = ["auto", "light", "dark"];
    const button = $("theme");
    const label = button.querySelector("span");
    label.textContent = root.dataset.theme ?? "auto";
    button.addEventListener("click", () => {
        const next = themes[(themes.indexOf(root.dataset.theme ?? "auto") + 1) % themes.length];
        if (next === "auto") delete root.dataset.theme;
        else root.dataset.theme = next;
        label.textContent = next;
        try {
            if (next === "auto") localStorage.removeItem("course:theme");
            else localStorage.setItem("course:theme", next);
        } catch {} // A browser that keeps nothing still changes the page.
    });

    // Copy: what is seen of a listing.
    document.addEventListener("click", async (event) => {
        const copy = event.target.closest(".copy");
        if (!copy) return;
        const listing = copy.closest("figure");
        const code = listing.querySelector("pre > code").cloneNode(true);
        if (!listing.querySelector(".all-lines:checked")) code.querySelectorAll(".boring").forEach((line) => line.remove());
        try {
            await navigator.clipboard.writeText(code.textContent);
            copy.textContent = "copied";
        } catch {
            copy.textContent = "failed";
        }
        setTimeout(() => (copy.textContent = "copy"), 1500);
    });

    // Whose measurements are shown, everywhere on the page. What that machine has not measured stays the reference's.
    const choices = document.querySelectorAll(".records select");
    const choose = (machine) => {
        for (const select of choices) {
            const records = [...select.closest(".records").querySelectorAll("[data-record]")];
            const chosen = records.find((record) => record.dataset.record === machine) ?? records[0];
            select.value = chosen.dataset.record;
            for (const record of records) record.hidden = record !== chosen;
        }
    };
    for (const select of choices) select.addEventListener("change", () => choose(select.value));
    // A browser may remember the choice of an earlier visit.
    if (choices.length) choose(choices[0].value);

    // What is kept: pages read, guesses and choices. A key is the digest of a page or a question, so nothing is mistaken for
    // an answer to another one. Read before every change, for another window may have changed it. Never written empty.
    const KEPT = "course:kept";
    const valid = (kept) => kept?.version === 1 && [kept.read, kept.answers].every((part) => part && typeof part === "object" && Object.values(part).every((value) => typeof value === "string"));
    const kept = () => {
        let text = null;
        try { text = localStorage.getItem(KEPT); } catch {}
        if (text === null) return { version: 1, read: {}, answers: {} };
        try { const found = JSON.parse(text); return valid(found) ? found : null; } catch { return null; }
    };
    const change = (edit) => {
        const now = kept();
        // What this edition cannot read is left as it is.
        if (!now) return false;
        edit(now);
        try {
            if (Object.keys(now.read).length + Object.keys(now.answers).length === 0) localStorage.removeItem(KEPT);
            else localStorage.setItem(KEPT, JSON.stringify(now));
            return true;
        } catch { return false; }
    };
    const keep = (part, key, value) => change((now) => { if (value) now[part][key] = value; else delete now[part][key]; });

    // Guesses: how far off, as a factor.
    const number = (text) => { const plain = text.trim().replace(",", "."); return /^\d*\.?\d+$/.test(plain) ? Number(plain) : NaN; };
    const off = (guess, right) => {
        if (guess === right) return "exactly right";
        if (!guess || !right) return guess < right ? "too low" : "too high";
        const factor = Math.max(guess / right, right / guess);
        if (factor < 1.1) return "right within a tenth";
        return `${factor < 10 ? factor.toFixed(1) : Math.round(factor)} times too ${guess < right ? "low" : "high"}`;
    };
    const UNITS = { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9, B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
    const written = (form) => [form.elements[0].value.trim(), form.querySelector("select")?.value].filter(Boolean).join(" ");
    const guessed = (form) => {
        const answer = form.nextElementSibling;
        const guess = number(form.elements[0].value);
        const said = form.querySelector("output");
        if (Number.isNaN(guess)) { said.textContent = "Write a number first."; return; }
        const unit = UNITS[form.querySelector("select")?.value] ?? 1;
        const right = Number(answer.dataset.number) * (UNITS[answer.dataset.unit] ?? 1);
        said.textContent = `You said ${written(form)}: ${off(guess * unit, right)}.`;
        return answer;
    };
    for (const form of document.querySelectorAll("form.guess")) {
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            const answer = guessed(form);
            if (!answer) return;
            answer.open = true;
            keep("answers", form.dataset.key, written(form));
        });
    }

    // Choices.
    const chosen = (quiz) => [...quiz.querySelectorAll("input:checked")].map((input) => input.value).join(" ");
    const judged = (quiz) => {
        const right = quiz.dataset.right;
        const said = quiz.querySelector("output");
        const choice = chosen(quiz);
        said.textContent = !choice ? "Choose first." : choice === right ? "Right." : `Not quite: ${right.split(" ").map((letter) => `“${quiz.querySelector(`input[value="${letter}"] + span`).textContent}”`).join(" and ")}.`;
        return choice;
    };
    for (const quiz of document.querySelectorAll(".quiz")) {
        quiz.querySelector(".check").addEventListener("click", () => {
            const choice = judged(quiz);
            if (!choice) return;
            quiz.querySelector("details").open = true;
            keep("answers", quiz.dataset.key, choice);
        });
    }

    // What was kept is shown again, here and in the contents.
    const show = () => {
        const { read, answers } = kept() ?? { read: {}, answers: {} };
        for (const form of document.querySelectorAll("form.guess")) {
            form.reset();
            form.querySelector("output").textContent = "";
            const was = (answers[form.dataset.key] ?? "").split(" ");
            if (!was[0]) continue;
            form.elements[0].value = was[0];
            if (was[1] && form.querySelector("select")) form.querySelector("select").value = was[1];
            guessed(form);
        }
        for (const quiz of document.querySelectorAll(".quiz")) {
            const was = (answers[quiz.dataset.key] ?? "").split(" ");
            quiz.querySelectorAll("input").forEach((input) => (input.checked = was.includes(input.value)));
            quiz.querySelector("output").textContent = "";
            if (chosen(quiz)) judged(quiz);
        }
        for (const link of document.querySelectorAll("#contents a[data-digest]")) {
            const was = read[link.getAttribute("href").slice(root.dataset.root.length)];
            if (was) link.dataset.read = was === link.dataset.digest ? "yes" : "changed";
            else delete link.dataset.read;
        }
        if ($("read")) $("read").checked = read[root.dataset.page] === root.dataset.digest;
    };
    const says = (text) => {
        const now = kept();
        const count = (part, one, many) => { const n = Object.keys(now[part]).length; return `${n} ${n === 1 ? one : many}`; };
        $("kept-says").textContent = [text, now ? `${count("read", "page", "pages")} read, ${count("answers", "answer", "answers")}. Nothing of it leaves this browser.` : "What is kept was written by another edition of this book, and is left alone. Export it, or reset."].filter(Boolean).join(" ");
    };
    if ($("read")) {
        show();
        addEventListener("storage", show);
        $("read").addEventListener("change", (event) => { keep("read", root.dataset.page, event.target.checked && root.dataset.digest); show(); });
        $("kept").addEventListener("toggle", () => says());
        $("kept-export").addEventListener("click", () => {
            let text = null;
            try { text = localStorage.getItem(KEPT); } catch {}
            if (text === null) { says("There is nothing to export."); return; }
            const link = document.createElement("a");
            link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
            link.download = "course-answers.json";
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 1000);
        });
        $("kept-import").addEventListener("change", async (event) => {
            const [file] = event.target.files;
            if (!file) return;
            let found;
            try { found = JSON.parse(await file.text()); } catch {}
            event.target.value = "";
            if (!valid(found)) { says("That file is no export of this book; nothing is changed."); return; }
            const done = change((now) => { Object.assign(now.read, found.read); Object.assign(now.answers, found.answers); });
            show();
            says(done ? "Imported." : "Nothing is changed.");
        });
        $("kept-reset").addEventListener("click", () => {
            if (!confirm("Forget the pages you have read and all your answers?")) return;
            try { localStorage.removeItem(KEPT); } catch {}
            show();
            says("Reset.");
        });
    }

    // What has moved from this page is where the link leads.
    const follow = () => document.querySelector(".moved:target a")?.click();
    addEventListener("hashchange", follow);
    follow();

    // A term says what it means where it stands; the link remains for a new tab, and without a script.
    document.addEventListener("click", (event) => {
        const link = event.target.closest("a.term");
        if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !HTMLElement.prototype.showPopover) return;
        const meaning = $(`term-${link.hash.slice(1)}`);
        if (!meaning) return;
        event.preventDefault();
        meaning.showPopover();
        const at = link.getBoundingClientRect();
        const box = meaning.getBoundingClientRect();
        meaning.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.width - 8))}px`;
        // Below the link, above it where that does not fit, and on the screen in any case: it may still be scrolled to.
        const top = at.bottom + 6 + box.height < innerHeight ? at.bottom + 6 : at.top - 6 - box.height;
        meaning.style.top = `${Math.max(8, Math.min(top, innerHeight - box.height - 8))}px`;
    });

    // Search: its index is fetched when it is first opened, as a script, since a page from a file may load nothing else.
    const dialog = $("search");
    const field = $("search-for");
    let index;
    const load = () =>
        (index ??= new Promise((resolve, reject) => {
            window.courseIndex = ([pages, sections]) =>
                resolve({
                    pages,
                    sections: sections.map(([page, id, heading, text]) => ({ page, id, heading, text, in: text.toLowerCase(), of: `${pages[page][1]} ${heading}`.toLowerCase() })),
                });
            const script = document.createElement("script");
            script.src = own.search;
            script.onerror = () => { index = undefined; reject(new Error("the index cannot be loaded")); };
            document.head.append(script);
        }));
    const open = () => {
        $("contents").hidePopover?.();
        dialog.showModal();
        field.select();
        load().then(find, (error) => ($("search-says").textContent = error.message));
    };
    $("search-open").addEventListener("click", open);
    // With a modifier only: a bare key belongs to the browser, or to a screen reader.
    document.addEventListener("keydown", (event) => {
        if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
            event.preventDefault();
            if (!dialog.open) open();
        }
    });
    field.addEventListener("input", () => load().then(find, () => {}));
    field.addEventListener("keydown", (event) => {
        // Enter goes to the first result; it does not close.
        if (event.key !== "Enter") return;
        event.preventDefault();
        $("search-found").querySelector("a")?.click();
    });
    dialog.addEventListener("click", (event) => { if (event.target.closest("#search-found a")) dialog.close(); });

    function find({ pages, sections }) {
        const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
        const list = $("search-found");
        list.replaceChildren();
        if (!words.length) { $("search-says").textContent = ""; return; }
        const found = [];
        for (const section of sections) {
            let score = 0;
            for (const word of words) {
                const here = (section.of.includes(word) ? 10 : 0) + Math.min(section.in.split(word).length - 1, 5);
                if (!here) { score = 0; break; }
                score += here;
            }
            if (score) found.push([score, section]);
        }
        found.sort((a, b) => b[0] - a[0]);
        $("search-says").textContent = found.length === 1 ? "1 section" : `${found.length} sections`;
        for (const [, section] of found.slice(0, Number(own.limit))) {
            const [url, title] = pages[section.page];
            const link = document.createElement("a");
            link.href = `${root.dataset.root}${url}#${section.id}`;
            link.textContent = section.heading === title ? title : `${title}: ${section.heading}`;
            const at = Math.max(0, section.in.indexOf(words[0]) - 60);
            const excerpt = document.createElement("p");
            excerpt.textContent = `${at ? "…" : ""}${section.text.slice(at, at + 160)}…`;
            const item = document.createElement("li");
            item.append(link, excerpt);
            list.append(item);
        }
    }

    // A wrong address: where the book begins, if the page does not know, and the page whose name is most like it.
    const nearest = $("nearest");
    const guess = document.querySelector("base.guess");
    const begins = async () => {
        const folders = location.pathname.split("/").slice(1, -1);
        for (let depth = folders.length; depth >= 0; depth--) {
            const folder = ["", ...folders.slice(0, depth), ""].join("/");
            if ((await fetch(folder + own.search, { method: "HEAD" }).catch(() => {}))?.ok) return folder;
        }
        return "/";
    };
    if (nearest) (async () => {
        if (guess && location.protocol.startsWith("http")) guess.href = await begins();
        const wanted = location.pathname.split("/").pop().replace(/\.html$/, "");
        const pairs = (word) => new Set([...word].slice(1).map((letter, at) => word[at] + letter));
        const of = pairs(wanted);
        let best = [0.4];
        for (const link of document.querySelectorAll("#contents a[data-digest]")) {
            const other = pairs(link.pathname.split("/").pop().replace(/\.html$/, ""));
            const score = (2 * [...of].filter((pair) => other.has(pair)).length) / (of.size + other.size);
            if (score > best[0]) best = [score, link];
        }
        if (best[1]) {
            const link = document.createElement("a");
            link.href = best[1].href;
            link.textContent = best[1].textContent;
            nearest.append("Did you mean ", link, "?");
            nearest.hidden = false;
        }
    })();

    if (own.reload) {
        // `cargo course serve` sends the book's version, at once and after every build. A browser opens six connections to
        // a server, for all its tabs: only those that one sees keep theirs.
        let first, events;
        const listen = () => {
            events?.close();
            events = new EventSource(`/${own.reload}`);
            events.onmessage = ({ data }) => {
                if ((first ??= data) !== data) location.reload();
                else if (document.hidden) events.close();
            };
        };
        document.addEventListener("visibilitychange", listen);
        listen();
    } else if (!nearest && "serviceWorker" in navigator && location.protocol.startsWith("http") && !navigator.connection?.saveData) {
        addEventListener("load", () => navigator.serviceWorker.register(`${root.dataset.root}sw.js`).catch(() => {}));
    }
})();
