/** Active seconds of one decision: stands still while the page is hidden or nobody touches it. */

const IDLE_AFTER = 60_000;

export class Stopwatch {
  private total = 0;
  private runningSince: number | null = null;
  private lastTouch: number;
  private readonly now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
    this.lastTouch = now();
  }

  /** Begin a new decision at zero. */
  restart(): void {
    this.total = 0;
    this.lastTouch = this.now();
    this.runningSince = this.lastTouch;
  }

  pause(): void {
    this.total += this.segment();
    this.runningSince = null;
  }

  resume(): void {
    if (this.runningSince !== null) return;
    this.lastTouch = this.now();
    this.runningSince = this.lastTouch;
  }

  /** Somebody moved or typed: whatever was idle beyond a minute does not count. */
  touch(): void {
    if (this.runningSince !== null) {
      this.total += this.segment();
      this.runningSince = this.now();
    }
    this.lastTouch = this.now();
  }

  /** Seconds so far, to a tenth. */
  seconds(): number {
    return Math.round((this.total + this.segment()) / 100) / 10;
  }

  private segment(): number {
    if (this.runningSince === null) return 0;
    const end = Math.min(this.now(), this.lastTouch + IDLE_AFTER);
    return Math.max(0, end - this.runningSince);
  }
}
