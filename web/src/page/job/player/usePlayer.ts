import { useEffect, useState, useSyncExternalStore } from "react";
import { type RetenderClient, RetenderError } from "../../../client";
import { useRetender } from "../../../hooks";
import { remembered } from "../../app/remembered";
import { Player, type PlayerView } from "./player";

export const speed = remembered("speed", 1);

/** A player of the job's recording, for as long as the component is there. */
export function usePlayer(jobId: string): Player {
  const client = useRetender();
  const [player] = useState(() => new Player(new Audio()));
  useEffect(() => {
    const giveUp = new AbortController();
    let close = () => {};
    void addressOf(client, jobId, giveUp.signal).then((address) => {
      if (address === null || giveUp.signal.aborted) return;
      const stop = player.open(address);
      player.setRate(speed.get());
      close = () => {
        stop();
        if (address.startsWith("blob:")) URL.revokeObjectURL(address);
      };
    });
    return () => {
      giveUp.abort();
      close();
    };
  }, [client, jobId, player]);
  return player;
}

/** A player sends no key: where one is used, the recording is fetched with it. */
async function addressOf(
  client: RetenderClient,
  jobId: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (client.http.apiKey === null) return client.audioUrl(jobId);
  try {
    return URL.createObjectURL(await client.audio(jobId, { signal }));
  } catch (error) {
    if (signal.aborted || error instanceof RetenderError) return null;
    throw error;
  }
}

export function usePlayerView(player: Player): PlayerView {
  return useSyncExternalStore(player.subscribe, player.getSnapshot);
}

/** The present moment in whole seconds: who shows it is drawn anew once a second. */
export function useSecond(player: Player): number {
  return useSyncExternalStore(player.onMoment, () => Math.floor(player.time));
}
