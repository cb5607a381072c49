// The wall's part of bench/wall.py: says "begun" when all tiles play, then one JSON object.
// Environment as in tests/browser/run.mjs, and WALL_TILES, WALL_SECONDS.
import { readdirSync, readFileSync } from "node:fs";
import { launch, newPage, signIn } from "../tests/browser/harness.mjs";

const tiles = Number(process.env.WALL_TILES);
const seconds = Number(process.env.WALL_SECONDS);
const ticksPerSecond = 100; // USER_HZ

// CPU seconds of all that descends from this process: Chromium's processes, and little else.
function chromiumCpu() {
  const processes = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    let stat;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    } catch {
      continue; // ended meanwhile
    }
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    processes.set(Number(pid), {
      parent: Number(fields[1]),
      ticks: Number(fields[11]) + Number(fields[12]),
    });
  }
  const ours = (pid) => {
    for (
      let at = processes.get(pid)?.parent;
      at;
      at = processes.get(at)?.parent
    )
      if (at === process.pid) return true;
    return false;
  };
  let ticks = 0;
  for (const [pid, { ticks: own }] of processes) if (ours(pid)) ticks += own;
  return ticks / ticksPerSecond;
}

const browser = await launch();
const page = await newPage(browser, {
  viewport: { width: 1920, height: 1080 },
});
if (process.env.WALL_PICTURES)
  await page.addInitScript(
    (wish) => localStorage.setItem("scrim.pictures", wish),
    process.env.WALL_PICTURES,
  );
await page.goto("/");
await page.waitForSelector(".signin-form");
await signIn(page);
await page.waitForFunction(
  (count) =>
    document.querySelectorAll(".tile[data-state=live]").length >= count,
  tiles,
  { timeout: 60_000 },
);
await page.waitForTimeout(5000);
const protocol = await page.context().newCDPSession(page);
await protocol.send("Performance.enable");
const busySeconds = async () => {
  const { metrics } = await protocol.send("Performance.getMetrics");
  return metrics.find((metric) => metric.name === "TaskDuration").value;
};
const frames = () =>
  page.$$eval(".tile video", (videos) =>
    videos.map((video) => {
      const { totalVideoFrames, droppedVideoFrames } =
        video.getVideoPlaybackQuality();
      const { buffered, currentTime } = video;
      return {
        total: totalVideoFrames,
        dropped: droppedVideoFrames,
        lag: buffered.length
          ? buffered.end(buffered.length - 1) - currentTime
          : 0,
      };
    }),
  );

console.log("begun");
const before = {
  cpu: chromiumCpu(),
  busy: await busySeconds(),
  frames: await frames(),
};
const begun = performance.now();
await page.waitForTimeout(seconds * 1000);
const took = (performance.now() - begun) / 1000;
const after = {
  cpu: chromiumCpu(),
  busy: await busySeconds(),
  frames: await frames(),
};
const shown = after.frames.map((tile, i) => {
  const dropped = tile.dropped - before.frames[i].dropped;
  return {
    decoded: tile.total - before.frames[i].total,
    dropped,
    lag: tile.lag,
  };
});
const sum = (key) => shown.reduce((total, tile) => total + tile[key], 0);
console.log(
  JSON.stringify({
    tiles: shown.length,
    renditions: await page.$$eval(".tile", (list) =>
      [...new Set(list.map((tile) => tile.dataset.rendition))].join(" "),
    ),
    seconds: Math.round(took),
    fps_per_tile: Number((sum("decoded") / took / shown.length).toFixed(2)),
    fps_worst_tile: Number(
      (Math.min(...shown.map((tile) => tile.decoded)) / took).toFixed(2),
    ),
    dropped_pct: Number(
      ((100 * sum("dropped")) / Math.max(1, sum("decoded"))).toFixed(2),
    ),
    behind_ms_worst: Math.round(
      Math.max(...shown.map((tile) => tile.lag)) * 1000,
    ),
    main_thread_pct: Number(
      ((100 * (after.busy - before.busy)) / took).toFixed(1),
    ),
    chromium_cpu_pct: Number(
      ((100 * (after.cpu - before.cpu)) / took).toFixed(1),
    ),
  }),
);
await browser.close();
