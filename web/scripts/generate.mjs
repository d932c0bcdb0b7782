// Writes the description of the service and the types made from it: `npm run generate`.
// The service describes itself in Python; RETENDER_PYTHON says which, else the project's own.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { typesOf } from "./types.mjs";

const web = fileURLToPath(new URL("..", import.meta.url));
const project = fileURLToPath(new URL("../..", import.meta.url));
const own = `${project}.venv/bin/python`;
const python = process.env["RETENDER_PYTHON"] ?? (existsSync(own) ? own : "python3");

const description = execFileSync(python, ["-m", "serve_app.openapi_types"], {
  cwd: project,
  env: { ...process.env, PYTHONPATH: project },
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
writeFileSync(`${web}openapi.json`, description);
writeFileSync(`${web}src/client/schema.ts`, await typesOf(JSON.parse(description)));
console.log(
  `openapi.json and src/client/schema.ts: ${readFileSync(`${web}openapi.json`).length} bytes described`,
);
