// Starts the server of server/main.ts: node takes it from here, tsx reads the TypeScript.
import { register } from "tsx/esm/api";

register();
await import("./server/main.ts");
