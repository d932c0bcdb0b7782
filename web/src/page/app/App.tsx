import { Suspense, useEffect, useRef } from "react";
import { Home } from "../history/Home";
import { useT } from "../i18n/context";
import { DropZone } from "../intake/DropZone";
import { LiveRegion } from "../ui/LiveRegion";
import { Toasts } from "../ui/Toasts";
import { Banner } from "./Banner";
import { Header } from "./Header";
import { Lazily } from "./Lazily";
import { part } from "./parts";
import { addressOf, type Route } from "./routes";
import { useRoute } from "./useRoute";

const Job = part(async () => (await import("../job/JobView")).JobView);
const RecorderBar = part(async () => (await import("../intake/recorder/RecorderBar")).RecorderBar, {
  forever: true,
});
const Service = part(async () => (await import("../dashboard/Dashboard")).Dashboard);

export function App() {
  const t = useT();
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const place = route.name === "job" ? `job/${route.jobId}` : route.name;
  useFocusAtEachView(main, place);
  return (
    <div className="flex min-h-dvh flex-col">
      <button
        type="button"
        className="sr-only z-30 rounded-md bg-raised p-3 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        onClick={() => main.current?.focus()}
      >
        {t("shell.skip")}
      </button>
      <Header route={route} />
      <Banner />
      <main
        ref={main}
        tabIndex={-1}
        className="mx-auto w-full max-w-6xl grow px-4 py-3 sm:px-6 sm:py-5"
      >
        <View key={place} route={route} />
      </main>
      <DropZone />
      <Suspense>
        <RecorderBar />
      </Suspense>
      <LiveRegion />
      <Toasts />
    </div>
  );
}

function View({ route }: { readonly route: Route }) {
  const t = useT();
  switch (route.name) {
    case "home":
      return <Home />;
    case "job":
      return (
        <Lazily>
          <Job jobId={route.jobId} at={route.at} />
        </Lazily>
      );
    case "service":
      return (
        <Lazily>
          <Service />
        </Lazily>
      );
    case "unknown":
      return (
        <>
          <h1 className="mb-2 text-xl font-semibold">{t("shell.unknown")}</h1>
          <a className="text-accent underline" href={addressOf({ name: "home" })}>
            {t("shell.unknown.home")}
          </a>
        </>
      );
  }
}

/** Who goes to another view by keyboard goes on at its beginning, not at the top of the page. */
function useFocusAtEachView(main: { readonly current: HTMLElement | null }, place: string): void {
  const shown = useRef(place);
  useEffect(() => {
    if (shown.current === place) return;
    shown.current = place;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [main, place]);
}
