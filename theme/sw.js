// Keeps this edition of the book for offline. The list and the name of the edition are filled in by the build.
const CACHE = "course-EDITION";
const FILES = ["FILES"];

self.addEventListener("install", (event) => {
    event.waitUntil(
        (async () => {
            const cache = await caches.open(CACHE);
            // A file that cannot be had now is fetched when it is visited.
            await Promise.all(FILES.map((file) => cache.add(file).catch(() => {})));
            await self.skipWaiting();
        })(),
    );
});

self.addEventListener("activate", (event) => {
    event.waitUntil(
        (async () => {
            for (const name of await caches.keys()) {
                if (name.startsWith("course-") && name !== CACHE) await caches.delete(name);
            }
            await self.clients.claim();
        })(),
    );
});

// The network first, so that a new edition is seen at once; what is kept, when there is none.
self.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
    event.respondWith(
        (async () => {
            try {
                return await fetch(request);
            } catch (error) {
                const cache = await caches.open(CACHE);
                const kept = await cache.match(request, { ignoreSearch: true });
                if (kept) return kept;
                if (request.mode === "navigate") {
                    const url = new URL(request.url);
                    if (url.pathname.endsWith("/")) {
                        const index = await cache.match(new URL("index.html", url));
                        if (index) return index;
                    }
                    const missing = await cache.match("404.html");
                    if (missing) return missing;
                }
                throw error;
            }
        })(),
    );
});
