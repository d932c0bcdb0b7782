import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    // Tests of hooks say at their top that they want a document: `// @vitest-environment happy-dom`.
    environment: "node",
    // The service stands on another port than the document.
    environmentOptions: { happyDOM: { settings: { fetch: { disableSameOriginPolicy: true } } } },
    restoreMocks: true,
    unstubGlobals: true,
    // No test is measured by the clock: this only ends one that hangs, also where the machine has much
    // else to do and a hundred broken connections take minutes.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
