// @vitest-environment happy-dom
/** The list of recordings: what each row says, and what can be taken away. */
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ListedJob, RetenderClient } from "../../src/client";
import { Providers } from "../../src/page/app/Providers";
import { Bulk } from "../../src/page/history/Bulk";
import { JobRow } from "../../src/page/history/JobRow";
import { type Language, load } from "../../src/page/i18n/languages";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const job = {
  job_id: "a",
  name: "reunión.m4a",
  status: "completed",
  duration: 605,
  language: "en",
  model: "base",
  created_at: new Date().toISOString(),
  error: null,
} as ListedJob;

/** As the browser does once a menu is open: the entries are drawn then. */
function opened(name: string): HTMLElement {
  const list = screen.getByRole("menu", { name, hidden: true });
  list.hidePopover = () => {};
  fireEvent(list, Object.assign(new Event("toggle"), { newState: "open" }));
  return list;
}

const entries = (list: HTMLElement) =>
  within(list)
    .getAllByRole("menuitem", { hidden: true })
    .map((entry) => entry.textContent);

async function shown(
  what: "bulk" | "row",
  language: Language = "es",
  answer = new Response(""),
  listed = job,
) {
  const asked: string[] = [];
  const client = new RetenderClient({
    baseUrl: "http://service",
    fetch: async (input) => {
      asked.push(String(input));
      return answer;
    },
  });
  const refresh = async () => {};
  render(
    <Providers client={client} language={language} catalogue={await load(language)}>
      {what === "bulk" ? (
        <Bulk jobs={[job]} chosen={[job]} choose={() => {}} refresh={refresh} />
      ) : (
        <JobRow job={listed} isChosen={false} toggle={() => {}} refresh={refresh} />
      )}
    </Providers>,
  );
  return asked;
}

const FORMATS = ["TXT", "SRT", "VTT", "DOCX", "TSV", "JSON"];

describe("many recordings as one ZIP", () => {
  it("can be had in every format, byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const saved: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      saved.push(blob as Blob);
      return "blob:x";
    });
    const names: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      names.push(this.download);
    });
    const asked = await shown("bulk", "es", new Response(bytes));
    const list = opened("Descargar en ZIP");
    expect(entries(list).map((label) => /\((\w+)\)/.exec(label ?? "")?.[1])).toEqual(FORMATS);
    const word = within(list).getByRole("menuitem", { name: "Word (DOCX)", hidden: true });
    await act(async () => word.click());
    await vi.waitFor(() => expect(names).toEqual(["retender-docx.zip"]));
    expect(asked).toEqual(["http://service/jobs/export?ids=a&format=docx"]);
    expect(new Uint8Array((await saved[0]?.arrayBuffer()) ?? [])).toEqual(bytes);
  });
});

describe("a row of the list", () => {
  it("can be downloaded in every format", async () => {
    await shown("row");
    const labels = entries(opened("Más acciones para reunión.m4a"));
    for (const format of FORMATS) expect(labels).toContain(`Descargar ${format}`);
  });

  it.each([
    ["es", "Lista · 10:05 · inglés · base · hoy, 1:49"],
    ["en", "Done · 10:05 · English · base · today, 1:49 AM"],
  ] as const)("tells language and moment in words: %s", async (language, told) => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date(2026, 2, 4, 12) });
    const created_at = new Date(2026, 2, 4, 1, 49).toISOString();
    await shown("row", language, undefined, { ...job, created_at });
    const said = screen.getByRole("listitem").querySelector("p")?.textContent;
    // Some versions of the formats write a narrow blank before AM.
    expect(said?.replace(/\s/g, " ")).toBe(told);
  });

  it("tells the day of another day", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date(2026, 2, 5, 12) });
    const created_at = new Date(2026, 2, 4, 1, 49).toISOString();
    await shown("row", "es", undefined, { ...job, created_at });
    expect(screen.getByText(/4 mar.*1:49$/)).toBeDefined();
  });
});
