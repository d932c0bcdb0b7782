// The real service, on a port and with data of its own, with the small model that comes with it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../..", import.meta.url));
const PATIENCE_MS = 60_000;

export async function startService(settings = {}) {
  const command = process.env["RETENDER_COMMAND"] ?? join(project, ".venv/bin/retender");
  if (!existsSync(command)) throw new Error(`there is no ${command}: make setup`);
  const data = mkdtempSync(join(tmpdir(), "retender-e2e-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(command, ["serve", "--profile", "local", "--port", `${port}`], {
    cwd: project,
    env: { ...process.env, RETENDER_DATA_DIR: data, DEFAULT_MODEL: "digits", ...settings },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await healthy(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function healthy(url, child) {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer !== null && (await answer.json()).status === "healthy") return;
    await pause(200);
  }
  throw new Error("the service did not come up");
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
