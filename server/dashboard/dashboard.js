// Draws the time series from the table of the page, which is what people get who do not see the chart.
(() => {
  "use strict";
  const table = document.querySelector("#series");
  const holder = document.querySelector("#chart");
  const { timezone, granularity } = holder.dataset;
  const HEIGHT = 300;
  const HOUR = 3600;
  const DAY = 24 * HOUR;
  const HOURS = [1, 2, 3, 6, 12, 24].map((count) => count * HOUR);
  const DAYS = [1, 2, 3, 7, 14, 30, 61, 91, 182, 365].map((count) => count * DAY);
  // Nobody can view half a page.
  const COUNTS = Array.from({ length: 45 }, (_, at) => [1, 2, 5][at % 3] * 10 ** Math.floor(at / 3));

  const rows = [...table.tBodies[0].rows];
  const starts = rows.map((row) => Date.parse(row.querySelector("time").dateTime) / 1000);
  const labels = rows.map((row) => row.querySelector("time").textContent);
  const figures = [0, 1, 2].map((column) => rows.map((row) => Number(row.querySelectorAll("td")[column].dataset.value)));
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const number = new Intl.NumberFormat("en");
  const format = (parts) => new Intl.DateTimeFormat("en-GB", { timeZone: timezone, ...parts });
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const dayOfYear = format({ day: "numeric", month: "short" });
  const monthOfYear = format({ month: "short", year: "numeric" });

  const tick = (seconds) => {
    const moment = new Date(seconds * 1000);
    if (granularity === "month") return monthOfYear.format(moment);
    const time = clock.format(moment);
    return granularity === "hour" && time !== "00:00" ? time : dayOfYear.format(moment);
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const series = (name, at, more) => ({
    label: names[at],
    stroke: colour(name),
    width: 2,
    // One point alone is no line.
    points: { show: rows.length < 40, size: 5, fill: colour(name) },
    value: (_, value) => (value === null ? "–" : number.format(value)),
    ...more,
  });

  const axis = (more) => ({
    stroke: colour("soft"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), width: 1 },
    ...more,
  });

  const options = (width) => ({
    width,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timezone),
    cursor: { drag: { x: false, y: false } },
    scales: {
      // One step alone stands in the middle.
      x: { time: true, range: (_, least, most) => (least === most ? [least - DAY / 2, most + DAY / 2] : [least, most]) },
      y: { range: (_, __, most) => [0, Math.max(4, most * 1.08)] },
    },
    series: [
      { label: "Begins", value: (_, __, ___, at) => (at === null || at === undefined ? "–" : labels[at]) },
      series("views", 0, { fill: `${colour("views")}22` }),
      series("visitors", 1, {}),
      // Not by colour alone.
      series("sessions", 2, { dash: [6, 4] }),
    ],
    axes: [
      axis({ space: 80, incrs: granularity === "hour" ? HOURS : DAYS, values: (_, ticks) => ticks.map(tick) }),
      axis({ size: 72, incrs: COUNTS, values: (_, ticks) => ticks.map((each) => number.format(each)) }),
    ],
  });

  let chart;
  const draw = () => {
    chart?.destroy();
    chart = new uPlot(options(holder.clientWidth), [starts, ...figures], holder);
    // The table has these figures for those who hear the page.
    holder.querySelector(".u-legend").setAttribute("aria-hidden", "true");
  };

  if (rows.length === 0 || !window.uPlot) return;
  holder.hidden = false;
  document.querySelector("#series-details").open = false;
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => {
    if (chart.width !== holder.clientWidth) chart.setSize({ width: holder.clientWidth, height: HEIGHT });
  }).observe(holder);
})();
