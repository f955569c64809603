/** What is said at the end of a batch while a job runs. */

/**
 * @param kind The kind of the job.
 * @param labels Labels that were given so far.
 * @param learns Whether a model learns from labels of this kind.
 */
export function underwayWords(kind: string, labels: number, learns: boolean): string {
  if (kind === "next_round")
    return `${labels > 0 ? "Every answer is stored. " : ""}The batch comes up here once it is chosen; you may leave this page.`;
  return learns
    ? "Every answer is stored. The model learns from them now; you may leave this page."
    : "Every answer is stored. The round is being closed; you may leave this page.";
}
