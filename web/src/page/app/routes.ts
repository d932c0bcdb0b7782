/**
 * Where the page is, in the part of its address after `#`: the service's own paths stay the
 * service's, and the page works below any path of its host.
 *
 *     #/                 recordings: to hand in, and what became of them
 *     #/jobs/ID?t=83     one job, and a moment of it in seconds
 *     #/service          how the service is
 */
export type Route =
  | { readonly name: "home" }
  | { readonly name: "job"; readonly jobId: string; readonly at: number | null }
  | { readonly name: "service" }
  | { readonly name: "unknown" };

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return { name: "home" };
  if (parts.length === 1 && parts[0] === "service") return { name: "service" };
  if (parts.length === 2 && parts[0] === "jobs" && parts[1] !== undefined) {
    const at = Number.parseFloat(new URLSearchParams(query).get("t") ?? "");
    return { name: "job", jobId: decoded(parts[1]), at: at >= 0 ? at : null };
  }
  return { name: "unknown" };
}

export function addressOf(route: Exclude<Route, { name: "unknown" }>): string {
  switch (route.name) {
    case "home":
      return "#/";
    case "service":
      return "#/service";
    case "job": {
      const moment = route.at === null ? "" : `?t=${Math.round(route.at * 10) / 10}`;
      return `#/jobs/${encodeURIComponent(route.jobId)}${moment}`;
    }
  }
}

export function jobAddress(jobId: string, at: number | null = null): string {
  return addressOf({ name: "job", jobId, at });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
