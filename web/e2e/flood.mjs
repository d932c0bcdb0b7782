// A job whose text comes very fast, made in the page itself in place of its WebSocket: what is
// measured is the page alone, and not the service.

export const JOB = {
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
  engine: "local",
  language: "es",
  seq: 0,
  error: null,
  result: null,
};

/** `count` messages with a segment each, `aSecond` of them a second, handed out every `tick` ms. */
export async function flooded(page, url, { count, aSecond, tick }) {
  const job = { ...JOB, duration: count * 3 };
  await page.route(/\/job\/flood$/, (route) => route.fulfill({ json: job }));
  await page.addInitScript(flood, [count, aSecond, tick]);
  await page.goto(`${url}/#/jobs/flood`);
  await page.locator("[data-passage]").first().waitFor();
}

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
      const hello = { type: "connected", job_id: "flood", data: connected, timestamp: "" };
      const timer = setInterval(() => {
        if (sent === 0) this.onmessage?.({ data: JSON.stringify(hello) });
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
