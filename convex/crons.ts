import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();
crons.interval("forget old transcriptions", { hours: 1 }, internal.transcriptionJobs.cleanUp, {});
crons.interval(
  "ask again for transcriptions that stand still",
  { minutes: 5 },
  internal.transcriptionJobs.resyncStuck,
  {},
);
export default crons;
