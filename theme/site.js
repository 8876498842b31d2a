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

    // A wrong address: the page whose name is most like it.
    const nearest = $("nearest");
    if (nearest) {
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
    }

    if (own.reload) {
        // `cargo course serve` says when the book has been built again.
        new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/${own.reload}`).onmessage = (event) => {
            if (event.data === "reload") location.reload();
        };
    } else if ("serviceWorker" in navigator && location.protocol.startsWith("http") && !navigator.connection?.saveData) {
        addEventListener("load", () => navigator.serviceWorker.register(`${root.dataset.root}sw.js`).catch(() => {}));
    }
})();
