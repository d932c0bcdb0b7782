/** An editor against a service with versions, in virtual time. */
import { describe, expect, it } from "vitest";
import { NetworkError, type Segment, ServiceError, type Transcript } from "../../../src/client";
import {
  type Draft,
  type Drafts,
  type Patch,
  patched,
  patchOf,
} from "../../../src/page/job/editing/drafts";
import { Editor, type VersionStore } from "../../../src/page/job/editing/editor";
import { write } from "../../../src/page/job/editing/operations";
import { VirtualClock } from "../../support/virtual";

function segment(text: string): Segment {
  return { id: 0, start: 0, end: 2, text, confidence: 1, language: "es", words: [] };
}

class Shelf implements VersionStore {
  version = 0;
  segments: readonly Segment[] = [segment("original")];
  isAway = false;
  puts = 0;

  transcript(): Promise<Transcript> {
    if (this.isAway) return Promise.reject(new NetworkError("away"));
    const { version, segments } = this;
    return Promise.resolve({ version, segments, original: 0, edited_at: null });
  }

  async saveTranscript(_: string, edited: number, segments: readonly Segment[]) {
    this.puts += 1;
    if (this.isAway) throw new NetworkError("away");
    if (edited !== this.version) throw refusal(412, "transcript_changed");
    this.version += 1;
    this.segments = segments;
    return this.transcript();
  }
}

function refusal(status: number, code: string) {
  const parts = { message: code, requestId: null, details: {}, retryAfter: null };
  return new ServiceError({ status, code, ...parts });
}

class Kept implements Drafts {
  draft: Draft | null = null;
  readonly bases = new Map<string, readonly Segment[]>();
  get = () => Promise.resolve(this.draft);
  keepBase = async (_: string, segments: readonly Segment[]) => {
    this.bases.set("base", segments);
    return "base";
  };
  keep = async (_: string, version: number, base: string, patch: Patch) => {
    this.draft = { version, segments: patched(this.bases.get(base) ?? [], patch) };
  };
  remove = async () => {
    this.draft = null;
  };
  removeBase = async (base: string) => {
    this.bases.delete(base);
  };
}

async function opened(service = new Shelf(), kept = new Kept()) {
  const clock = new VirtualClock();
  const editor = new Editor("j", service, kept, clock);
  await editor.load();
  const type = (text: string) => {
    const all = editor.getSnapshot().segments ?? [];
    editor.type(write(all, all[0]?.id ?? 0, text), { id: 0, offset: text.length });
  };
  const text = () => editor.getSnapshot().segments?.[0]?.text;
  const saving = () => editor.getSnapshot().saving;
  return { service, kept, clock, editor, type, text, saving };
}

describe("an editor", () => {
  it("keeps a change here a moment later, and stores it when nothing more comes", async () => {
    const { service, kept, clock, type, saving } = await opened();
    type("uno");
    type("uno dos");
    await clock.pass(300);
    expect(kept.draft?.segments[0]?.text).toBe("uno dos");
    expect(service.puts).toBe(0);
    await clock.pass(1000);
    expect(service.segments[0]?.text).toBe("uno dos");
    expect([service.version, service.puts, saving(), kept.draft]).toEqual([1, 1, "stored", null]);
  });

  it("stores the next version after the last, also what was typed while it stored", async () => {
    const { service, clock, editor, type } = await opened();
    type("uno");
    const storing = editor.storeNow();
    type("uno dos");
    await storing;
    expect(editor.getSnapshot().saving).toBe("waiting");
    await clock.pass(1000);
    expect([service.version, service.segments[0]?.text]).toEqual([2, "uno dos"]);
  });

  it("keeps edits while the service is away, and stores them when it is back", async () => {
    const { service, kept, clock, type, saving } = await opened();
    service.isAway = true;
    type("a salvo");
    await clock.pass(1000);
    expect([saving(), kept.draft?.segments[0]?.text]).toEqual(["kept", "a salvo"]);
    service.isAway = false;
    await clock.pass(60_000);
    expect([saving(), service.segments[0]?.text]).toEqual(["stored", "a salvo"]);
  });

  it("finds in another life of the page what was not stored, and stores it", async () => {
    const first = await opened();
    first.service.isAway = true;
    first.type("de antes");
    await first.clock.pass(300);
    first.service.isAway = false;
    const second = await opened(first.service, first.kept);
    expect(second.text()).toBe("de antes");
    await second.clock.pass(1000);
    expect(first.service.segments[0]?.text).toBe("de antes");
  });

  it("never writes over what another has stored: it asks", async () => {
    const { service, clock, editor, type, text, saving } = await opened();
    service.version = 1;
    service.segments = [segment("de otra persona")];
    type("lo mío");
    await clock.pass(1000);
    expect(saving()).toBe("conflict");
    expect(editor.getSnapshot().conflict?.segments[0]?.text).toBe("de otra persona");
    await clock.pass(60_000);
    expect(service.segments[0]?.text).toBe("de otra persona");
    editor.keepMine();
    await clock.pass(0);
    expect([service.version, service.segments[0]?.text, text()]).toEqual([2, "lo mío", "lo mío"]);
  });

  it("gives back what was given up for the other's text, by undoing", async () => {
    const { service, clock, editor, type, text } = await opened();
    service.version = 1;
    service.segments = [segment("de otra persona")];
    type("lo mío");
    await clock.pass(1000);
    editor.takeTheirs();
    expect(text()).toBe("de otra persona");
    editor.undo();
    expect(text()).toBe("lo mío");
    await clock.pass(1000);
    expect(service.segments[0]?.text).toBe("lo mío");
  });

  it("asks as well when what was kept here is of an older version", async () => {
    const kept = new Kept();
    kept.draft = { version: 0, segments: [segment("viejo")] };
    const service = new Shelf();
    service.version = 3;
    const { saving } = await opened(service, kept);
    expect(saving()).toBe("conflict");
  });

  it("does not try again what the service refuses, and keeps it", async () => {
    const service = new Shelf();
    service.saveTranscript = () => {
      service.puts += 1;
      return Promise.reject(refusal(403, "forbidden"));
    };
    const { clock, kept, type, saving } = await opened(service);
    type("no");
    await clock.pass(120_000);
    expect([saving(), service.puts, kept.draft?.segments[0]?.text]).toEqual(["refused", 1, "no"]);
  });

  it("leaves nothing here when all is stored and nobody looks any more", async () => {
    const { kept, clock, editor, type } = await opened();
    type("uno");
    editor.leave();
    await clock.pass(0);
    expect([kept.draft, kept.bases.size]).toEqual([null, 0]);
  });

  it("is not there for a service that keeps no edits", async () => {
    const service = new Shelf();
    service.transcript = () => Promise.reject(refusal(404, "http_404"));
    const { editor } = await opened(service);
    expect(editor.getSnapshot().segments).toBeNull();
  });
});

describe("what is kept of a long text", () => {
  const base = ["a", "b", "c", "d"].map((text, id) => ({ ...segment(text), id }));

  it("is the stretch that has changed, and gives the whole again", () => {
    const changed = write(base, 1, "B");
    expect(patchOf(base, changed)).toMatchObject({ first: 1, last: 2 });
    for (const next of [changed, base, base.slice(0, 2), base.slice(2), [], [...base, ...base]]) {
      expect(patched(base, patchOf(base, next))).toEqual(next);
    }
  });
});
