export { type Clock, realClock } from "./clock";
export { type ErrorCode, NetworkError, RetenderError, ServiceError } from "./errors";
export type { ClientOptions } from "./http";
export { JobList, type JobsView, type ListedBy, type ListOptions } from "./list";
export { type Carriers, carriers } from "./live/carriers";
export { type ConnectionState, JobConnection } from "./live/connection";
export type { Followed, FollowOptions, JobFollower } from "./live/follower";
export { type Delivery, LIMITS, type Limits, type Phase, type Substitute } from "./live/link";
export { browserFrames, type Frames, JobStore } from "./live/store";
export { browser, type Surroundings } from "./live/surroundings";
export { type JobView, type Moment, reduced, unknownJob } from "./live/view";
export type { Command, Message } from "./messages";
export {
  type ConvexLike,
  convexSource,
  PersistentJob,
  type PersistentOptions,
  type PersistentRecord,
  type PersistentView,
  type RecordSource,
  type WatchRecord,
} from "./persistent";
export type { Begun, ResumableOptions } from "./resumable";
export { type Listing, RetenderClient, type ServiceOptions, type Submitted } from "./service";
export * from "./shapes";
export { newIdempotencyKey, type Sent, type UploadOptions } from "./upload";
