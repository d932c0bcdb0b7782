import { dashboard } from "./dashboard";
import { editing } from "./editing";
import { history } from "./history";
import { intake } from "./intake";
import { job } from "./job";
import { keys } from "./keys";
import { shell } from "./shell";
import { state } from "./state";
import { subtitles } from "./subtitles";
import { text } from "./text";

export const catalogue = {
  ...shell,
  ...state,
  ...intake,
  ...history,
  ...job,
  ...text,
  ...editing,
  ...subtitles,
  ...dashboard,
  ...keys,
} as const;
