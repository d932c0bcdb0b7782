import { RetenderClient } from "../../client";
import { presentLanguage } from "../i18n/context";
import { keyStore } from "../keys/key";

/** The one client of the page: with the key and the language that are chosen at the moment of each
 * request. A refusal opens the dialog for the key. */
export const client = new RetenderClient({
  apiKey: () => keyStore.getSnapshot().key,
  language: presentLanguage,
  async fetch(input, init) {
    const answer = await fetch(input, init);
    if (answer.status === 401) keyStore.refused();
    return answer;
  },
});
