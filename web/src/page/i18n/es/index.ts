import { dashboard } from "./dashboard";
import { history } from "./history";
import { intake } from "./intake";
import { job } from "./job";
import { keys } from "./keys";
import { shell } from "./shell";
import { state } from "./state";

export const catalogue = {
  ...shell,
  ...state,
  ...intake,
  ...history,
  ...job,
  ...dashboard,
  ...keys,
} as const;
