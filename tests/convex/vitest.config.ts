import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["tests/convex/**/*.test.ts"],
    // The runtime of Convex' functions is nearer to this one than to Node.
    environment: "edge-runtime",
    // The three-hour transcript on a machine that is busy with other tests.
    testTimeout: 120_000,
  },
});
