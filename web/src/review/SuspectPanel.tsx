/** Beside the gallery: the suspect large, who gave what, what models say, its neighbours, and the keys. */
import { Button, Select, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { RefObject } from "react";
import { assetQuery } from "../api/queries";
import { type Me, mayManage, type ProjectInfo, type Suspect } from "../api/types";
import type { Command } from "../keys/actions";
import { Chord } from "../keys/Chord";
import type { Keymap } from "../keys/keymap";
import { AssetView, Thumbnail } from "../parts/AssetView";
import { ClassChip } from "../parts/ClassChip";
import { ago, percent, plural, shortId } from "../parts/format";
import styles from "./review.module.css";
import type { Outcome } from "./suspects";
import gallery from "./suspects.module.css";

const NEAR = 6;

type Props = {
  project: ProjectInfo;
  me: Me;
  suspect: Suspect;
  /** What the buttons are about: those chosen, or this one. */
  about: readonly Suspect[];
  outcome: Outcome | null;
  asking: boolean;
  keymap: Keymap;
  find: RefObject<HTMLInputElement | null>;
  obey: (command: Command) => unknown;
};

export function SuspectPanel(props: Props) {
  const { suspect, me } = props;
  const detail = useQuery(assetQuery(suspect.asset_id)).data;
  const ready = detail?.asset.id === suspect.asset_id ? detail : null;
  const near = (ready?.neighbours ?? []).filter(({ label }) => label !== null).slice(0, NEAR);
  return (
    <aside className={styles.panel} aria-label="The label">
      <div className={gallery.about}>
        <div className={gallery.stage} data-media={suspect.card.media}>
          {ready ? <AssetView asset={ready.asset} /> : <Skeleton height="100%" radius={0} />}
        </div>
        <dl className={gallery.facts}>
          <div>
            <dt>
              {suspect.annotator === me.name ? "You" : suspect.annotator}, {ago(suspect.given_at)}
            </dt>
            <dd>
              <ClassChip name={suspect.given} />
            </dd>
          </div>
          <div>
            <dt>Models that have not seen this label</dt>
            <dd>
              <ClassChip name={suspect.suggested} hollow />
              <small>
                {percent(suspect.confidence, 0)} for {suspect.given}
              </small>
            </dd>
          </div>
        </dl>
        {near.length > 0 && (
          <section aria-label="Most similar with a label">
            <h2 className={gallery.title}>Most similar with a label</h2>
            <ul className={gallery.near} data-media={suspect.card.media}>
              {near.map((card) => (
                <li key={card.id}>
                  <Link to="/catalog" search={{ asset: card.id }} title={card.id}>
                    <span className="visually-hidden">Open {shortId(card.id)}, </span>
                    {card.media === "image" ? (
                      <span className={gallery.nearMedia}>
                        <Thumbnail id={card.id} media={card.media} text={card.text} />
                      </span>
                    ) : (
                      <span className={gallery.nearText}>{card.text || card.id}</span>
                    )}
                    <ClassChip name={card.label ?? ""} />
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        )}
        <Link to="/catalog" search={{ asset: suspect.asset_id }} className={styles.link}>
          Everything about {shortId(suspect.asset_id)}
        </Link>
      </div>
      <Actions {...props} />
    </aside>
  );
}

function Actions({ project, me, suspect, about, outcome, asking, keymap, find, obey }: Props) {
  const many = about.length > 1 ? plural(about.length, "label") : null;
  const press = (kind: "approve" | "fix" | "send_back" | "undo") => ({
    rightSection: <Chord of={keymap.keysOf(kind)[0]} />,
    onClick: (event: React.MouseEvent<HTMLButtonElement>) => {
      if (event.detail > 0) event.currentTarget.blur();
      obey({ kind });
    },
  });
  if (outcome)
    return (
      <div className={styles.actions}>
        <p className={gallery.said} role="status">
          {said(outcome, suspect)}
        </p>
        {outcome.submissionId !== null && (
          <Button fullWidth variant="default" justify="space-between" {...press("undo")}>
            Take it back
          </Button>
        )}
      </div>
    );
  return (
    <div className={styles.actions}>
      <div className={gallery.buttons}>
        <Button justify="space-between" {...press("fix")}>
          {many ? `Fix ${many} as suggested` : `Fix: ${suspect.suggested}`}
        </Button>
        <Button variant="default" justify="space-between" {...press("approve")}>
          {many ? `Keep ${many}` : `Keep: ${suspect.given}`}
        </Button>
        {mayManage(me) && (
          <Button
            variant="default"
            justify="space-between"
            loading={asking}
            {...press("send_back")}
          >
            Ask somebody else
          </Button>
        )}
        <Select
          ref={find}
          aria-label="Another class"
          placeholder="Another class"
          data={project.ontology.classes.map(({ name }) => name)}
          value={null}
          searchable
          limit={50}
          nothingFoundMessage="No class has this name"
          rightSection={<Chord of={keymap.keysOf("search")[0]} />}
          rightSectionPointerEvents="none"
          comboboxProps={{ position: "top" }}
          onChange={(name) => {
            find.current?.blur();
            if (name !== null) obey({ kind: "class", name });
          }}
        />
      </div>
    </div>
  );
}

function said({ verb, name, own }: Outcome, { given }: Suspect): string {
  if (verb === "asked") return "Somebody else is asked, without seeing this label.";
  if (verb === "fixed") return `Fixed: it was ${given}, now it is ${name}.`;
  return own ? "You have looked again, and it stays." : "Kept: a reviewer has seen it.";
}
