import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

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

export default defineConfig({
  // Relative, so that the page also works below a path of its host.
  base: "./",
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "dist",
    assetsDir: "assets",
    target: "es2023",
    // The page's policy allows its own scripts and no inline ones: nothing is inlined, and the
    // polyfill for preloading modules would only be weight.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: {
    proxy: {
      ...Object.fromEntries(paths.map((path) => [path, service])),
      "/ws": { target: service, ws: true },
    },
  },
});
