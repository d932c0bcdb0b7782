/**
 * The functions of convex/ behind real HTTP on this machine, for the tests of the service. When it
 * is ready it prints one line of JSON: `{"url", "control", "pid"}`. With `--end-with-stdin` it ends
 * when its standard input does, so that it does not outlive the tests that started it.
 */
import { Control } from "./control.ts";

const control = new Control();
const ready = {
  url: `http://127.0.0.1:${await control.front.up()}`,
  control: `http://127.0.0.1:${await control.listen()}`,
  pid: process.pid,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));
if (process.argv.includes("--end-with-stdin")) {
  process.stdin.resume().once("close", () => process.exit(0));
}
