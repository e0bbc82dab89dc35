/* The first page: draws its charts with the theme's Chart.js, and asks for its numbers anew while it is seen. */
(() => {
    "use strict";

    const charts = new Map();
    // What tells a series apart where its colour does not: a pattern of an area, the dashes of a line.
    const PATTERNS = {
        bad: "stripes", "state-ended": "stripes", "provider-anthropic": "stripes",
        "state-submitting": "dots", "provider-bedrock": "dots",
        "state-planned": "rows", "provider-gemini": "rows",
    };
    const DASHES = { stripes: [7, 4], dots: [2, 3], rows: [10, 3, 2, 3] };
    const UNITS = [[90, 1, "s"], [5400, 60, "min"], [129600, 3600, "h"], [Infinity, 86400, "d"]];

    const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

    // Chart.js mixes colours itself, and knows none of those that CSS has learnt of late.
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    function colour(name) {
        pen.canvas.width = pen.canvas.height = 1;
        pen.fillStyle = styleOf(name);
        pen.fillRect(0, 0, 1, 1);
        const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
        return `rgb(${red}, ${green}, ${blue})`;
    }

    function filled(look, tone, ink) {
        const kind = PATTERNS[look];
        if (!kind) return tone;
        const size = kind === "rows" ? 4 : 6;
        const tile = document.createElement("canvas");
        tile.width = tile.height = size;
        const brush = tile.getContext("2d");
        brush.fillStyle = tone;
        brush.fillRect(0, 0, size, size);
        brush.strokeStyle = brush.fillStyle = ink;
        brush.lineWidth = 1.3;
        brush.beginPath();
        if (kind === "stripes") {
            for (const shift of [-size, 0, size]) {
                brush.moveTo(shift - 1, size + 1);
                brush.lineTo(shift + size + 1, -1);
            }
            brush.stroke();
        } else if (kind === "dots") {
            brush.arc(size / 2, size / 2, 1.1, 0, 2 * Math.PI);
            brush.fill();
        } else {
            brush.fillRect(0, 0, size, 1.2);
        }
        return brush.createPattern(tile, "repeat");
    }

    function said(value, unit) {
        if (unit === "seconds") {
            const [, length, name] = UNITS.find(([most]) => value < most);
            return `${Math.round(value / length)} ${name}`;
        }
        if (unit === "dollars") {
            const digits = value >= 1 || value === 0 ? 2 : 4;
            return `$${value.toLocaleString("en-US", { minimumFractionDigits: value >= 100 ? 0 : digits, maximumFractionDigits: value >= 100 ? 0 : digits })}`;
        }
        return value.toLocaleString("en-US", { notation: Math.abs(value) >= 1e4 ? "compact" : "standard", maximumFractionDigits: 1 });
    }

    function dataset(one, kind) {
        const tone = colour(`--bf-look-${one.look}`);
        const ink = colour("--bf-card");
        const common = { label: one.name, data: one.values, borderColor: tone };
        if (kind === "bars") {
            return { ...common, backgroundColor: filled(one.look, tone, ink), borderWidth: 0, borderRadius: 2, maxBarThickness: 26, categoryPercentage: 0.86, barPercentage: 0.94 };
        }
        const line = { ...common, borderWidth: 1.75, pointRadius: 0, pointHoverRadius: 4, pointHitRadius: 12, tension: 0 };
        if (kind === "area") {
            return { ...line, borderWidth: 1, backgroundColor: filled(one.look, tone, ink), fill: "stack", stepped: "before" };
        }
        return { ...line, backgroundColor: tone, borderDash: DASHES[PATTERNS[one.look]] || [] };
    }

    function options(shape) {
        const stacked = shape.kind !== "lines";
        const ticks = { color: colour("--bf-axis"), font: { size: 11 } };
        const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
        return {
            animation: still ? false : { duration: 200 },
            responsive: true,
            maintainAspectRatio: false,
            interaction: { mode: "index", intersect: false },
            plugins: {
                legend: { display: false },
                tooltip: {
                    callbacks: { label: (item) => ` ${item.dataset.label}: ${said(item.parsed.y, shape.unit)}` },
                    itemSort: (one, other) => other.datasetIndex - one.datasetIndex,
                },
            },
            scales: {
                x: { stacked, grid: { display: false }, border: { color: colour("--bf-grid") }, ticks: { ...ticks, maxRotation: 0, autoSkip: true, autoSkipPadding: 18, callback(value) { return this.getLabelForValue(value).split(", ")[0]; } } },
                y: { stacked, beginAtZero: true, grid: { color: colour("--bf-grid") }, border: { display: false }, ticks: { ...ticks, maxTicksLimit: 5, precision: shape.unit === "dollars" ? undefined : 0, callback: (value) => said(value, shape.unit) } },
            },
        };
    }

    function draw(figure) {
        const canvas = figure.querySelector("canvas");
        if (!canvas) return;
        const shape = JSON.parse(figure.dataset.chart);
        const data = { labels: shape.labels, datasets: shape.series.map((one) => dataset(one, shape.kind)) };
        const known = charts.get(figure.id);
        if (known && known.canvas === canvas) {
            known.data = data;
            known.options = { ...options(shape), animation: false };
            known.update("none");
            return;
        }
        if (known) known.destroy();
        charts.set(figure.id, new Chart(canvas, { type: shape.kind === "bars" ? "bar" : "line", data, options: { ...options(shape), animation: false } }));
    }

    function drawAll() {
        for (const [id, chart] of charts) {
            if (!chart.canvas || !chart.canvas.isConnected) {
                chart.destroy();
                charts.delete(id);
            }
        }
        document.querySelectorAll("#bf-dash figure[data-chart]").forEach(draw);
    }

    /* To make a tree like another, and to leave alone whatever is the same: so focus, scrolling and what was
       opened stay as they are. */
    const same = (one, other) => one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");

    function likenAttributes(now, next) {
        for (const { name } of [...now.attributes]) {
            if (!next.hasAttribute(name) && !(name === "open" && now.nodeName === "DETAILS")) now.removeAttribute(name);
        }
        for (const { name, value } of [...next.attributes]) {
            if (now.getAttribute(name) !== value) now.setAttribute(name, value);
        }
    }

    function liken(now, next) {
        if (now.nodeType !== Node.ELEMENT_NODE) {
            if (now.nodeValue !== next.nodeValue) now.nodeValue = next.nodeValue;
            return;
        }
        if (now.hasAttribute("data-keep") && next.hasAttribute("data-keep")) {
            const [drawn, wanted] = [now.querySelector("canvas"), next.querySelector("canvas")];
            if (drawn && wanted) drawn.setAttribute("aria-label", wanted.getAttribute("aria-label"));
            return;
        }
        likenAttributes(now, next);
        const wanted = [...next.childNodes];
        wanted.forEach((child, place) => {
            const there = now.childNodes[place];
            if (!there) {
                now.append(child);
            } else if (same(there, child)) {
                liken(there, child);
            } else {
                const later = child.id && [...now.children].find((one) => one.id === child.id);
                if (later) {
                    now.insertBefore(later, there);
                    liken(later, child);
                } else {
                    now.insertBefore(child, there);
                }
            }
        });
        while (now.childNodes.length > wanted.length) now.lastChild.remove();
    }

    /* Live */
    const page = document.getElementById("bf-dash");
    if (!page) return;
    const state = document.getElementById("bf-live-state");
    const button = document.getElementById("bf-pause");
    const seconds = Number(page.dataset.seconds);
    let paused = sessionStorage.getItem("bf-paused") === "1";
    let over = false;
    let asking = false;
    let askedAt = Date.now();

    function tell(text, address) {
        state.textContent = "";
        if (address) {
            const link = document.createElement("a");
            link.href = address;
            link.textContent = text;
            state.append(link);
        } else {
            state.textContent = text;
        }
    }

    function show() {
        button.hidden = over;
        button.textContent = paused ? "Resume" : "Pause";
        button.setAttribute("aria-label", paused ? "Resume the updates of this page" : "Pause the updates of this page");
    }

    async function refresh() {
        if (asking || over) return;
        asking = true;
        askedAt = Date.now();
        try {
            const answer = await fetch(page.dataset.live, { redirect: "manual", credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(15000) });
            if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
                over = true;
                tell("Signed out: log in again", window.location.href);
                show();
                return;
            }
            if (!answer.ok) throw new Error(String(answer.status));
            const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("bf-dash");
            if (!next) {
                window.location.reload();
                return;
            }
            liken(page, next);
            drawAll();
            tell("");
        } catch {
            tell("No answer, trying again");
        } finally {
            asking = false;
        }
    }

    button.addEventListener("click", () => {
        paused = !paused;
        sessionStorage.setItem("bf-paused", paused ? "1" : "0");
        show();
        if (!paused) refresh();
    });
    const choice = document.getElementById("bf-workspace");
    if (choice) choice.addEventListener("change", () => choice.form.requestSubmit());
    const due = () => !paused && !document.hidden && Date.now() - askedAt >= seconds * 1000;
    setInterval(() => due() && refresh(), 1000);
    document.addEventListener("visibilitychange", () => due() && refresh());
    new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    window.addEventListener("load", drawAll);
    show();
})();
