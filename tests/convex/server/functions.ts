/** The functions of convex/, run by convex-test outside of any test runner. */
import { readdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { join } from "node:path";
import { convexTest } from "convex-test";
import schema from "../../../convex/schema.ts";

const FOLDER = fileURLToPath(new URL("../../../convex", import.meta.url));

/** With the limits that Convex has on what one transaction reads and writes. */
export function functions() {
  return convexTest({ schema, modules: modules(), transactionLimits: true });
}

export type Functions = ReturnType<typeof functions>;

/** What Vite's `import.meta.glob` would give. */
function modules(): Record<string, () => Promise<unknown>> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter(
    (name) => /\.(ts|js)$/.test(name) && !name.endsWith(".d.ts"),
  );
  return Object.fromEntries(
    files.map((name) => {
      // Each call of a function asks for its module.
      let module: Promise<unknown> | undefined;
      const load = () => (module ??= import(pathToFileURL(join(FOLDER, name)).href));
      return [`/convex/${name.replaceAll("\\", "/")}`, load];
    }),
  );
}
