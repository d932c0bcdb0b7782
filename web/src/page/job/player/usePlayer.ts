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
    let renewal: ReturnType<typeof setTimeout> | undefined;
    const open = async () => {
      const source = await sourceOf(client, jobId, giveUp.signal);
      if (source === null || giveUp.signal.aborted) return;
      const { address, lasts } = source;
      const goesOn = player.getSnapshot().isPlaying;
      close();
      const stop = player.open(address);
      player.setRate(speed.get());
      if (goesOn) player.play();
      close = () => {
        stop();
        if (address.startsWith("blob:")) URL.revokeObjectURL(address);
      };
      // Before the browser is refused the next part of the recording.
      if (lasts !== null) renewal = setTimeout(() => void open(), lasts * 900);
    };
    void open();
    return () => {
      giveUp.abort();
      clearTimeout(renewal);
      close();
    };
  }, [client, jobId, player]);
  return player;
}

interface Source {
  readonly address: string;
  /** Seconds for which it is good; null: for good. */
  readonly lasts: number | null;
}

/** A player sends no key. Where one is used it gets a ticket, or from a service that gives none the
 * whole recording, fetched with the key. */
async function sourceOf(
  client: RetenderClient,
  jobId: string,
  signal: AbortSignal,
): Promise<Source | null> {
  if (client.http.apiKey === null) return { address: client.audioUrl(jobId), lasts: null };
  try {
    const { url, seconds } = await client.audioTicket(jobId, { signal });
    return { address: url, lasts: seconds };
  } catch (error) {
    if (signal.aborted) return null;
    if (!(error instanceof RetenderError)) throw error;
  }
  try {
    const address = URL.createObjectURL(await client.audio(jobId, { signal }));
    return { address, lasts: null };
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
