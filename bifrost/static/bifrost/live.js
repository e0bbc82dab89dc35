/* Parts of a page that stay current without a reload.

<section id="…" data-live-seconds="5" data-live-url="…">: every five seconds the URL is asked, and the
element is replaced by that of the same id in the answer, be it a whole page or a few elements. Without a
URL it is the page's own. Parts with one URL share one request. What comes without data-live-seconds has
come to its end; data-live-then="reload" loads the whole page then. data-live-say="…" is read to who cannot see it, when it has changed.

<button data-live-toggle hidden>: pauses all of it, and goes on. <span data-live-told>: when it was last asked.

It rests while nobody sees the page, and while text in a part is selected; a focus inside stays where it was. */
(() => {
    "use strict";

    const LONGEST_SECONDS = 120;
    const FOCUSABLE = "a[href], button, input, select, textarea, summary";
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
            const answer = await fetch(url, { headers: { "X-Requested-With": "live" }, credentials: "same-origin" });
            // Who was logged out is sent to another page: the old one says more.
            if (answer.redirected || [401, 403, 404].includes(answer.status)) return stop("no longer current: reload the page");
            if (!answer.ok) throw new Error(answer.status);
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
            parts(url).forEach((part) => replace(part, fresh.getElementById(part.id)));
            failures.delete(url);
            tell(`as of ${new Date().toLocaleTimeString()}`);
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
        const focused = [...part.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
        const scrolled = [...part.querySelectorAll(".bf-scroll")].map((one) => one.scrollLeft);
        const open = [...part.querySelectorAll("details")].map((one) => one.open);
        if (part.dataset.liveThen === "reload" && !fresh.dataset.liveSeconds) return location.reload();
        fresh = document.importNode(fresh, true);
        part.replaceWith(fresh);
        fresh.querySelectorAll("details").forEach((one, place) => (one.open = open[place] ?? one.open));
        fresh.querySelectorAll(".bf-scroll").forEach((one, place) => (one.scrollLeft = scrolled[place] || 0));
        if (focused >= 0) fresh.querySelectorAll(FOCUSABLE)[focused]?.focus({ preventScroll: true });
        say(fresh);
        showToggles();
        fresh.dispatchEvent(new CustomEvent("live", { bubbles: true }));
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
