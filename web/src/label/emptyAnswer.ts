/** An answer without anything beside undecided suggestions: it has to be given twice, on purpose. */

/** Nobody has looked at anything in less time, in milliseconds: it was one press too many. */
export const GLANCE = 400;

export class EmptyAnswer {
  private subject: string | null = null;
  private waiting = 0;
  private shownAt = 0;
  private askedAt: number | null = null;
  private readonly now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** What is on the screen: an asset, with `waiting` suggestions that an empty answer passes over. */
  show(subject: string | null, waiting: number): void {
    if (subject !== this.subject) this.shownAt = this.now();
    if (subject !== this.subject || waiting !== this.waiting) this.askedAt = null;
    this.subject = subject;
    this.waiting = waiting;
  }

  /** Whether an empty answer about `subject` counts; where it does not, it may have been asked for. */
  give(subject: string | null): boolean {
    if (subject !== this.subject) return false;
    if (this.waiting === 0) return true;
    const now = this.now();
    const hasLooked = now - (this.askedAt ?? this.shownAt) >= GLANCE;
    if (this.isAsked && hasLooked) return true;
    if (this.isAsked || hasLooked) this.askedAt = now;
    return false;
  }

  get isAsked(): boolean {
    return this.askedAt !== null;
  }
}
