import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { writeCompressed } from "./scripts/compressed.mjs";

const service = process.env["RETENDER_URL"] ?? "http://localhost:8000";
// What belongs to the service while `npm run dev` serves the page.
const paths = [
  "/transcribe",
  "/transcribe-job",
  "/uploads",
  "/job",
  "/jobs",
  "/queue",
  "/models",
  "/dead-letters",
  "/health",
  "/ws-ticket",
  "/v1",
  "/openapi.json",
];

/** Copies for those who take them, so that the service need not compress anything itself. */
const compressed: Plugin = {
  name: "compressed copies",
  apply: "build",
  writeBundle: ({ dir }, files) => {
    if (dir !== undefined) writeCompressed(dir, Object.keys(files));
  },
};

export default defineConfig({
  // Relative, so that the page also works below a path of its host.
  base: "./",
  plugins: [react(), tailwindcss(), compressed],
  build: {
    // Where the service finds it, and the wheel takes it from.
    outDir: "../serve_app/page/dist",
    emptyOutDir: true,
    assetsDir: "assets",
    target: "es2023",
    // The page's policy allows its own scripts and no inline ones: nothing is inlined, and the
    // polyfill for preloading modules would only be weight.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: {
      // Most of the time goes into the compressed copies: no news for those who start the service.
      checks: { bundlerTimings: false },
      output: {
        codeSplitting: {
          // What every view needs is one file, not fifteen.
          groups: [
            {
              name: "shared",
              test: /src\/page\/(?:app|ui|state|history|i18n\/\w+\.|keys\/key\.|intake\/(?:\w+\.|outbox|options\/choice|recorder\/abilities))/,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      ...Object.fromEntries(paths.map((path) => [path, service])),
      "/ws": { target: service, ws: true },
    },
  },
});
