/** Easy, medium and hard among what is open; each opens its assets. */
import { Link } from "@tanstack/react-router";
import { DIFFICULTIES } from "../catalog/search";
import { count, percent } from "../parts/format";
import styles from "./autolabel.module.css";

const SAY = {
  easy: `together at most ${percent(0.02, 0)} wrong, as expected`,
  medium: "in between",
  hard: "hold half of all expected errors",
};

export function DifficultyCard({ counts }: { counts: Record<string, number> }) {
  const all = DIFFICULTIES.reduce((sum, word) => sum + (counts[word] ?? 0), 0);
  if (all === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="difficulty">
      <h2 id="difficulty">How hard the open assets are</h2>
      <ul className={styles.levels}>
        {DIFFICULTIES.map((word) => {
          const number = counts[word] ?? 0;
          return (
            <li key={word}>
              <Link to="/catalog" search={{ state: "unlabeled", difficulty: [word] }}>
                <span className={styles.level} data-level={word}>
                  {word}
                </span>
                <span className={styles.bar} aria-hidden="true">
                  <span style={{ width: `${(100 * number) / all}%` }} />
                </span>
                <span>
                  {count(number)} <small>{percent(number / all, 0)}</small>
                </span>
                <small>{SAY[word]}</small>
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
