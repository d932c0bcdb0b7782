import { useCallback } from "react";
import { NetworkError, ServiceError } from "../../client";
import { useWords } from "../i18n/context";

export interface Problem {
  readonly code: string;
  /** What happened, in a sentence. */
  readonly what: string;
  readonly todo: string;
  /** What the service says beyond that, for those who look after it. */
  readonly detail: string | null;
}

/** What went wrong, in the reader's language: by the error's code, and by the service's own sentence
 * where the page does not know the code. */
export function useProblem(): (error: unknown) => Problem {
  const { t, maybe } = useWords();
  return useCallback(
    (error) => {
      const { code, message, detail } = partsOf(error);
      return {
        code,
        what: maybe(`error.${code}`) ?? message ?? t("error.unknown"),
        todo: maybe(`error.${code}.do`) ?? t("error.unknown.do"),
        detail,
      };
    },
    [t, maybe],
  );
}

function partsOf(error: unknown): { code: string; message: string | null; detail: string | null } {
  if (error instanceof NetworkError) return { code: "network", message: null, detail: null };
  if (error instanceof ServiceError) {
    const { code, message, requestId } = error;
    return { code, message, detail: requestId === null ? message : `${message} (${requestId})` };
  }
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    const { code, message } = error;
    const detail = "detail" in error ? String(error.detail) : String(message);
    return { code: String(code), message: String(message), detail };
  }
  return { code: "unknown", message: null, detail: error instanceof Error ? error.message : null };
}
