// What the page costs, as `npm run figures` prints it: what is loaded first, how soon it can be used on
// a slow phone, and how it bears 2,000 messages a second until a job has 12,000 segments.
//
//     npm run figures                        this build
//     npm run figures -- --against FOLDER    and another one in turns, with what this one takes of it
import { launch } from "./browser.mjs";
import { filesOf, served } from "./builds.mjs";
import { flooded } from "./flood.mjs";
import { startService } from "./service.mjs";

const FLOOD = { count: 12_000, aSecond: 2000, tick: 10 };
const ROUNDS = 3;
/** Lighthouse's slow 4G, as it is applied to each request, and a phone with a quarter of this speed. */
const PHONE = {
  cpu: 4,
  network: {
    latency: 562.5,
    downloadThroughput: 184_320,
    uploadThroughput: 84_375,
    offline: false,
  },
  screen: { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true },
};
/** So long without a task of 50 ms the page counts as at rest. */
const REST_MS = 5000;

const flag = process.argv.indexOf("--against");
const other = flag < 0 ? null : process.argv[flag + 1];
const service = await startService();
const browser = await launch();
try {
  const builds = { this: null, ...(other === null ? {} : { other }) };
  const told = Object.fromEntries(Object.keys(builds).map((name) => [name, []]));
  for (let round = 0; round < (other === null ? 1 : ROUNDS); round += 1) {
    for (const [name, folder] of Object.entries(builds)) {
      const phone = await onPhone(folder);
      told[name].push({ phone, flood: await underFlood(folder) });
    }
  }
  console.log(JSON.stringify({ files: filesOf(), ...told }, null, 2));
  if (other !== null) console.log(JSON.stringify({ of_the_other: ratios(told) }, null, 2));
} finally {
  await browser.close();
  await service.stop();
}

/** From the first request until the page can be used: no long task after that for a while. */
async function onPhone(folder) {
  const context = await browser.newContext({ ...PHONE.screen, locale: "es-ES" });
  const page = await context.newPage();
  await served(page, service.url, folder);
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", PHONE.network);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: PHONE.cpu });
  await page.addInitScript(() => {
    globalThis.lastLong = 0;
    globalThis.largest = 0;
    new PerformanceObserver((list) => {
      for (const task of list.getEntries()) lastLong = task.startTime + task.duration;
    }).observe({ type: "longtask", buffered: true });
    new PerformanceObserver((list) => {
      largest = list.getEntries().at(-1).startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
  });
  await page.goto(service.url);
  await page.getByRole("button", { name: "Elegir archivos" }).waitFor();
  await page.waitForFunction((rest) => performance.now() - lastLong > rest, REST_MS);
  const figures = await page.evaluate(() => {
    const [first] = performance.getEntriesByName("first-contentful-paint");
    const scripts = performance
      .getEntriesByType("resource")
      .filter(({ name }) => /\.js$/.test(name) && name.includes("/assets/"));
    return {
      first_paint_ms: Math.round(first.startTime),
      largest_paint_ms: Math.round(largest),
      interactive_ms: Math.round(Math.max(first.startTime, lastLong)),
      script_bytes: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    };
  });
  await context.close();
  return figures;
}

async function underFlood(folder) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await served(page, service.url, folder);
  const cdp = await page.context().newCDPSession(page);
  // Of the page's own thread: what else the machine does is not in it.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async () => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    const of = (wanted) => metrics.find(({ name }) => name === wanted).value * 1000;
    return { task: of("TaskDuration"), script: of("ScriptDuration") };
  };
  await flooded(page, service.url, FLOOD);
  const before = await worked();
  const during = await frames(page, { seconds: FLOOD.count / FLOOD.aSecond - 1, by: 0 });
  const after = await worked();
  await page.waitForFunction(() => globalThis.isThrough === true);
  const reading = await frames(page, { seconds: 4, by: 60 });
  const rows = await page.locator("[data-passage]").count();
  await page.close();
  const processor = {
    task_ms: Math.round(after.task - before.task),
    script_ms: Math.round(after.script - before.script),
  };
  return { ...FLOOD, rows, during: { ...during, ...processor }, reading };
}

/**
 * Frames for some seconds, meanwhile scrolled by so many pixels in each. From one to the next by the
 * browser's own time of each frame, so one that was dropped makes a gap of two. How
 * long after that time the page's own thread gets to it is `begun`.
 */
async function frames(page, { seconds, by }) {
  return page.evaluate(
    async ([lasting, pixels]) => {
      tasks.length = 0;
      const gaps = [];
      const begun = [];
      const end = performance.now() + lasting * 1000;
      let last = await new Promise(requestAnimationFrame);
      while (performance.now() < end) {
        const frame = await new Promise(requestAnimationFrame);
        begun.push(performance.now() - frame);
        gaps.push(frame - last);
        last = frame;
        if (pixels !== 0) scrollBy(0, pixels);
      }
      const sorted = (values) => values.sort((a, b) => a - b);
      const at = (values, share) =>
        Number(values[Math.floor((values.length - 1) * share)].toFixed(1));
      sorted(gaps);
      sorted(begun);
      return {
        frames: gaps.length,
        p50: at(gaps, 0.5),
        p95: at(gaps, 0.95),
        most: at(gaps, 1),
        dropped: gaps.filter((gap) => gap > 25).length,
        begun_p95: at(begun, 0.95),
        long: [...tasks],
      };
    },
    [seconds, by],
  );
}

/** Of each figure the middle one of all rounds, this build's over the other's. */
function ratios(told) {
  const middle = (name, of) => told[name].map(of).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
  const wanted = {
    interactive: ({ phone }) => phone.interactive_ms,
    flood_task: ({ flood }) => flood.during.task_ms,
    flood_script: ({ flood }) => flood.during.script_ms,
    flood_frame_p95: ({ flood }) => flood.during.p95,
    flood_long_tasks: ({ flood }) => flood.during.long.length,
    reading_frame_p95: ({ flood }) => flood.reading.p95,
  };
  return Object.fromEntries(
    Object.entries(wanted).map(([name, of]) => {
      const [mine, theirs] = [middle("this", of), middle("other", of)];
      return [name, theirs === 0 ? `${mine}:0` : Number((mine / theirs).toFixed(2))];
    }),
  );
}
