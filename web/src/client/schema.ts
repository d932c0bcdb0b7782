// Made from the service's description of itself by `npm run generate`. Do not edit.
export interface paths {
    "/actors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Actors
         * @description The actors in the order of their supervision, each after its supervisor: their states, how
         *     often they were restarted, and why they last ended.
         */
        get: operations["actors_actors_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/convex/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry
         * @description Send the jobs that Convex has refused, once the cause is mended; `GET /health` shows it.
         */
        post: operations["retry_convex_retry_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Dead Letters
         * @description Jobs that failed for good, newest first. They can be retried.
         */
        get: operations["dead_letters_dead_letters_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health
         * @description How the service was a moment ago: answered at once, however busy it is. If the service has
         *     keys, only their holders get more than the status.
         */
        get: operations["health_health_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live
         * @description The process answers.
         */
        get: operations["live_health_live_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ready
         * @description Whether submissions are accepted; if not, why.
         */
        get: operations["ready_health_ready_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Job
         * @description The job as it is now; with its result once it is completed.
         */
        get: operations["job_job__job_id__get"];
        put?: never;
        post?: never;
        /**
         * Cancel
         * @description Cancel a job at any stage. Cancelling again changes nothing. With `forget` it is deleted,
         *     whatever its state, with its text and edits.
         */
        delete: operations["cancel_job__job_id__delete"];
        options?: never;
        head?: never;
        /**
         * Rename
         * @description Give the job another name, in whatever state it is.
         */
        patch: operations["rename_job__job_id__patch"];
        trace?: never;
    };
    "/job/{job_id}/audio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Job Audio
         * @description The recording as it was uploaded. Players may ask for ranges of it.
         */
        get: operations["job_audio_job__job_id__audio_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}/audio-ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Audio Ticket
         * @description For a player that can send no header: good for this recording until it expires.
         */
        post: operations["audio_ticket_job__job_id__audio_ticket_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Job Events
         * @description Follow a job. The stream ends after its last message.
         */
        get: operations["job_events_job__job_id__events_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Options
         * @description Change options of a job that no worker has begun. It is completed at once if a job with
         *     the new ones is.
         */
        patch: operations["change_options_job__job_id__options_patch"];
        trace?: never;
    };
    "/job/{job_id}/peaks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Job Peaks
         * @description The waveform of the recording, once it is decoded. It stays the same, and may be cached.
         */
        get: operations["job_peaks_job__job_id__peaks_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Job Result
         * @description The transcript as a file. With `partial`, as much of it as there is, whatever the status. It
         *     has the latest edits, unless a `version` is named; 0 is what was recognised.
         */
        get: operations["job_result_job__job_id__result_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}/resync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resync
         * @description Send the job to Convex again, as it is now. It is not waited for: the job's row changes in a
         *     moment, or as soon as Convex can be reached.
         */
        post: operations["resync_job__job_id__resync_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry
         * @description Retry a failed job. The parts that it had finished are not done again.
         */
        post: operations["retry_job__job_id__retry_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job/{job_id}/transcript": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Transcript
         * @description The transcript with its version, which an edit must name. Before the job is completed, what
         *     there is of it, which cannot be edited yet.
         */
        get: operations["transcript_job__job_id__transcript_get"];
        /**
         * Edit
         * @description Store the next version of a completed transcript, if nobody has edited it since. The original
         *     and the latest twenty edits are kept.
         */
        put: operations["edit_job__job_id__transcript_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs
         * @description A page of jobs. `next_cursor` is the `cursor` of the next page. With `q` they are searched,
         *     and each has a `snippet` of its text, if the words are there, and its `snippet_time`.
         */
        get: operations["jobs_jobs_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export
         * @description The transcripts of completed jobs, with their latest edits, as one ZIP. Its files are called
         *     like the jobs.
         */
        get: operations["export_jobs_export_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description For a Prometheus server on this machine, or one with an admin's key.
         */
        get: operations["metrics_metrics_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Models
         * @description All models that a job may name: those in memory first, then those on disk.
         */
        get: operations["models_models_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Unload
         * @description Free the model's memory once no job uses it. Its files stay.
         */
        delete: operations["unload_models__name__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{name}/load": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Load
         * @description Load a model before a job needs it, and download it if it is not on disk. Jobs go on
         *     meanwhile. `GET /models` shows the progress.
         */
        post: operations["load_models__name__load_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/queue/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Queue Info
         * @description Jobs that wait or are worked on, and open WebSockets. Only admins get the ids of the jobs
         *     that are followed.
         */
        get: operations["queue_info_queue_info_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/transcribe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Transcribe
         * @description Submit a recording and wait for its transcript. Hanging up cancels the job, unless an
         *     `Idempotency-Key` says that its sender may come back for it.
         */
        post: operations["transcribe_transcribe_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/transcribe-job": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Transcribe Body
         * @description The same for clients that stream: the body is the recording, the options are in the query.
         */
        put: operations["transcribe_body_transcribe_job_put"];
        /**
         * Transcribe Job
         * @description Submit a recording. Once this is answered, recording and job are safely on disk.
         */
        post: operations["transcribe_job_transcribe_job_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create
         * @description Begin an upload of `Upload-Length` bytes. `Upload-Metadata` may carry the fields of a
         *     submission. The first bytes may come with it.
         */
        post: operations["create_uploads_post"];
        delete?: never;
        /**
         * Abilities
         * @description What this server supports of tus.
         */
        options: operations["abilities_uploads_options"];
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/uploads/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End
         * @description End the upload and cancel its job.
         */
        delete: operations["end_uploads__job_id__delete"];
        options?: never;
        /**
         * Upload
         * @description How many bytes have arrived. A request that still sends bytes is stopped.
         */
        head: operations["upload_uploads__job_id__head"];
        /**
         * Append
         * @description More bytes, from `Upload-Offset` on. What has arrived stays when the connection breaks.
         */
        patch: operations["append_uploads__job_id__patch"];
        trace?: never;
    };
    "/ws-ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ws Ticket
         * @description For `?ticket=` of one WebSocket or event stream, where no header can be sent. Good once.
         */
        post: operations["ws_ticket_ws_ticket_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** ActorShape */
        ActorShape: {
            /**
             * Cause
             * @description Why it ended last; null: it has not.
             */
            cause: string | null;
            /**
             * Depth
             * @description 0: the root; 1: one that it supervises, and so on.
             */
            depth: number;
            /** Name */
            name: string;
            /** Restarts */
            restarts: number;
            /**
             * Since
             * @description When it came into this state.
             */
            since: string;
            /**
             * State
             * @description `running`, or why it is not.
             */
            state: string;
        };
        /** ActorsShape */
        ActorsShape: {
            /** Actors */
            actors: components["schemas"]["ActorShape"][];
        };
        /** AudioTicketShape */
        AudioTicketShape: {
            /**
             * Expires In
             * @description Seconds.
             */
            expires_in: number;
            /** Ticket */
            ticket: string;
            /**
             * Url
             * @description The recording's address on this host, with the ticket.
             */
            url: string;
        };
        /** CallbackShape */
        CallbackShape: {
            /** Attempts */
            attempts: number;
            /**
             * Last Error
             * @description Why the last attempt failed.
             */
            last_error: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "delivered" | "given_up";
        };
        /** CancelledShape */
        CancelledShape: {
            /** Job Id */
            job_id: string;
            /**
             * Status
             * @enum {string}
             */
            status: "cancelled" | "forgotten";
        };
        /** ConvexRetryShape */
        ConvexRetryShape: {
            /**
             * Retried
             * @description How many refused jobs are sent again.
             */
            retried: number;
        };
        /** ConvexShape */
        ConvexShape: {
            /**
             * Behind
             * @description Unfinished jobs whose progress has yet to be sent.
             */
            behind: number | null;
            /** Last Error */
            last_error: string | null;
            /** Last Error At */
            last_error_at: string | null;
            /**
             * Oldest
             * @description When the oldest of them happened.
             */
            oldest: string | null;
            /**
             * Parked
             * @description Jobs that Convex refuses until something is mended.
             */
            parked: number | null;
            /**
             * Reachable
             * @description False while Convex does not answer; jobs go on.
             */
            reachable: boolean;
            /**
             * Reason
             * @description Why it refuses one of them.
             */
            reason: string | null;
            /**
             * Waiting
             * @description Ends of jobs that have yet to be sent.
             */
            waiting: number | null;
        };
        /** DataShape */
        DataShape: {
            /**
             * Moves
             * @description Restarts of its machine or container that it has survived.
             */
            moves: number;
            /**
             * Reason
             * @description The same in words.
             */
            reason: string;
            /**
             * Since
             * @description When the data folder was first used.
             */
            since: string;
            /**
             * State
             * @description `new`: empty at the start; `incomplete`: part of it is gone.
             * @enum {string}
             */
            state: "new" | "kept" | "incomplete";
        };
        /** DefaultModelShape */
        DefaultModelShape: {
            /**
             * Instead Of
             * @description The default model, if another one replaces it.
             */
            instead_of: string | null;
            /** Name */
            name: string;
            /**
             * Reason
             * @description Why it is replaced, and how to get the default one.
             */
            reason: string | null;
        };
        /** EngineShape */
        EngineShape: {
            /**
             * Limits
             * @description What is left of the limits of each model; empty: there are none.
             * @default {}
             */
            limits?: {
                [key: string]: components["schemas"]["LimitShape"];
            };
            /** @description The model for jobs that name none; null: it is being fetched, or there is none here. */
            model?: components["schemas"]["DefaultModelShape"] | null;
            /** Ready */
            ready: boolean;
            /**
             * Reason
             * @description Why it is not ready, or not whole.
             */
            reason: string | null;
            /** Workers */
            workers: number;
        };
        /** ErrorBody */
        ErrorBody: {
            error: components["schemas"]["ErrorDetail"];
        };
        /** ErrorDetail */
        ErrorDetail: {
            /** Code */
            code: string;
            /** Details */
            details: {
                [key: string]: unknown;
            };
            /**
             * Message
             * @description A sentence that a person can act on.
             */
            message: string;
            /** Request Id */
            request_id: string;
        };
        /** FailureShape */
        FailureShape: {
            /** Code */
            code: string;
            /** Detail */
            detail: string;
            /** Message */
            message: string;
        };
        /** HealthShape */
        HealthShape: {
            /**
             * Age
             * @description Seconds since the rest was found to be so; null: not yet.
             */
            age?: number | null;
            /** @description The sync to a Convex database; null: there is none. */
            convex?: components["schemas"]["ConvexShape"] | null;
            /** @description Whether the data last; null where machines share them. */
            data?: components["schemas"]["DataShape"] | null;
            /** Engines */
            engines?: {
                [key: string]: components["schemas"]["EngineShape"];
            } | null;
            /** @description The container's limits; null where nothing is chosen by them. */
            instance?: components["schemas"]["InstanceShape"] | null;
            /** @description What is taken in. */
            intake?: components["schemas"]["IntakeShape"] | null;
            /** Profile */
            profile?: string | null;
            /** Queue */
            queue?: {
                [key: string]: number;
            } | null;
            /**
             * Reason
             * @description Why it is not healthy.
             */
            reason?: string | null;
            /**
             * Started At
             * @description When the jobs were last taken up: at the start of the service, or after a failure. Null: not yet known.
             */
            started_at?: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "healthy" | "degraded" | "starting" | "stopping";
            /**
             * Uptime
             * @description Seconds.
             */
            uptime?: number | null;
            /** Version */
            version?: string | null;
        };
        /** HolderShape */
        HolderShape: {
            /** Idle Seconds */
            idle_seconds: number;
            /** In Use */
            in_use: number;
            /** Memory Bytes */
            memory_bytes: number;
            /** Percent */
            percent: number | null;
            /** Precision */
            precision: string;
            /** Since */
            since: string;
            /** State */
            state: string;
            /** Trouble */
            trouble: string | null;
            /** Worker */
            worker: string;
        };
        /** InstanceShape */
        InstanceShape: {
            /**
             * At Once
             * @description Pieces that are worked on at a time.
             */
            at_once: number;
            /**
             * Cpu
             * @description Processors' worth of time; null: no limit is seen.
             */
            cpu: number | null;
            /**
             * Memory
             * @description Bytes that the container may have; null: not known.
             */
            memory: number | null;
            /**
             * Reason
             * @description Why so many.
             */
            reason: string;
        };
        /** IntakeShape */
        IntakeShape: {
            /**
             * Most Bytes
             * @description Larger recordings are refused.
             */
            most_bytes: number;
            /**
             * Url
             * @description Whether recordings are fetched from an address.
             */
            url: boolean;
        };
        /** JobListShape */
        JobListShape: {
            /** Jobs */
            jobs: components["schemas"]["ListedJobShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /** JobShape */
        JobShape: {
            /** Attempt */
            attempt: number;
            /** @description The state of its webhook, if it has one and has ended. */
            callback?: components["schemas"]["CallbackShape"] | null;
            /** Completed At */
            completed_at: string | null;
            /** Created At */
            created_at: string;
            /** Duration */
            duration: number | null;
            /**
             * Engine
             * @description Where it is recognised; null until that is decided.
             */
            engine?: string | null;
            error: components["schemas"]["FailureShape"] | null;
            /** Estimated Time Remaining */
            estimated_time_remaining: number | null;
            /** Job Id */
            job_id: string;
            /** Language */
            language: string | null;
            /** Message */
            message: string;
            /** Model */
            model: string | null;
            /**
             * Name
             * @description For people: the file's name, or what it was renamed to. Null if it has none.
             */
            name?: string | null;
            /**
             * Options
             * @description The fields with which it was submitted, without those left at their defaults: the same recording with these fields is the same job again. Null in lists.
             */
            options?: {
                [key: string]: string | number | boolean;
            } | null;
            /** Progress */
            progress: number;
            /** Queue Position */
            queue_position: number | null;
            result?: components["schemas"]["ResultShape"] | null;
            /** Seq */
            seq: number;
            /** Stage */
            stage: string;
            /** Started At */
            started_at: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "queued" | "processing" | "completed" | "failed" | "cancelled";
        };
        /** LanguageShape */
        LanguageShape: {
            /** Language */
            language: string;
            /** Probability */
            probability: number;
        };
        /** LimitShape */
        LimitShape: {
            /**
             * Audio Seconds Left
             * @description Seconds of audio that may be sent now.
             */
            audio_seconds_left: number;
            /** Audio Seconds Left Today */
            audio_seconds_left_today: number;
            /** Audio Seconds Per Day */
            audio_seconds_per_day: number;
            /**
             * Full Until
             * @description Nothing may be sent before; null: it may be now.
             */
            full_until: string | null;
            /** Requests Left Today */
            requests_left_today: number;
        };
        /** ListedJobShape */
        ListedJobShape: {
            /** Attempt */
            attempt: number;
            /** @description The state of its webhook, if it has one and has ended. */
            callback?: components["schemas"]["CallbackShape"] | null;
            /** Completed At */
            completed_at: string | null;
            /** Created At */
            created_at: string;
            /** Duration */
            duration: number | null;
            /**
             * Engine
             * @description Where it is recognised; null until that is decided.
             */
            engine?: string | null;
            error: components["schemas"]["FailureShape"] | null;
            /** Estimated Time Remaining */
            estimated_time_remaining: number | null;
            /** Job Id */
            job_id: string;
            /** Language */
            language: string | null;
            /** Message */
            message: string;
            /** Model */
            model: string | null;
            /**
             * Name
             * @description For people: the file's name, or what it was renamed to. Null if it has none.
             */
            name?: string | null;
            /**
             * Options
             * @description The fields with which it was submitted, without those left at their defaults: the same recording with these fields is the same job again. Null in lists.
             */
            options?: {
                [key: string]: string | number | boolean;
            } | null;
            /** Progress */
            progress: number;
            /** Queue Position */
            queue_position: number | null;
            result?: components["schemas"]["ResultShape"] | null;
            /** Seq */
            seq: number;
            /**
             * Snippet
             * @description In a search: the text around the words that were found.
             */
            snippet?: string | null;
            /**
             * Snippet Parts
             * @description The same in parts; every second one is a word that was found.
             */
            snippet_parts?: string[] | null;
            /**
             * Snippet Time
             * @description When that is said: seconds into the recording.
             */
            snippet_time?: number | null;
            /** Stage */
            stage: string;
            /** Started At */
            started_at: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "queued" | "processing" | "completed" | "failed" | "cancelled";
        };
        /** LiveShape */
        LiveShape: {
            /**
             * Status
             * @constant
             */
            status: "live";
        };
        /** ModelCommandShape */
        ModelCommandShape: {
            /** Model */
            model: string;
            /** Workers */
            workers: string[];
        };
        /** ModelShape */
        ModelShape: {
            /** Default */
            default: boolean;
            /** Disk Bytes */
            disk_bytes: number;
            /** Downloaded */
            downloaded: boolean;
            /** Loaded */
            loaded: boolean;
            /** Million Parameters */
            million_parameters: number | null;
            /** Name */
            name: string;
            /** Workers */
            workers: components["schemas"]["HolderShape"][];
        };
        /** ModelsShape */
        ModelsShape: {
            /** Models */
            models: components["schemas"]["ModelShape"][];
        };
        /** NameShape */
        NameShape: {
            /** Name */
            name: string;
        };
        /** OpenAIErrorBody */
        OpenAIErrorBody: {
            error: components["schemas"]["OpenAIErrorDetail"];
        };
        /** OpenAIErrorDetail */
        OpenAIErrorDetail: {
            /** Code */
            code: string;
            /** Message */
            message: string;
            /** Param */
            param: string | null;
            /** Type */
            type: string;
        };
        /** OpenAIModelListShape */
        OpenAIModelListShape: {
            /** Data */
            data: components["schemas"]["OpenAIModelShape"][];
            /** Object */
            object: string;
        };
        /** OpenAIModelShape */
        OpenAIModelShape: {
            /** Created */
            created: number;
            /** Id */
            id: string;
            /** Object */
            object: string;
            /** Owned By */
            owned_by: string;
        };
        /** PeaksShape */
        PeaksShape: {
            /**
             * Peaks
             * @description The loudest sample of each step, from -1 to 1.
             */
            peaks: number[];
            /**
             * Per Second
             * @description 20, or fewer for a recording above a quarter of an hour
             */
            per_second: number;
        };
        /** QueueInfoShape */
        QueueInfoShape: {
            queue: components["schemas"]["QueueShape"];
            websockets: components["schemas"]["WebSocketsShape"];
        };
        /** QueueShape */
        QueueShape: {
            /** Active Jobs */
            active_jobs: number;
            /** Audio Seconds Waiting */
            audio_seconds_waiting: number;
            /** Dead Letters */
            dead_letters: number;
            /** Is Running */
            is_running: boolean;
            /** Max Concurrent Jobs */
            max_concurrent_jobs: number;
            /** Queue Size */
            queue_size: number;
            /** Total Jobs */
            total_jobs: number;
            /** Workers */
            workers: number;
        };
        /** ReadyShape */
        ReadyShape: {
            /**
             * Reason
             * @description Why it is not ready.
             */
            reason?: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "ready" | "not_ready";
        };
        /** ReceiptShape */
        ReceiptShape: {
            /** Estimated Processing Time */
            estimated_processing_time: number;
            /** Job Id */
            job_id: string;
            /** Queue Position */
            queue_position: number | null;
            /**
             * Status
             * @enum {string}
             */
            status: "pending" | "queued" | "processing" | "completed" | "failed" | "cancelled";
            /** Websocket Url */
            websocket_url: string;
        };
        /** ResultShape */
        ResultShape: {
            /** Duration */
            duration: number;
            /** Engine */
            engine: string;
            /** Language */
            language: string | null;
            /**
             * Language Candidates
             * @description The most probable languages, the best first, if the language was looked for.
             * @default []
             */
            language_candidates?: components["schemas"]["LanguageShape"][];
            /** Language Probability */
            language_probability: number | null;
            /** Model */
            model: string;
            /**
             * No Speech
             * @description Nobody speaks in the recording.
             * @default false
             */
            no_speech?: boolean;
            /** Processing Time */
            processing_time: number;
            /**
             * Requested Model
             * @description The model that was asked for, if `model` replaced it.
             */
            requested_model?: string | null;
            /** Segments */
            segments: components["schemas"]["SegmentShape"][];
            /** Text */
            text: string;
        };
        /** ResyncShape */
        ResyncShape: {
            /** Job Id */
            job_id: string;
            /**
             * Seq
             * @description The number of the event up to which it is sent.
             */
            seq: number;
            /** Status */
            status: string;
        };
        /** SegmentShape */
        SegmentShape: {
            /** Confidence */
            confidence: number;
            /** End */
            end: number;
            /** Id */
            id: number;
            /** Language */
            language: string | null;
            /** Start */
            start: number;
            /** Text */
            text: string;
            /**
             * Words
             * @default []
             */
            words?: components["schemas"]["WordShape"][];
        };
        /**
         * Status
         * @enum {string}
         */
        Status: "pending" | "queued" | "processing" | "completed" | "failed" | "cancelled";
        /**
         * TextShape
         * @description With `verbose_json` there are more fields.
         */
        TextShape: {
            /** Text */
            text: string;
        };
        /** TicketShape */
        TicketShape: {
            /**
             * Expires In
             * @description Seconds.
             */
            expires_in: number;
            /** Ticket */
            ticket: string;
        };
        /** TranscribedShape */
        TranscribedShape: {
            /** Duration */
            duration: number;
            /** Engine */
            engine: string;
            /** Job Id */
            job_id: string;
            /** Language */
            language: string | null;
            /**
             * Language Candidates
             * @description The most probable languages, the best first, if the language was looked for.
             * @default []
             */
            language_candidates?: components["schemas"]["LanguageShape"][];
            /** Language Probability */
            language_probability: number | null;
            /** Model */
            model: string;
            /**
             * No Speech
             * @description Nobody speaks in the recording.
             * @default false
             */
            no_speech?: boolean;
            /** Processing Time */
            processing_time: number;
            /**
             * Requested Model
             * @description The model that was asked for, if `model` replaced it.
             */
            requested_model?: string | null;
            /** Segments */
            segments: components["schemas"]["SegmentShape"][];
            /** Text */
            text: string;
        };
        /** TranscriptShape */
        TranscriptShape: {
            /** Edited At */
            edited_at: string | null;
            /**
             * Original
             * @description The version that was recognised: always 0.
             */
            original: number;
            /** Segments */
            segments: components["schemas"]["SegmentShape"][];
            /** Version */
            version: number;
            /**
             * Versions
             * @description Those that are kept.
             */
            versions: number[];
        };
        /** WebSocketsShape */
        WebSocketsShape: {
            /** Active Jobs */
            active_jobs: string[];
            /** Jobs With Connections */
            jobs_with_connections: number;
            /** Total Connections */
            total_connections: number;
        };
        /** WordShape */
        WordShape: {
            /** Confidence */
            confidence: number;
            /** End */
            end: number;
            /** Start */
            start: number;
            /** Word */
            word: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    actors_actors_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActorsShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `actor_gone`, `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retry_convex_retry_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConvexRetryShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `convex_not_set_up` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    dead_letters_dead_letters_get: {
        parameters: {
            query?: {
                limit?: number;
                /** @description The `next_cursor` of a page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobListShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    health_health_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthShape"];
                };
            };
        };
    };
    live_health_live_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveShape"];
                };
            };
        };
    };
    ready_health_ready_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadyShape"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReadyShape"];
                };
            };
        };
    };
    job_job__job_id__get: {
        parameters: {
            query?: {
                /** @description `false`: without the result, for those who ask for the status often. */
                text?: boolean;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    cancel_job__job_id__delete: {
        parameters: {
            query?: {
                /** @description Delete it. A job that is not there is no error. */
                forget?: boolean;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelledShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `already_finished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rename_job__job_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NameShape"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    job_audio_job__job_id__audio_get: {
        parameters: {
            query?: {
                /** @description From `POST /job/{job_id}/audio-ticket`, where no header can be sent. */
                ticket?: string | null;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                    "audio/*": unknown;
                };
            };
            /** @description The range that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_expired` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description There is no such range. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `storage_unreachable`, `storage_denied` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    audio_ticket_job__job_id__audio_ticket_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudioTicketShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    job_events_job__job_id__events_get: {
        parameters: {
            query?: {
                /** @description From `POST /ws-ticket`, where no header can be sent. */
                ticket?: string | null;
                /** @description The last number that was seen. */
                since?: number | null;
            };
            header?: {
                /** @description Sent by browsers; goes first. */
                "last-event-id"?: number | null;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The messages of the WebSocket, each with its number as `id`. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            /** @description Nothing is left to tell after that number: do not come back. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    change_options_job__job_id__options_patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `already_begun`, `already_finished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `engine_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    job_peaks_job__job_id__peaks_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeaksShape"];
                };
            };
            /** @description The caller has them already. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found`, `no_peaks` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `not_prepared` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    job_result_job__job_id__result_get: {
        parameters: {
            query?: {
                format?: "json" | "verbose_json" | "txt" | "srt" | "vtt" | "tsv" | "docx";
                partial?: boolean;
                /** @description 0 is what was recognised; the latest if left out. */
                version?: number | null;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": unknown;
                    "application/x-subrip; charset=utf-8": unknown;
                    "text/plain; charset=utf-8": unknown;
                    "text/tab-separated-values; charset=utf-8": unknown;
                    "text/vtt; charset=utf-8": unknown;
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found`, `version_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `not_completed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    resync_job__job_id__resync_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResyncShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `convex_not_set_up` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retry_job__job_id__retry_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReceiptShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `not_failed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `queue_full`, `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `draining`, `engine_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    transcript_job__job_id__transcript_get: {
        parameters: {
            query?: {
                /** @description 0 is what was recognised; the latest if left out. */
                version?: number | null;
            };
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TranscriptShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found`, `version_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    edit_job__job_id__transcript_put: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version that was edited, as its `ETag` has it. Without it, the answer is `version_needed`. */
                "If-Match"?: string;
            };
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Segments */
                    segments: {
                        /**
                         * Confidence
                         * @default 1
                         */
                        confidence?: number;
                        /**
                         * End
                         * @description Not before its start.
                         */
                        end: number;
                        /** Id */
                        id: number;
                        /** Language */
                        language?: string | null;
                        /** Start */
                        start: number;
                        /** Text */
                        text: string;
                        /**
                         * Words
                         * @default []
                         */
                        words?: {
                            /**
                             * Confidence
                             * @default 1
                             */
                            confidence?: number;
                            /** End */
                            end: number;
                            /** Start */
                            start: number;
                            /** Word */
                            word: string;
                        }[];
                    }[];
                };
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TranscriptShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `not_completed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `transcript_changed` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `version_needed` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `storage_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    jobs_jobs_get: {
        parameters: {
            query?: {
                /** @description Jobs whose name or text has all of these words, or words that begin so. */
                q?: string | null;
                status?: components["schemas"]["Status"] | null;
                /** @description Which jobs come first. */
                sort?: "newest" | "oldest";
                limit?: number;
                /** @description The `next_cursor` of a page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobListShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    export_jobs_export_get: {
        parameters: {
            query: {
                /** @description Up to 200 ids, with commas between them. */
                ids: string;
                format?: "json" | "verbose_json" | "txt" | "srt" | "vtt" | "tsv" | "docx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": unknown;
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `not_completed` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    metrics_metrics_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In Prometheus' text format. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": unknown;
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    models_models_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelsShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    unload_models__name__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelCommandShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `engine_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    load_models__name__load_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelCommandShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `engine_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    queue_info_queue_info_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueueInfoShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    transcribe_transcribe_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /**
                     * Callback Url
                     * @description Called when the job has ended.
                     * @default
                     */
                    callback_url?: string;
                    /**
                     * Channel
                     * @default mix
                     * @enum {string}
                     */
                    channel?: "mix" | "left" | "right";
                    /**
                     * Compression Ratio Threshold
                     * @description Above it, text repeats itself and is heard again.
                     * @default 2.4
                     */
                    compression_ratio_threshold?: number;
                    /**
                     * Denoise
                     * @description Take away steady noise.
                     * @default false
                     */
                    denoise?: boolean;
                    /**
                     * Engine
                     * @default auto
                     * @enum {string}
                     */
                    engine?: "auto" | "local" | "groq";
                    /**
                     * Format: binary
                     * @description The recording. One a request.
                     */
                    file?: string;
                    /**
                     * Highpass
                     * @description Take away rumble and hum.
                     * @default false
                     */
                    highpass?: boolean;
                    /**
                     * Hotwords
                     * @default
                     */
                    hotwords?: string;
                    /**
                     * Language
                     * @description `auto`, or a code such as `es`.
                     * @default auto
                     */
                    language?: string;
                    /**
                     * Languages
                     * @description The languages that `auto` chooses among, such as `es,en`; left out: those of the service (`RETENDER_LANGUAGES`), or all.
                     * @default
                     */
                    languages?: string;
                    /**
                     * Log Prob Threshold
                     * @description Below it, text is unsure.
                     * @default -1
                     */
                    log_prob_threshold?: number;
                    /**
                     * Model
                     * @description A model's name, as `GET /models` lists them.
                     * @default
                     */
                    model?: string;
                    /**
                     * Multilingual
                     * @description Several languages in one recording.
                     * @default false
                     */
                    multilingual?: boolean;
                    /**
                     * Name
                     * @description What lists show; the file's name if left out.
                     * @default
                     */
                    name?: string;
                    /**
                     * No Speech Threshold
                     * @description More probably silence than this, and unsure: no text.
                     * @default 0.6
                     */
                    no_speech_threshold?: number;
                    /**
                     * Normalize
                     * @description Bring it all to one loudness.
                     * @default false
                     */
                    normalize?: boolean;
                    /**
                     * Priority
                     * @description A higher one goes first. How high it may be depends on the key: by default 0, and 10 without keys.
                     * @default 0
                     */
                    priority?: number;
                    /**
                     * Prompt
                     * @default
                     */
                    prompt?: string;
                    /**
                     * Return Timestamps
                     * @description Segments with their times.
                     * @default true
                     */
                    return_timestamps?: boolean;
                    /**
                     * Suppress Numerals
                     * @description Numbers as words, not as digits.
                     * @default false
                     */
                    suppress_numerals?: boolean;
                    /**
                     * Task
                     * @default transcribe
                     * @enum {string}
                     */
                    task?: "transcribe" | "translate";
                    /**
                     * Temperature
                     * @default 0
                     */
                    temperature?: number;
                    /** @description Instead of `file`, where the service fetches recordings. */
                    url?: string;
                    /**
                     * User Id
                     * @description Passed on to Convex.
                     * @default
                     */
                    user_id?: string;
                    /**
                     * Vad
                     * @description Leave out what is not speech beforehand.
                     * @default true
                     */
                    vad?: boolean;
                    /**
                     * Word Timestamps
                     * @description Words with times and confidence.
                     * @default false
                     */
                    word_timestamps?: boolean;
                };
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TranscribedShape"];
                };
            };
            /** @description `bad_request`, `empty_upload`, `incomplete_upload`, `url_not_allowed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_stalled` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `idempotency_conflict`, `job_cancelled` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_expired` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unsupported_media` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option`, `no_audio_stream`, `corrupt_media`, `too_long` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `rate_limited`, `queue_full` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `engine_failed`, `fetch_failed`, `worker_crashed`, `worker_silent` */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `draining`, `engine_unavailable`, `storage_unreachable`, `storage_denied`, `model_unavailable` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `storage_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    transcribe_body_transcribe_job_put: {
        parameters: {
            query?: {
                filename?: string;
                language?: string;
                languages?: string;
                model?: string;
                engine?: "auto" | "local" | "groq";
                task?: "transcribe" | "translate";
                return_timestamps?: boolean;
                word_timestamps?: boolean;
                multilingual?: boolean;
                vad?: boolean;
                prompt?: string;
                hotwords?: string;
                temperature?: number;
                no_speech_threshold?: number;
                log_prob_threshold?: number;
                compression_ratio_threshold?: number;
                suppress_numerals?: boolean;
                channel?: "mix" | "left" | "right";
                highpass?: boolean;
                denoise?: boolean;
                normalize?: boolean;
                priority?: number;
                user_id?: string;
                name?: string;
                callback_url?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReceiptShape"];
                };
            };
            /** @description `bad_request`, `empty_upload`, `incomplete_upload`, `url_not_allowed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_stalled` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `idempotency_conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unsupported_media` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `rate_limited`, `queue_full` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `draining`, `engine_unavailable`, `storage_unreachable`, `storage_denied` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `storage_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    transcribe_job_transcribe_job_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /**
                     * Callback Url
                     * @description Called when the job has ended.
                     * @default
                     */
                    callback_url?: string;
                    /**
                     * Channel
                     * @default mix
                     * @enum {string}
                     */
                    channel?: "mix" | "left" | "right";
                    /**
                     * Compression Ratio Threshold
                     * @description Above it, text repeats itself and is heard again.
                     * @default 2.4
                     */
                    compression_ratio_threshold?: number;
                    /**
                     * Denoise
                     * @description Take away steady noise.
                     * @default false
                     */
                    denoise?: boolean;
                    /**
                     * Engine
                     * @default auto
                     * @enum {string}
                     */
                    engine?: "auto" | "local" | "groq";
                    /**
                     * Format: binary
                     * @description The recording. One a request.
                     */
                    file?: string;
                    /**
                     * Highpass
                     * @description Take away rumble and hum.
                     * @default false
                     */
                    highpass?: boolean;
                    /**
                     * Hotwords
                     * @default
                     */
                    hotwords?: string;
                    /**
                     * Language
                     * @description `auto`, or a code such as `es`.
                     * @default auto
                     */
                    language?: string;
                    /**
                     * Languages
                     * @description The languages that `auto` chooses among, such as `es,en`; left out: those of the service (`RETENDER_LANGUAGES`), or all.
                     * @default
                     */
                    languages?: string;
                    /**
                     * Log Prob Threshold
                     * @description Below it, text is unsure.
                     * @default -1
                     */
                    log_prob_threshold?: number;
                    /**
                     * Model
                     * @description A model's name, as `GET /models` lists them.
                     * @default
                     */
                    model?: string;
                    /**
                     * Multilingual
                     * @description Several languages in one recording.
                     * @default false
                     */
                    multilingual?: boolean;
                    /**
                     * Name
                     * @description What lists show; the file's name if left out.
                     * @default
                     */
                    name?: string;
                    /**
                     * No Speech Threshold
                     * @description More probably silence than this, and unsure: no text.
                     * @default 0.6
                     */
                    no_speech_threshold?: number;
                    /**
                     * Normalize
                     * @description Bring it all to one loudness.
                     * @default false
                     */
                    normalize?: boolean;
                    /**
                     * Priority
                     * @description A higher one goes first. How high it may be depends on the key: by default 0, and 10 without keys.
                     * @default 0
                     */
                    priority?: number;
                    /**
                     * Prompt
                     * @default
                     */
                    prompt?: string;
                    /**
                     * Return Timestamps
                     * @description Segments with their times.
                     * @default true
                     */
                    return_timestamps?: boolean;
                    /**
                     * Suppress Numerals
                     * @description Numbers as words, not as digits.
                     * @default false
                     */
                    suppress_numerals?: boolean;
                    /**
                     * Task
                     * @default transcribe
                     * @enum {string}
                     */
                    task?: "transcribe" | "translate";
                    /**
                     * Temperature
                     * @default 0
                     */
                    temperature?: number;
                    /** @description Instead of `file`, where the service fetches recordings. */
                    url?: string;
                    /**
                     * User Id
                     * @description Passed on to Convex.
                     * @default
                     */
                    user_id?: string;
                    /**
                     * Vad
                     * @description Leave out what is not speech beforehand.
                     * @default true
                     */
                    vad?: boolean;
                    /**
                     * Word Timestamps
                     * @description Words with times and confidence.
                     * @default false
                     */
                    word_timestamps?: boolean;
                };
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReceiptShape"];
                };
            };
            /** @description `bad_request`, `empty_upload`, `incomplete_upload`, `url_not_allowed` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_stalled` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `idempotency_conflict` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unsupported_media` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `rate_limited`, `queue_full` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `draining`, `engine_unavailable`, `storage_unreachable`, `storage_denied` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `storage_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    create_uploads_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description `bad_request`, `empty_upload` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_stalled` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `wrong_tus_version` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unsupported_media` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `invalid_option` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `queue_full`, `rate_limited` */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `draining`, `engine_unavailable`, `storage_unreachable`, `storage_denied` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `storage_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    abilities_uploads_options: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    end_uploads__job_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `already_finished` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `wrong_tus_version` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    upload_uploads__job_id__head: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_expired` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `wrong_tus_version` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer`, `storage_unreachable`, `storage_denied` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `storage_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    append_uploads__job_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/offset+octet-stream": string;
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `job_not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_stalled` */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `wrong_offset` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_expired` */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `wrong_tus_version` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `too_large` */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `unsupported_media` */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `upload_locked` */
            423: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `checksum_mismatch` */
            460: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `draining`, `storage_unreachable`, `storage_denied` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `storage_full` */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    ws_ticket_ws_ticket_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TicketShape"];
                };
            };
            /** @description `unauthorized` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `forbidden` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            /** @description `no_answer` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
}
