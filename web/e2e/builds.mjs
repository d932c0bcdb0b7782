// Builds of the page: what is in this one, and another one shown in its place.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const DIST = fileURLToPath(new URL("../../serve_app/page/dist", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Each script and style with its size, compressed by gzip. */
export function filesOf(folder = DIST) {
  const names = readdirSync(join(folder, "assets")).filter((name) => /\.(?:js|css)$/.test(name));
  const sizes = names.map((name) => [
    name,
    gzipSync(readFileSync(join(folder, "assets", name))).length,
  ]);
  return Object.fromEntries(sizes.sort(([, a], [, b]) => b - a));
}

/** The page is that of another folder. Null: of the service. */
export async function served(page, url, folder) {
  if (folder === null) return;
  await page.route(
    (address) => address.origin === url && /^\/(?:$|assets\/)/.test(address.pathname),
    (route) => {
      const { pathname } = new URL(route.request().url());
      const path = join(folder, pathname === "/" ? "index.html" : pathname);
      if (!existsSync(path)) return route.continue();
      return route.fulfill({ body: readFileSync(path), contentType: TYPES[extname(path)] });
    },
  );
}
