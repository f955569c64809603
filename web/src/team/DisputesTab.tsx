/** Where opinions decide nothing, and the methods that weigh people to decide it. */
import { Button, Skeleton } from "@mantine/core";
import { IconChecks } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { className, type Dispute, type ProjectInfo } from "../api/types";
import { ClassChip } from "../parts/ClassChip";
import { plural, shortId } from "../parts/format";
import { Empty } from "../parts/Notices";
import { useTexts } from "../parts/useTexts";
import { valueText } from "../parts/valueText";
import { ConsensusCard } from "./ConsensusCard";
import { ItemMedia } from "./ItemMedia";
import { disputesQuery } from "./queries";
import styles from "./team.module.css";

const FIRST = 100;

export function DisputesTab({ project }: { project: ProjectInfo }) {
  const disputes = useQuery(disputesQuery).data;
  const shown = (disputes ?? []).slice(0, FIRST);
  const texts = useTexts(
    shown.map(({ asset_id }) => asset_id),
    project.media,
  );
  if (!disputes) return <Skeleton height={320} radius="lg" />;
  return (
    <div className={styles.columns}>
      <section className={styles.card} aria-labelledby="disputes">
        {disputes.length === 0 ? (
          <Empty title="Nothing is in dispute" icon={<IconChecks size={24} />}>
            Where several people are asked and no answer has a majority, the asset comes here until
            a reviewer decides.
          </Empty>
        ) : (
          <>
            <header className={styles.cardHead}>
              <h2 id="disputes">{plural(disputes.length, "asset")} without a majority</h2>
              <Button
                size="sm"
                renderRoot={(props) => (
                  <Link {...props} to="/review" search={{ state: "disputed" }} />
                )}
              >
                Decide them one by one
              </Button>
            </header>
            <ul className={styles.list}>
              {shown.map((dispute) => (
                <Row
                  key={dispute.asset_id}
                  dispute={dispute}
                  media={project.media}
                  text={texts.get(dispute.asset_id)}
                />
              ))}
            </ul>
            {disputes.length > FIRST && (
              <p className={styles.hint}>The first {FIRST} are shown; Review has them all.</p>
            )}
          </>
        )}
      </section>
      <ConsensusCard project={project} />
    </div>
  );
}

type RowProps = { dispute: Dispute; media: ProjectInfo["media"]; text: string | undefined };

function Row({ dispute, media, text }: RowProps) {
  const { asset_id: id, opinions } = dispute;
  return (
    <li className={styles.item}>
      <ItemMedia id={id} media={media} text={text} />
      <div className={styles.itemWords}>
        {media === "image" && <strong title={id}>{shortId(id, 40)}</strong>}
        <ul className={styles.sayings}>
          {opinions.map((said) => {
            const name = className(said.value);
            return (
              <li key={said.seq}>
                <span>{said.annotator}</span>{" "}
                {name === null ? (
                  (valueText(said.value) ?? (said.action === "skip" ? "skipped" : "cannot tell"))
                ) : (
                  <ClassChip name={name} />
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </li>
  );
}
