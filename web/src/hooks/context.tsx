import { createContext, type ReactNode, useContext } from "react";
import type { RetenderClient } from "../client";

const Client = createContext<RetenderClient | null>(null);

export function RetenderProvider({
  client,
  children,
}: {
  readonly client: RetenderClient;
  readonly children: ReactNode;
}) {
  return <Client value={client}>{children}</Client>;
}

/** The service that hooks talk to. */
export function useRetender(): RetenderClient {
  const client = useContext(Client);
  if (client === null) throw new Error("there is no <RetenderProvider> around this component");
  return client;
}
