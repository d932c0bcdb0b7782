import { describe, expect, it } from "vitest";
import { addressOf, jobAddress, type Route, routeOf } from "../../src/page/app/routes";

describe("an address of the page", () => {
  it.each<[string, Route]>([
    ["", { name: "home" }],
    ["#/", { name: "home" }],
    ["#/service", { name: "service" }],
    ["#/jobs/7f3a", { name: "job", jobId: "7f3a", at: null }],
    ["#/jobs/7f3a?t=83.5", { name: "job", jobId: "7f3a", at: 83.5 }],
    ["#/jobs/7f3a?t=-1", { name: "job", jobId: "7f3a", at: null }],
    ["#/jobs/7f3a?t=soon", { name: "job", jobId: "7f3a", at: null }],
    ["#/jobs/%ZZ", { name: "job", jobId: "%ZZ", at: null }],
    ["#/jobs", { name: "unknown" }],
    ["#/nothing/here", { name: "unknown" }],
  ])("%s leads to its view", (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
  });

  it("leads back to the very view it was made of", () => {
    for (const route of [
      { name: "home" },
      { name: "service" },
      { name: "job", jobId: "a/b?c", at: 12.5 },
    ] as const) {
      expect(routeOf(addressOf(route))).toEqual(route);
    }
    expect(jobAddress("x", 0)).toBe("#/jobs/x?t=0");
  });
});
