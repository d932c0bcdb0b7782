// A film made of screenshots: each is shown for as long as the scene says, however long the machine took for
// it. So it looks the same from a slow machine and from a fast one.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const STEP_SECONDS = 0.06;
const POINTER = "M1 1v17l4.6-4.3 2.9 6.6 3-1.3-2.9-6.5h6.3z";

export class Camera {
  /** Pairs of a picture and the seconds for which it is shown. */
  #frames = [];
  #at = [0, 0];

  constructor(page) {
    this.page = page;
  }

  /** The page as it is now. */
  async shot(seconds) {
    this.#add(await this.page.screenshot(), seconds);
  }

  /** To the middle of a locator, or to a place, as a hand moves. `also` is done at each step. */
  async move(to, { steps = 9, also = async (_) => {} } = {}) {
    const target = Array.isArray(to) ? to : await middle(to);
    const from = this.#at;
    for (let step = 1; step <= steps; step += 1) {
      const part = eased(step / steps);
      this.#at = from.map((start, axis) => start + (target[axis] - start) * part);
      await this.page.mouse.move(...this.#at);
      await also(this.#at);
      await this.shot(STEP_SECONDS);
    }
  }

  async click(to) {
    await this.move(to);
    await this.shot(0.3);
    await this.page.mouse.click(...this.#at);
  }

  /**
   * While `until` is not settled, at so many times its speed. What takes longer than `most` seconds is shown
   * faster, so that it takes no more; the frames keep their proportions.
   */
  async watch(until, { most = Number.POSITIVE_INFINITY, every = 100, speed = 1 } = {}) {
    let isOver = false;
    const end = until.finally(() => {
      isOver = true;
    });
    // It is told below, when the picture under way is there.
    end.catch(() => {});
    const seen = [];
    while (!isOver) {
      const at = performance.now();
      seen.push([at, await this.page.screenshot()]);
      await this.page.waitForTimeout(every);
    }
    await end;
    const ends = performance.now();
    const real = (ends - seen[0][0]) / 1000;
    const pace = Math.min(1 / speed, most / real);
    for (const [place, [at, picture]] of seen.entries()) {
      const next = seen[place + 1]?.[0] ?? ends;
      this.#add(picture, ((next - at) / 1000) * pace);
    }
  }

  #add(picture, seconds) {
    const last = this.#frames.at(-1);
    if (last?.picture.equals(picture)) last.seconds += seconds;
    else this.#frames.push({ picture, seconds });
  }

  get seconds() {
    return this.#frames.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  /** An animated WebP that starts again at its end. */
  develop(to) {
    const folder = mkdtempSync(join(tmpdir(), "retender-film-"));
    try {
      const list = this.#frames.map(({ picture, seconds }, number) => {
        writeFileSync(join(folder, `${number}.png`), picture);
        // Or times would be those of a video of 25 pictures a second.
        return `file ${number}.png\noption framerate 1000\nduration ${seconds.toFixed(3)}\n`;
      });
      // The last one is named twice: the list format ignores its duration otherwise.
      const last = `file ${this.#frames.length - 1}.png\n`;
      writeFileSync(join(folder, "list"), `ffconcat version 1.0\n${list.join("")}${last}`);
      const take = ["-f", "concat", "-safe", "0", "-i", join(folder, "list"), "-fps_mode", "vfr"];
      const how = ["-c:v", "libwebp_anim", "-lossless", "1", "-compression_level", "6"];
      const made = spawnSync("ffmpeg", ["-v", "error", "-y", ...take, ...how, "-loop", "0", to]);
      if (made.status !== 0) throw new Error(`ffmpeg: ${made.stderr ?? made.error}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** A pointer that follows the mouse, for a browser without a screen draws none, and the file in its hand. */
export function showPointer(context) {
  return context.addInitScript((shape) => {
    addEventListener("DOMContentLoaded", () => {
      const at = document.createElement("div");
      Object.assign(at.style, { position: "fixed", left: 0, top: 0, zIndex: 9999 });
      Object.assign(at.style, { pointerEvents: "none", transform: "translate(-99px, 0)" });
      const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      picture.setAttribute("width", "22");
      picture.setAttribute("height", "24");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", shape);
      path.setAttribute("fill", "#111");
      path.setAttribute("stroke", "#fff");
      path.setAttribute("stroke-width", "1.5");
      picture.append(path);
      const held = document.createElement("div");
      held.id = "held";
      Object.assign(held.style, {
        display: "none",
        position: "absolute",
        left: "14px",
        top: "18px",
      });
      Object.assign(held.style, { font: "13px sans-serif", whiteSpace: "nowrap", color: "#111" });
      Object.assign(held.style, {
        background: "#fff",
        border: "1px solid #999",
        borderRadius: "6px",
      });
      Object.assign(held.style, { padding: "6px 10px", boxShadow: "0 2px 8px #0004" });
      at.append(picture, held);
      document.documentElement.append(at);
      addEventListener(
        "mousemove",
        ({ clientX, clientY }) => {
          at.style.transform = `translate(${clientX}px, ${clientY}px)`;
        },
        true,
      );
    });
  }, POINTER);
}

/** Recordings play this slowly, and say that they do not: between two of their words there is time for a
 * picture. */
export function playSlowly(context, slowness) {
  return context.addInitScript((times) => {
    for (const name of ["playbackRate", "defaultPlaybackRate"]) {
      const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, name);
      Object.defineProperty(HTMLMediaElement.prototype, name, {
        get() {
          return get.call(this) * times;
        },
        set(rate) {
          set.call(this, rate / times);
        },
      });
    }
  }, slowness);
}

export function hold(page, name) {
  return page.evaluate((text) => {
    const held = document.getElementById("held");
    held.textContent = text ?? "";
    held.style.display = text === null ? "none" : "block";
  }, name);
}

async function middle(locator) {
  const { x, y, width, height } = await locator.boundingBox();
  return [x + width / 2, y + height / 2];
}

function eased(part) {
  return part * part * (3 - 2 * part);
}
