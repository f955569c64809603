/** A choice that is kept in the address: it holds at once, not only when the address has followed. */
import { useCallback, useState } from "react";

type Sent<T> = { seen: T; waiting: readonly T[] };

/** The newest of what was chosen here and what `value` says, and how to choose. */
export function useAtOnce<T>(value: T, store: (next: T) => void): [T, (next: T) => void] {
  const [kept, setKept] = useState<Sent<T>>({ seen: value, waiting: [] });
  const sent = value === kept.seen ? kept : follow(kept, value);
  if (sent !== kept) setKept(sent);
  const choose = useCallback(
    (next: T) => {
      setKept((old) => ({ ...old, waiting: [...old.waiting, next] }));
      store(next);
    },
    [store],
  );
  return [newest(sent), choose];
}

/** What still waits once `value` is seen: what was chosen after it, or nothing if it is not ours. */
export function follow<T>({ waiting }: Sent<T>, value: T): Sent<T> {
  const at = waiting.lastIndexOf(value);
  return { seen: value, waiting: at === -1 ? [] : waiting.slice(at + 1) };
}

/** What holds. */
export function newest<T>({ seen, waiting }: Sent<T>): T {
  return waiting.length > 0 ? (waiting[waiting.length - 1] as T) : seen;
}
