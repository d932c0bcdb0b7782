import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

const GAINS = /\.(?:css|html|js|json|svg|webmanifest)$/;

/** @param {string} folder @param {readonly string[]} names */
export function writeCompressed(folder, names) {
  for (const name of names.filter((name) => GAINS.test(name))) {
    const content = readFileSync(join(folder, name));
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
  }
}
