// @vitest-environment happy-dom
/** The first view: what is typed stays, in whatever order the service answers. */
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { RetenderClient } from "../../src/client";
import { Providers } from "../../src/page/app/Providers";
import { Home } from "../../src/page/history/Home";
import { load } from "../../src/page/i18n/languages";

// A browser whose store never answers.
vi.mock("idb", () => ({ openDB: () => new Promise(() => {}) }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const JOB = {
  job_id: "a",
  name: "reunión.m4a",
  status: "completed",
  duration: 605,
  language: "es",
  model: "base",
  created_at: new Date().toISOString(),
  error: null,
};

it("the search is there, and keeps its words, before it is known whether there is any recording", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ status: "healthy" }));
  let tell = (_: Response): void => {};
  const whether = new Promise<Response>((resolve) => {
    tell = resolve;
  });
  const page = () => Response.json({ jobs: [JOB], next_cursor: null });
  const client = new RetenderClient({
    baseUrl: "http://service",
    fetch: async (input) =>
      String(input).includes("limit=1&") || String(input).endsWith("limit=1") ? whether : page(),
  });
  render(
    <Providers client={client} language="es" catalogue={await load("es")}>
      <Home />
    </Providers>,
  );
  await screen.findByText("reunión.m4a");
  const search = screen.getByRole("searchbox");
  fireEvent.change(search, { target: { value: "zoo" } });
  await act(async () => tell(page()));
  expect(screen.getByRole("searchbox")).toBe(search);
  expect(search).toHaveProperty("value", "zoo");
});
