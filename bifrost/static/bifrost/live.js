/* Parts of a page that stay current without a reload.

<section id="…" data-live-seconds="5" data-live-url="…">: every five seconds the URL is asked, and the
element is made like that of the same id in the answer, be it a whole page or a few elements. What is the same
is let alone, and with it focus, scrolling and what was opened; so is what is in an element with data-keep.
Without a URL it is the page's own. Parts with one URL share one request. What comes without data-live-seconds has
come to its end; data-live-then="reload" loads the whole page then. data-live-say="…" is read to who cannot see it, when it has changed.

<button data-live-toggle hidden>: pauses all of it, and goes on. <span data-live-told="…">: when it was last asked,
in the answer's words if it has any.

It rests while nobody sees the page, and while text in a part is selected. */
(() => {
    "use strict";

    const LONGEST_SECONDS = 120;
    const told = new Map();
    const failures = new Map();
    const timers = new Map();
    let paused = false;
    let voice = null;

    const parts = (url) =>
        [...document.querySelectorAll("[data-live-seconds][id]")].filter((part) => !url || urlOf(part) === url);
    const urlOf = (part) => part.dataset.liveUrl || location.href;

    function schedule(url) {
        clearTimeout(timers.get(url));
        const mine = parts(url);
        if (!mine.length || paused || document.hidden) return;
        const seconds = Math.min(...mine.map((part) => Number(part.dataset.liveSeconds) || 5));
        const wait = Math.min(seconds * 2 ** (failures.get(url) || 0), Math.max(seconds, LONGEST_SECONDS));
        timers.set(url, setTimeout(() => refresh(url), wait * 1000));
    }

    async function refresh(url) {
        try {
            const answer = await fetch(url, { headers: { "X-Requested-With": "live" }, credentials: "same-origin", redirect: "manual" });
            // Who was logged out is sent to another page: the old one says more.
            if (answer.type === "opaqueredirect" || [401, 403].includes(answer.status)) return stop("signed out: reload the page to log in");
            if (answer.status === 404) return stop("no longer current: reload the page");
            if (!answer.ok) throw new Error(answer.status);
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
            parts(url).forEach((part) => replace(part, fresh.getElementById(part.id)));
            failures.delete(url);
            tell(fresh.querySelector("[data-live-told]")?.dataset.liveTold || `as of ${new Date().toLocaleTimeString()}`);
        } catch {
            failures.set(url, (failures.get(url) || 0) + 1);
            tell("no answer: trying again");
        }
        if (parts().length) schedule(url);
        else document.querySelectorAll("[data-live-toggle]").forEach((button) => (button.hidden = true));
    }

    function replace(part, fresh) {
        const selection = getSelection();
        if (!fresh || (!selection.isCollapsed && selection.containsNode(part, true))) return;
        if (part.dataset.liveThen === "reload" && !fresh.dataset.liveSeconds) return location.reload();
        liken(part, document.importNode(fresh, true));
        say(part);
        showToggles();
        part.dispatchEvent(new CustomEvent("live", { bubbles: true }));
    }

    const alike = (one, other) => one.nodeName === other.nodeName && (one.id || "") === (other.id || "");

    function liken(now, fresh) {
        if (now.nodeType !== Node.ELEMENT_NODE) {
            if (now.nodeValue !== fresh.nodeValue) now.nodeValue = fresh.nodeValue;
            return;
        }
        likenAttributes(now, fresh);
        if (now.hasAttribute("data-keep")) return;
        const wanted = [...fresh.childNodes];
        wanted.forEach((child, place) => {
            const there = now.childNodes[place];
            const known = there && alike(there, child) ? there : child.id && [...now.children].find((one) => alike(one, child));
            if (!known) return now.insertBefore(child, there || null);
            if (known !== there) now.insertBefore(known, there);
            liken(known, child);
        });
        while (now.childNodes.length > wanted.length) now.lastChild.remove();
    }

    function likenAttributes(now, fresh) {
        const opened = (name) => name === "open" && now.nodeName === "DETAILS";
        [...now.attributes].forEach(({ name }) => fresh.hasAttribute(name) || opened(name) || now.removeAttribute(name));
        [...fresh.attributes].forEach(({ name, value }) => now.getAttribute(name) === value || now.setAttribute(name, value));
    }

    function say(part) {
        const words = part.dataset.liveSay;
        if (words === undefined || told.get(part.id) === words) return;
        if (told.has(part.id)) voice.textContent = words;
        told.set(part.id, words);
    }

    function tell(words) {
        document.querySelectorAll("[data-live-told]").forEach((one) => (one.textContent = words));
    }

    function stop(words) {
        parts().forEach((part) => part.removeAttribute("data-live-seconds"));
        document.querySelectorAll("[data-live-toggle]").forEach((button) => (button.hidden = true));
        tell(words);
    }

    function everything() {
        new Set(parts().map(urlOf)).forEach(schedule);
    }

    function toggle() {
        paused = !paused;
        showToggles();
        if (paused) tell("paused");
        else new Set(parts().map(urlOf)).forEach(refresh);
        timers.forEach((timer) => paused && clearTimeout(timer));
    }

    function showToggles() {
        document.querySelectorAll("[data-live-toggle]").forEach((button) => {
            button.hidden = false;
            button.setAttribute("aria-pressed", String(paused));
        });
    }

    document.addEventListener("DOMContentLoaded", () => {
        if (!parts().length) return;
        voice = document.createElement("p");
        voice.setAttribute("role", "status");
        voice.className = "bf-unseen";
        document.body.append(voice);
        parts().forEach(say);
        showToggles();
        document.addEventListener("click", (event) => event.target.closest("[data-live-toggle]") && toggle());
        document.addEventListener("visibilitychange", everything);
        everything();
    });
})();
