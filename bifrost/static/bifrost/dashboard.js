/* The charts of the first page, drawn with the theme's Chart.js; again when live.js brought other numbers, and when
   the theme changes. */
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
            const little = value > 0 && value < 1;
            const digits = value >= 100 ? 0 : 2;
            const form = little ? { maximumSignificantDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
            return `$${value.toLocaleString("en-US", form)}`;
        }
        return value.toLocaleString("en-US", { notation: Math.abs(value) >= 1e4 ? "compact" : "standard", maximumFractionDigits: 1 });
    }

    function dataset(one, kind, first) {
        const tone = colour(`--bf-look-${one.look}`);
        const ink = colour("--bf-card");
        const common = { label: one.name, data: one.values, borderColor: tone };
        if (kind === "bars") {
            return { ...common, backgroundColor: filled(one.look, tone, ink), borderWidth: 0, borderRadius: 2, maxBarThickness: 26, categoryPercentage: 0.86, barPercentage: 0.94 };
        }
        const line = { ...common, borderWidth: 1.75, pointRadius: 0, pointHoverRadius: 4, pointHitRadius: 12, tension: 0 };
        if (kind === "area") {
            return { ...line, borderWidth: 1.5, backgroundColor: filled(one.look, tone, ink), fill: first ? "origin" : "-1" };
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
        canvas.setAttribute("aria-label", canvas.parentElement.dataset.summary);
        const shape = JSON.parse(figure.dataset.chart);
        const data = { labels: shape.labels, datasets: shape.series.map((one, place) => dataset(one, shape.kind, !place)) };
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

    const choice = document.getElementById("bf-workspace");
    if (choice) choice.addEventListener("change", () => choice.form.requestSubmit());
    document.addEventListener("live", drawAll);
    new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    window.addEventListener("load", drawAll);
})();
