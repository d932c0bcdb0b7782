/**
 * The recording as it is played. Two kinds of news: its view (playing or not, speed, whether it can
 * be played), for components; and the moment, each frame while it plays, for what moves.
 */
export interface PlayerView {
  readonly isPlaying: boolean;
  readonly rate: number;
  /** The recording is not there (any more), or the browser cannot play it. */
  readonly isBroken: boolean;
  /** As the browser knows it; null: not yet. */
  readonly duration: number | null;
  /** It has been played or sought in: there is a present moment. */
  readonly isUsed: boolean;
}

export type Sought = { readonly seconds: number; readonly isJump: boolean };

const EVENTS = ["play", "pause", "ended", "ratechange", "durationchange", "error"] as const;

export class Player {
  readonly #media: HTMLMediaElement;
  readonly #viewers = new Set<() => void>();
  readonly #watchers = new Set<(moment: Sought) => void>();
  #view: PlayerView;
  #frame: number | null = null;
  #until: number | null = null;
  /** Where the address before was left. */
  #leftAt = 0;

  constructor(media: HTMLMediaElement) {
    this.#media = media;
    this.#view = { isPlaying: false, rate: 1, isBroken: false, duration: null, isUsed: false };
  }

  /** Plays from this address until the returned function is called. */
  open(address: string): () => void {
    const media = this.#media;
    const changed = () => this.#look();
    const sought = () => this.#tell(true);
    for (const event of EVENTS) media.addEventListener(event, changed);
    media.addEventListener("seeked", sought);
    media.preload = "metadata";
    media.src = address;
    if (this.#leftAt > 0) media.currentTime = this.#leftAt;
    this.#look();
    return () => {
      for (const event of EVENTS) media.removeEventListener(event, changed);
      media.removeEventListener("seeked", sought);
      this.#leftAt = media.currentTime;
      media.pause();
      media.removeAttribute("src");
      this.#stopFrames();
    };
  }

  readonly getSnapshot = (): PlayerView => this.#view;

  readonly subscribe = (viewer: () => void): (() => void) => {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  };

  readonly onMoment = (watcher: (moment: Sought) => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  get time(): number {
    return this.#media.currentTime;
  }

  readonly seek = (seconds: number): void => {
    const last = this.#view.duration ?? Number.POSITIVE_INFINITY;
    this.#until = null;
    this.#media.currentTime = Math.max(0, Math.min(seconds, last));
    if (!this.#view.isUsed) this.#show({ ...this.#view, isUsed: true });
    this.#tell(true);
  };

  readonly skip = (seconds: number): void => this.seek(this.time + seconds);

  readonly toggle = (): void => {
    if (this.#media.paused) this.play();
    else this.#media.pause();
  };

  readonly play = (): void => {
    this.#until = null;
    // What stands in the way is told by the media's own error.
    this.#media.play().catch(() => {});
  };

  /** From there to there, then it stops. */
  readonly playStretch = (start: number, end: number): void => {
    this.seek(start);
    this.play();
    this.#until = end;
  };

  readonly setRate = (rate: number): void => {
    this.#media.defaultPlaybackRate = rate;
    this.#media.playbackRate = rate;
  };

  #look(): void {
    const { paused, ended, playbackRate, duration, error } = this.#media;
    const isPlaying = !paused && !ended;
    this.#show({
      isPlaying,
      rate: playbackRate,
      isBroken: error !== null,
      duration: Number.isFinite(duration) && duration > 0 ? duration : null,
      isUsed: this.#view.isUsed || isPlaying,
    });
    if (isPlaying) this.#frame ??= requestAnimationFrame(this.#each);
    else this.#tell(false);
  }

  readonly #each = (): void => {
    this.#frame = null;
    if (this.#until !== null && this.time >= this.#until) {
      this.#until = null;
      this.#media.pause();
    }
    this.#tell(false);
    if (this.#view.isPlaying) this.#frame = requestAnimationFrame(this.#each);
  };

  #stopFrames(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #tell(isJump: boolean): void {
    for (const watcher of this.#watchers) watcher({ seconds: this.time, isJump });
  }

  #show(view: PlayerView): void {
    this.#view = view;
    for (const viewer of [...this.#viewers]) viewer();
  }
}
