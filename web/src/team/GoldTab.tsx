/** Gold questions: what is asked to see how well people label, and hard ones that would make good ones. */
import { Button, Skeleton } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCertificate } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { className, type ProjectInfo, type Value } from "../api/types";
import { showFailure } from "../jobs/useRoundJobs";
import { ClassChip } from "../parts/ClassChip";
import { ago, percent, plural } from "../parts/format";
import { Empty } from "../parts/Notices";
import { useTexts } from "../parts/useTexts";
import { valueText } from "../parts/valueText";
import { ItemMedia } from "./ItemMedia";
import { addGold, goldQuery, hardQuery, retireGold } from "./queries";
import styles from "./team.module.css";

const SUGGESTED = 12;

type Change = { id: string; value: Value; add: boolean };

export function GoldTab({ project }: { project: ProjectInfo }) {
  const asked = useQuery(goldQuery(false)).data;
  const retired = useQuery(goldQuery(true)).data;
  const hard = useQuery(hardQuery).data;
  const change = useGoldChange();
  const texts = useTexts(
    (asked ?? []).map(({ asset_id }) => asset_id),
    project.media,
  );
  if (!asked || !retired || !hard) return <Skeleton height={320} radius="lg" />;
  const known = new Set([...asked, ...retired].map((gold) => gold.asset_id));
  const suggested = hard.items
    .filter(({ card, annotation }) => !known.has(card.id) && annotation.value !== null)
    .slice(0, SUGGESTED);
  return (
    <div className={styles.columns}>
      <section className={styles.card} aria-labelledby="gold">
        {asked.length === 0 ? (
          <Empty title="No gold questions yet" icon={<IconCertificate size={24} />}>
            A gold question has a known answer and looks like any other. Add some here, and set{" "}
            <code>gold_share</code> under <code>[policy]</code> in <code>querist.toml</code> to mix
            them in.
          </Empty>
        ) : (
          <>
            <h2 id="gold">{plural(asked.length, "gold question")}</h2>
            <ul className={styles.list}>
              {asked.map((gold) => (
                <Item
                  key={gold.asset_id}
                  id={gold.asset_id}
                  media={project.media}
                  text={texts.get(gold.asset_id)}
                  value={gold.value}
                  note={`${gold.created_by}, ${ago(gold.created_at)}${gold.note ? `: ${gold.note}` : ""}`}
                  button={
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`Remove ${gold.asset_id}`}
                      onClick={() => change({ id: gold.asset_id, value: gold.value, add: false })}
                    >
                      Remove
                    </Button>
                  }
                />
              ))}
            </ul>
          </>
        )}
      </section>
      <section className={styles.card} aria-labelledby="suggested">
        <h2 id="suggested">Hard ones that would make good questions</h2>
        <p className={styles.hint}>
          A reviewer has accepted their labels, and the model doubts them most.
        </p>
        {suggested.length === 0 ? (
          <p className={styles.run}>
            Nothing to suggest yet:{" "}
            <Link to="/review" className={styles.link}>
              review some labels
            </Link>{" "}
            first.
          </p>
        ) : (
          <ul className={styles.list}>
            {suggested.map(({ card, annotation, expected_error }) => (
              <Item
                key={card.id}
                id={card.id}
                media={project.media}
                text={card.text ?? undefined}
                value={annotation.value as Value}
                note={
                  expected_error === null
                    ? "No model can judge it yet"
                    : `The model gives it ${percent(1 - expected_error, 0)}`
                }
                button={
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`Ask it: ${card.id}`}
                    onClick={() =>
                      change({ id: card.id, value: annotation.value as Value, add: true })
                    }
                  >
                    Ask it
                  </Button>
                }
              />
            ))}
          </ul>
        )}
      </section>
    </div>
  );
}

/** Adds or removes a question at once; the notice takes it back. */
function useGoldChange(): (change: Change) => void {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationFn: ({ id, value, add }: Change) => (add ? addGold(id, value) : retireGold(id)),
    onSuccess: (_, change) => {
      void client.invalidateQueries({ queryKey: ["gold"] });
      const notice = notifications.show({
        title: change.add ? "Asked as a gold question" : "Asked no more",
        message: (
          <Button
            size="compact-xs"
            variant="default"
            mt={4}
            onClick={() => {
              notifications.hide(notice);
              mutate({ ...change, add: !change.add });
            }}
          >
            Undo
          </Button>
        ),
        color: "teal",
      });
    },
    onError: showFailure,
  });
  return mutate;
}

type ItemProps = {
  id: string;
  media: ProjectInfo["media"];
  text: string | undefined;
  value: Value;
  note: string;
  button: ReactNode;
};

function Item({ id, media, text, value, note, button }: ItemProps) {
  const name = className(value);
  return (
    <li className={styles.item}>
      <ItemMedia id={id} media={media} text={text} />
      <div className={styles.itemWords}>
        <span className={styles.itemValue} title={id}>
          {name === null ? valueText(value) : <ClassChip name={name} />}
        </span>
        <span className={styles.hint}>{note}</span>
      </div>
      {button}
    </li>
  );
}
