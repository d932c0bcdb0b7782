// The real service, on a port and with data of its own, with the small model that comes with it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DEADLINE_MS } from "./deadline.mjs";

const project = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Over a connection of its own. While a test makes recordings it sees nothing of its connections: the
 * service would close one that is kept, and the next request would go into the void.
 */
export function ask(address, { headers = {}, ...init } = {}) {
  return fetch(address, { ...init, headers: { ...headers, Connection: "close" } });
}

export async function startService(settings = {}) {
  const command = process.env["RETENDER_COMMAND"] ?? join(project, ".venv/bin/retender");
  if (!existsSync(command)) throw new Error(`there is no ${command}: make setup`);
  const data = mkdtempSync(join(tmpdir(), "retender-e2e-"));
  const service = new Service(command, await freePort(), data, settings);
  try {
    await service.start();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service;
}

class Service {
  #child = null;
  #ended = Promise.resolve();

  constructor(command, port, data, settings) {
    Object.assign(this, { command, port, data, settings });
    this.url = `http://localhost:${port}`;
  }

  /** Also again, with the same data at the same address, after it was killed. */
  async start() {
    const { command, port, data, settings } = this;
    const child = spawn(command, ["serve", "--profile", "local", "--port", `${port}`], {
      cwd: project,
      env: {
        ...process.env,
        RETENDER_DATA_DIR: data,
        DEFAULT_MODEL: "digits",
        LOG_LEVEL: "WARNING",
        MAX_FILE_SIZE_MB: "100",
        ...settings,
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("exit", resolve));
    await healthy(this.url, child);
  }

  /** As if the machine lost its power: nothing is finished and nobody is told. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async stop() {
    this.#child?.kill("SIGTERM");
    await this.#ended;
    rmSync(this.data, { recursive: true, force: true });
  }
}

async function healthy(url, child) {
  const until = Date.now() + DEADLINE_MS;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await ask(`${url}/health`).catch(() => null);
    if (answer !== null && isWhole(await answer.json())) return;
    await pause(200);
  }
  throw new Error("the service did not come up");
}

/** A service with several engines is healthy as soon as one of them is ready. Which it has is not told
 * where a key is wanted. */
function isWhole({ status, engines }) {
  return status === "healthy" && Object.values(engines ?? {}).every(({ ready }) => ready);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
