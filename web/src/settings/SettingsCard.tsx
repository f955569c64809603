/** One part of the settings: what it is for on the left, its fields on the right. */
import type { ReactNode } from "react";
import styles from "./settings.module.css";

type Props = { title: string; say: ReactNode; children: ReactNode };

export function Card({ title, say, children }: Props) {
  return (
    <section className={styles.card} aria-label={title}>
      <div className={styles.words}>
        <h2>{title}</h2>
        <p>{say}</p>
      </div>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
