/** What a connection must know of where it runs: the network, and whether anybody is looking. */
export interface Surroundings {
  online(): boolean;
  watch(tell: (what: "online" | "offline" | "visible") => void): () => void;
}

/** Outside a browser one is taken to be online. */
export const browser: Surroundings = {
  online: () => globalThis.navigator?.onLine ?? true,
  watch(tell) {
    const page = globalThis.document;
    if (page === undefined) return () => {};
    const online = () => tell("online");
    const offline = () => tell("offline");
    const shown = () => {
      if (page.visibilityState === "visible") tell("visible");
    };
    globalThis.addEventListener("online", online);
    globalThis.addEventListener("offline", offline);
    page.addEventListener("visibilitychange", shown);
    // A page that comes back from the browser's cache has lost its sockets.
    globalThis.addEventListener("pageshow", shown);
    return () => {
      globalThis.removeEventListener("online", online);
      globalThis.removeEventListener("offline", offline);
      page.removeEventListener("visibilitychange", shown);
      globalThis.removeEventListener("pageshow", shown);
    };
  },
};
