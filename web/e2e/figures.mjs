// How the page bears a flood: 2,000 messages a second until a job has 12,000 segments, then reading
// them. `npm run figures` prints what a reader would notice: frames, and tasks that held the page up.
import { launch } from "./browser.mjs";
import { startService } from "./service.mjs";

const SEGMENTS = 12_000;
const A_SECOND = 2000;
const TICK_MS = 10;

/** In the page, in place of the browser's own: the messages of a job that gets on very fast. */
function flood([count, aSecond, tick]) {
  globalThis.tasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(Math.round(duration));
  }).observe({ type: "longtask" });
  const words = "el gato come pan y agua mientras la reunión sigue con muchas palabras".split(" ");
  const segment = (id) => {
    const said = Array.from({ length: 10 }, (_, at) => words[(id + 3 * at) % words.length]);
    return {
      id,
      start: id * 3,
      end: id * 3 + 2.8,
      text: said.join(" "),
      confidence: 0.9,
      language: "es",
      words: said.map((word, at) => ({
        word: ` ${word}`,
        start: id * 3 + at * 0.28,
        end: id * 3 + (at + 1) * 0.28,
        confidence: 0.9,
      })),
    };
  };
  const message = (id) =>
    JSON.stringify({
      type: "progress",
      job_id: "flood",
      seq: id + 1,
      timestamp: new Date().toISOString(),
      data: {
        status: "processing",
        stage: "transcribing",
        progress: (99 * id) / count,
        message: "",
        estimated_time_remaining: 60,
        segments: [segment(id)],
      },
    });
  const messages = Array.from({ length: count }, (_, id) => message(id));
  globalThis.WebSocket = class {
    readyState = 1;
    constructor() {
      let sent = 0;
      const begun = performance.now();
      const connected = { message: "", job_id: "flood", status: "processing", seq: 0 };
      const timer = setInterval(() => {
        if (sent === 0) {
          const hello = { type: "connected", job_id: "flood", data: connected, timestamp: "" };
          this.onmessage?.({ data: JSON.stringify(hello) });
        }
        const due = Math.min(count, Math.floor(((performance.now() - begun) * aSecond) / 1000));
        for (; sent < due; sent += 1) this.onmessage?.({ data: messages[sent] });
        if (sent === count) {
          clearInterval(timer);
          globalThis.isThrough = true;
        }
      }, tick);
    }
    send() {}
    close() {}
  };
}

/** Frames until `until` says so, meanwhile scrolled by so many pixels in each. */
async function frames(page, { seconds, by }) {
  return page.evaluate(
    async ([lasting, pixels]) => {
      tasks.length = 0;
      const gaps = [];
      const end = performance.now() + lasting * 1000;
      let last = performance.now();
      while (performance.now() < end) {
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        if (pixels !== 0) scrollBy(0, pixels);
      }
      gaps.sort((a, b) => a - b);
      const at = (share) => Number(gaps[Math.floor((gaps.length - 1) * share)].toFixed(1));
      return { frames: gaps.length, p50: at(0.5), p95: at(0.95), most: at(1), long: [...tasks] };
    },
    [seconds, by],
  );
}

const service = await startService();
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const job = {
    job_id: "flood",
    status: "processing",
    stage: "transcribing",
    progress: 0,
    message: "",
    created_at: new Date().toISOString(),
    started_at: new Date().toISOString(),
    completed_at: null,
    estimated_time_remaining: null,
    queue_position: null,
    attempt: 1,
    model: "digits",
    language: "es",
    duration: SEGMENTS * 3,
    seq: 0,
    error: null,
    result: null,
  };
  await page.route(/\/job\/flood$/, (route) => route.fulfill({ json: job }));
  await page.addInitScript(flood, [SEGMENTS, A_SECOND, TICK_MS]);
  await page.goto(`${service.url}/#/jobs/flood`);
  await page.locator("[data-passage]").first().waitFor();
  const flooded = await frames(page, { seconds: SEGMENTS / A_SECOND - 1, by: 0 });
  await page.waitForFunction(() => globalThis.isThrough === true);
  const read = await frames(page, { seconds: 4, by: 60 });
  const rows = await page.locator("[data-passage]").count();
  console.log(
    JSON.stringify({ segments: SEGMENTS, a_second: A_SECOND, rows, flooded, read }, null, 2),
  );
} finally {
  await browser.close();
  await service.stop();
}
