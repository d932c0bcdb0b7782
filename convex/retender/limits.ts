/** The bounds. Each says what is bounded, and what happens at it. */

const KIB = 1024;

/** Of one request; a longer one is answered 413. Stored it grows by half at most, which keeps it
 * under the 1 MiB that a document of Convex may have. */
export const BODY_BYTES = 512 * KIB;

/** What a chunk may take when stored, by Convex's own measure; a larger one is answered 413. */
export const CHUNK_BYTES = 768 * KIB;

/** Segments in one chunk, or in a result that brings its own; more are answered 413. */
export const SEGMENTS_PER_CHUNK = 200;

/** Words in one segment, well under the 8,192 elements that an array may have. */
export const WORDS_PER_SEGMENT = 4000;

/** Chunks of one transcript: some 200,000 segments. */
export const CHUNKS = 1000;

export const JOB_ID_CHARS = 128;
export const USER_ID_CHARS = 256;
export const STAGE_CHARS = 40;
export const MESSAGE_CHARS = 2000;
export const ERROR_CHARS = 4000;
export const LABEL_CHARS = 200;
export const NAME_CHARS = 300;

/** Chunks that one page of a transcript may ask for: some 5 MiB, of the 16 that a query may read. */
export const CHUNKS_PER_PAGE = 16;

/** Jobs that one page of a list may ask for. */
export const JOBS_PER_PAGE = 100;

/** Jobs of one user that wait for their upload; a further one is refused. */
export const JOBS_AWAITED = 100;

/** The least time between two requests to send one job again, in milliseconds. */
export const RESYNC_PAUSE = 10_000;

/** The same for requests that nobody made but the cron. */
export const STUCK_PAUSE = 60 * 60_000;

/** Stuck jobs that one run of the cron looks at, and those that it asks for. */
export const STUCK_SEEN = 200;
export const STUCK_ASKED = 20;

/** How long the service may take to answer, in milliseconds. */
export const SERVICE_DEADLINE = 10_000;

/** What one transaction of the cleanup deletes; what is left goes in the next. */
export const CHUNKS_DELETED = 16;
export const JOBS_DELETED = 100;

/** A job that the application announced and never uploaded is forgotten after a day. */
export const AWAITED_FOR = 24 * 60 * 60_000;
