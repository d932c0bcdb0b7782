/** What is asked of the service itself. */
import { SERVICE_DEADLINE } from "./limits";

/** How a request to send a job again went. `asked`: its news comes in a moment, as an update. */
export type Resync =
  | "asked"
  | "not_configured"
  | "no_such_job"
  | "too_soon"
  | "unknown_to_service"
  | "refused"
  | "unreachable";

export async function askToResync(
  { url, key }: { url: string; key: string },
  jobId: string,
): Promise<Resync> {
  const request = fetch(`${url}/job/${encodeURIComponent(jobId)}/resync`, {
    method: "POST",
    headers: key === "" ? {} : { Authorization: `Bearer ${key}` },
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), SERVICE_DEADLINE);
  });
  try {
    const response = await Promise.race([request, late]);
    if (response === "late") return "unreachable";
    if (response.ok) return "asked";
    if (response.status === 404) return "unknown_to_service";
    return response.status >= 500 ? "unreachable" : "refused";
  } catch {
    return "unreachable";
  } finally {
    clearTimeout(timer);
    request.catch(() => undefined);
  }
}
