/** Every version of the classes, newest first, each with the way back to it. */
import { Button } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";
import { useState } from "react";
import type { OntologyVersion } from "../api/types";
import { ago, count, plural } from "../parts/format";
import styles from "./ontology.module.css";

const FIRST = 12;

type Props = { versions: readonly OntologyVersion[]; goBack: (version: number) => void };

export function History({ versions, goBack }: Props) {
  const [all, setAll] = useState(false);
  const newest = [...versions].reverse();
  const now = newest[0]?.version;
  return (
    <section className={styles.history} aria-label="History">
      <h2>History</h2>
      <ol>
        {newest.slice(0, all ? undefined : FIRST).map((one) => (
          <li key={one.version}>
            <span className={styles.version}>{one.version}</span>
            <div className={styles.what}>
              <p>{wordsOf(one)}</p>
              <p className={styles.hint}>
                {one.author && <>{one.author}, </>}
                {ago(one.created_at)}, {plural(one.classes.length, "class", "classes")}
              </p>
            </div>
            {one.version === now ? (
              <span className={styles.hint}>now</span>
            ) : (
              <Button
                variant="subtle"
                color="gray"
                size="compact-sm"
                leftSection={<IconArrowBackUp size={14} />}
                aria-label={`Go back to version ${one.version}`}
                onClick={() => goBack(one.version)}
              >
                Go back
              </Button>
            )}
          </li>
        ))}
      </ol>
      {newest.length > FIRST && !all && (
        <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
          All {count(newest.length)} versions
        </Button>
      )}
    </section>
  );
}

function wordsOf({ version, words }: OntologyVersion): string {
  return words || (version === 1 ? "The first classes." : "Classes were added.");
}
