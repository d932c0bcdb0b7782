/**
 * `POST /updateTranscriptionJob`, to which the service writes, and `GET` of the same address, by
 * which `retender doctor` tells whether the address and the key are right.
 *
 * Answers: 200 with whether it changed anything and, if not, why; 400 with the field that is wrong;
 * 401 the key; 409 another user's job; 413 too much; 415 not JSON; 503 no key is set here. The key
 * comes first: without it nothing else is looked at.
 */
import type { HttpRouter } from "convex/server";
import { internal } from "../_generated/api";
import { httpAction } from "../_generated/server";
import { BadField } from "./fields";
import { checkKey, type KeyVerdict } from "./keys";
import { BODY_BYTES } from "./limits";
import { readUpdate, type Update } from "./payload";
import { keys } from "./settings";

export const PATH = "/updateTranscriptionJob";

/** For applications that have a `http.ts` of their own. */
export function addTranscriptionRoutes(http: HttpRouter): void {
  http.route({ path: PATH, method: "POST", handler: updateTranscriptionJob });
  http.route({ path: PATH, method: "GET", handler: checkTranscriptionKey });
}

export const updateTranscriptionJob = httpAction(async (ctx, request) => {
  const refusal = refusedFor(await keyOf(request));
  if (refusal !== null) return refusal;
  let update: Update;
  try {
    update = readUpdate(await jsonOf(request));
  } catch (error) {
    if (error instanceof Refusal) return error.response;
    if (error instanceof BadField) return badField(error);
    throw error;
  }
  const ruling = await ctx.runMutation(internal.transcriptionJobs.updateFromAPI, update);
  switch (ruling.outcome) {
    case "applied":
      return json(200, { applied: true });
    case "ignored":
      return json(200, { applied: false, reason: ruling.reason });
    case "owner_mismatch":
      return failed(409, "owner_mismatch", "the job belongs to another user", { field: "userId" });
    case "too_large":
      return failed(413, "too_large", "the chunk is more than one document can take", {
        field: update.chunk === undefined ? "result" : "chunk",
      });
  }
});

export const checkTranscriptionKey = httpAction(async (_ctx, request) => {
  const verdict = await keyOf(request);
  return refusedFor(verdict) ?? json(200, { ready: true, key: verdict });
});

function keyOf(request: Request): Promise<KeyVerdict> {
  return checkKey(request.headers.get("Authorization"), keys());
}

function refusedFor(verdict: KeyVerdict): Response | null {
  if (verdict === "not_configured") {
    return failed(503, "not_configured", "set RETENDER_API_KEY in this Convex deployment");
  }
  if (verdict === "wrong") {
    const response = failed(401, "unauthorized", "send the key as `Authorization: Bearer …`");
    response.headers.set("WWW-Authenticate", "Bearer");
    return response;
  }
  return null;
}

class Refusal extends Error {
  constructor(readonly response: Response) {
    super();
  }
}

/** Throws `Refusal`. */
async function jsonOf(request: Request): Promise<unknown> {
  const type = (request.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refusal(
      failed(415, "unsupported_media", "send application/json", { accepted: ["application/json"] }),
    );
  }
  if (Number(request.headers.get("Content-Length") ?? 0) > BODY_BYTES)
    throw new Refusal(tooLarge());
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > BODY_BYTES) throw new Refusal(tooLarge());
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new Refusal(
      failed(400, "invalid_payload", "body must be JSON in UTF-8", { field: "body" }),
    );
  }
}

function tooLarge(): Response {
  const message = `a body may have ${BODY_BYTES} bytes`;
  return failed(413, "too_large", message, { field: "body", limit: BODY_BYTES });
}

function badField(error: BadField): Response {
  const code = error.status === 413 ? "too_large" : "invalid_payload";
  return failed(error.status, code, error.message, { field: error.field });
}

/** The shape of errors that the service itself has. */
function failed(status: number, code: string, message: string, details = {}): Response {
  return json(status, { error: { code, message, details } });
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}
