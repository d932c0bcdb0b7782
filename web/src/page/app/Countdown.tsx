import { useEffect, useState } from "react";
import { useT } from "../i18n/context";
import { client } from "./client";

/** "Another try in 7 s", to a moment of the client's clock. */
export function Countdown({ to }: { readonly to: number }) {
  const t = useT();
  const [now, tick] = useState(() => client.http.clock.now());
  useEffect(() => {
    const timer = setInterval(() => tick(client.http.clock.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return t("connection.retry", { seconds: Math.max(0, Math.ceil((to - now) / 1000)) });
}
